// Is this one of our models (engine/check.py)? Checked on its header, so that nothing in llama.cpp can abort.
#pragma once

#include <string>
#include <vector>

#include "gguf.h"

namespace robo {

/// Architecture, sizes, tensors and control tokens; throws Error(ROBO_MODEL).
void check_model(const Header &header, const std::vector<std::string> &controls);

}  // namespace robo
