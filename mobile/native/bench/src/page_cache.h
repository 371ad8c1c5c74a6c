#pragma once

#include <string>

namespace bench {

/// Ask the kernel to forget a file, so that it is read from storage the next time; no rights are needed. Returns the
/// bytes that stayed in memory (others may use the file), or -1 where the kernel does not tell.
long long drop_from_cache(const std::string &path);

}  // namespace bench
