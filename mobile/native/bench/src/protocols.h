#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core.h"
#include "options.h"
#include "prompts.h"

namespace bench {

/// What speeds are computed from: every answer's figures, in the order they were measured.
struct Speeds {
    std::vector<double> first_token_s, prefill_tokens_per_s, decode_tokens_per_s, token_s, program_s, tokens_100_s,
        cpu_s;
    void add(const Answer &answer);
};

/// One program of a series.
struct Step {
    double at_s, program_s, decode_tokens_per_s, hz;
    std::optional<double> celsius;
};

/// What one prompt was answered with.
struct Written {
    std::string sha256, code;
    Answer answer;
    bool same = true;  ///< every time the same text
};

struct Results {
    std::vector<double> cold_load_s, cold_first_token_s, cold_program_s, still_cached_bytes, warm_load_s;
    Speeds warm;
    std::vector<Step> sustained;
    std::vector<std::optional<Written>> written;  ///< of every prompt that was asked
    std::vector<double> waited_s;                 ///< to cool down, before each protocol
    int64_t peak_rss_bytes = 0, anonymous_bytes = 0, file_bytes = 0;
};

/// Run the protocols that are asked for, one after another, telling progress on standard error.
///
/// cold: the files are dropped from the page cache, the model is loaded, the first prompt is asked; `loads` times.
/// warm: the model is loaded `loads` times from memory; then every prompt is asked `runs` times, in turn.
/// sustained: the first prompt, `sustained_runs` times without a pause.
Results measure(const Options &options, const std::vector<Prompt> &prompts);

}  // namespace bench
