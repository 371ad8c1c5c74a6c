// What stands first behind a position of a grammar, with rules entered and ended ones left; remembered
// (automaton/openings.py).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data.h"

namespace robo {

using Positions = std::vector<uint32_t>;

/// What a text that has come to a position may go on with.
struct Opening {
    /// Positions to come back to when the rules entered have ended, the outermost first, with the positions
    /// of characters that stand there.
    std::vector<std::pair<Positions, Positions>> groups;
    bool ends = false;  ///< the rule of the position may end here
};

class Openings {
  public:
    explicit Openings(const Rules &rules_) : rules(rules_) {}
    const Opening &at(uint32_t position);

    const Rules &rules;

  private:
    Opening open(uint32_t position) const;
    std::unordered_map<uint32_t, Opening> known_;
};

}  // namespace robo
