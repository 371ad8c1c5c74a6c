#pragma once

#include <string>

namespace bench {

/// The variant of the program that suits this processor, as the kernel describes it: "plain", "dotprod", "i8mm" of
/// aarch64; "v2", "v3" of x86-64; else the base.
std::string best_variant();

/// Where this is the base and a better variant lies beside it (`robo-bench-NAME`), become that. Returns where there is
/// none, or where it cannot be started.
void become_best_variant(char **argv, const std::string &wanted);

}  // namespace bench
