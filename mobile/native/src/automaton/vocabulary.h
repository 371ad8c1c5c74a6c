// The tokens of a model as texts, and in their order to find all that may follow at once
// (automaton/vocabulary.py).
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "automaton/states.h"
#include "engine.h"

namespace robo {

class Vocabulary {
  public:
    explicit Vocabulary(const Engine &engine);

    int32_t size() const { return static_cast<int32_t>(ends_.size() - 1); }
    /// The characters of a token; none when it is not made of whole ones, or of nothing.
    Text text(int32_t token) const {
        const size_t at = static_cast<size_t>(token), from = ends_[at];
        return {codes_.data() + from, ends_[at + 1] - from};
    }
    /// Tokens that are bytes of characters.
    const Tokens &parts() const { return parts_; }
    /// All tokens of whole characters that may follow in a state.
    Tokens allowed(States &states, int32_t state) const;

  private:
    // In four vectors, as there are tens of thousands of tokens: a tree of them would take megabytes.
    std::vector<uint32_t> codes_;     ///< of all texts
    std::vector<size_t> ends_ = {0};  ///< where the text of each token ends, behind a nought
    Tokens sorted_;                   ///< by their texts: those that begin alike stand together
    Tokens parts_;
};

/// The code points that a character can have whose first bytes are `begun`; nothing if it can have none.
std::optional<std::pair<uint32_t, uint32_t>> begun_range(std::string_view begun);

}  // namespace robo
