#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

/// The first line of a file of /proc or /sys, nothing where it cannot be read. `ROBO_BENCH_ROOT` names another root
/// for tests.
std::optional<std::string> line_of(const std::string &path);
std::optional<double> number_of(const std::string &path);
std::vector<std::string> lines_of(const std::string &path);

/// The names in a folder that begin so, in the order of their numbers; nothing where it cannot be read.
std::vector<std::string> names_in(const std::string &folder, const std::string &beginning);

/// Bytes that a line of /proc/self/status or /proc/meminfo tells in kB ("VmHWM:"); 0 where it does not.
int64_t kilobytes_of(const std::string &path, const std::string &key);

}  // namespace bench
