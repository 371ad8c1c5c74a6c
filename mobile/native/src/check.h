// Is this one of our models (engine/check.py), or an adapter for it? Checked on its header, so that nothing
// in llama.cpp can abort.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gguf.h"

namespace robo {

/// Architecture, sizes, tensors and control tokens; throws Error(ROBO_MODEL).
void check_model(const Header &header, const std::vector<std::string> &controls);

/// Shapes of tensors by name, inputs first.
using Shapes = std::map<std::string, std::vector<uint64_t>>;

/// What `robo-convert adapter` writes, for matrices of a model of these shapes; throws Error(ROBO_ADAPTER).
void check_adapter(const Header &header, const Shapes &model);

}  // namespace robo
