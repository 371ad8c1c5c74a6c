// Reading one line (scope/statements.py): what it binds, what it opens and closes.
#pragma once

#include <string>
#include <vector>

#include "scope/state.h"
#include "scope/types.h"

namespace robo::scope {

class Machine;

/// The state behind a whole line, which ends in a line feed; throws Illegal and Unfinished.
State read_line(Machine &machine, const State &state, const std::string &line);

/// Read a function with arguments of these types; the type of what it returns.
T run_function(Machine &machine, const Function &function, const std::vector<T> &args);

}  // namespace robo::scope
