// The tokens of a model as texts, and as a tree to find all that may follow at once
// (automaton/vocabulary.py).
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "automaton/states.h"
#include "engine.h"

namespace robo {

class Vocabulary {
  public:
    explicit Vocabulary(const Engine &engine);

    int32_t size() const { return static_cast<int32_t>(texts_.size()); }
    /// The characters of a token; null when it is not made of whole ones, or of nothing.
    const std::vector<uint32_t> *text(int32_t token) const;
    /// Tokens that are bytes of characters.
    const Tokens &parts() const { return parts_; }
    /// All tokens of whole characters that may follow in a state.
    Tokens allowed(States &states, int32_t state) const;

  private:
    /// A place in the tree: tokens that end here, and where their characters go on.
    struct Node {
        Tokens tokens;
        std::vector<std::pair<uint32_t, size_t>> children;
    };

    std::vector<std::vector<uint32_t>> texts_;
    Tokens parts_;
    std::vector<Node> tree_;
};

/// The code points that a character can have whose first bytes are `begun`; nothing if it can have none.
std::optional<std::pair<uint32_t, uint32_t>> begun_range(std::string_view begun);

}  // namespace robo
