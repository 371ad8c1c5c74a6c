#pragma once

#include <string>
#include <vector>

namespace bench {

struct Prompt {
    std::string id, prompt, lang, hardware, system;
};

/// A prompt a line, or JSON lines where the file is so named; empty lines are left out. Throws Mistake.
std::vector<Prompt> read_prompts(const std::string &path);

}  // namespace bench
