#pragma once

#include <string>
#include <vector>

#include "json.h"

namespace bench {

/// The processors of "0-3,5", "big" (the fastest kind), "little" (the slowest), or all for an empty text.
/// Throws Mistake where the text is none of these or names one that is not there.
std::vector<int> processors(const std::string &text);

/// Keep this process to these processors. Throws Mistake where the system refuses.
void keep_to(const std::vector<int> &cpus);

/// Those that this process may run on.
std::vector<int> allowed_processors();

/// The highest frequency at this moment among some, in Hz; 0 where it is not told.
double frequency(const std::vector<int> &cpus);

/// Model, cores with their parts and highest frequencies, features, memory, system.
void write_device(Json &json);

}  // namespace bench
