// Python's built-in functions and the methods of its types, as MicroPython has them (scope/builtins.py).
#pragma once

#include <string>
#include <vector>

#include "scope/calls.h"
#include "scope/names.h"

namespace robo::scope {

/// `name(…)`; throws Illegal where a TypeError is possible.
Value call_builtin(const std::string &name, const std::vector<Argument> &given, Calls &calls, Scope &scope);

/// A method of a built-in type; throws Illegal where a TypeError is possible.
T call_method(const T &kind, const std::string &name, const std::vector<Argument> &given,
              const Literal &literal, Calls &calls);

}  // namespace robo::scope
