// Unicode's normal form C, by the tables of a data file.
#pragma once

#include <cstdint>
#include <vector>

#include "data.h"

namespace robo {

std::vector<uint32_t> nfc(const std::vector<uint32_t> &codes, const Normalisation &tables);

}  // namespace robo
