// A request becomes model input (robo_runtime/prompt.py): control tokens and plain text, never mixed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "data.h"

namespace robo {

/// One piece of a prompt: a control token's text, or plain text.
struct Part {
    std::string text;
    bool control = false;
};

/// User text in the form the tokenizer was trained on: NFC, LF line ends, no control characters.
std::string clean_text(std::string_view text, const Normalisation &normalisation);

struct Request {
    std::string_view user, system, lang, hardware;
};

/// The prompt up to and including `[CODE]`; throws Error(ROBO_ARGUMENT).
std::vector<Part> render(const Request &request, const Data &data);

/// How many parts at the start are the same for all prompts of an application: its system prompt.
size_t shared_parts(const std::vector<Part> &parts);

}  // namespace robo
