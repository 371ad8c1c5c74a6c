#pragma once

#include <string>

namespace robo {

/// A file's content; throws Error(ROBO_FILE).
std::string read_file(const std::string &path);

}  // namespace robo
