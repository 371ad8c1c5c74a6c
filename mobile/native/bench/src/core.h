#pragma once

#include <memory>
#include <string>

#include "options.h"
#include "prompts.h"
#include "robo.h"

namespace bench {

double now_s();  ///< of a clock that only goes forward
double cpu_s();  ///< processor seconds of this process, all threads

/// One program and what it took.
struct Answer {
    std::string code;
    robo_stats stats{};
    int stopped = 0;
    double program_s = 0, cpu_s = 0;

    double token_s() const { return stats.tokens ? stats.decode_s / stats.tokens : 0; }
};

/// A loaded model. What the library reports is thrown as a Mistake.
class Core {
 public:
    explicit Core(const Options &options);
    Answer ask(const Prompt &prompt, const Options &options);

 private:
    std::unique_ptr<robo_handle, robo_status (*)(robo_handle *)> handle_{nullptr, robo_free};
};

/// A robo_stop by the name that the Python runtime gives it.
const char *stop_name(int stopped);

}  // namespace bench
