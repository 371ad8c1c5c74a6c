#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

/// What the command line asks for.
struct Options {
    std::string model, data, prompts, output;
    std::string cpus;     ///< "0-3,5", "big", "little"; empty: whichever the system chooses
    std::string variant;  ///< of the program; empty: the best that this processor can run
    std::vector<std::string> protocols{"cold", "warm", "sustained"};
    int threads = 1, context = 0, max_tokens = 0;
    int runs = 5, loads = 5, sustained_runs = 20;
    double cool_down_s = 0;
    bool mapped = true, constrained = true, with_code = false, describe = false;
};

/// Throws Mistake. Prints and ends the process for --help and --version.
Options read_options(int argc, char **argv);

}  // namespace bench
