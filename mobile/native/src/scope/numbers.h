// Python's number literals.
#pragma once

#include <optional>
#include <string_view>

#include "scope/values.h"

namespace robo::scope {

/// The number a text stands for, as `int(text, 0)` or `float(text)` reads it; nothing where they refuse.
std::optional<Literal> read_number(std::string_view text);

}  // namespace robo::scope
