// Guesses at the next tokens (robo_runtime/drafts.py), from a table that comes with a model.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gguf.h"

namespace robo {

using Tokens = std::vector<int32_t>;

class Drafts {
  public:
    static constexpr size_t most = 3;  ///< guesses at a time

    Drafts() = default;
    /// The table of a model file; empty where it has none, or one that cannot be read.
    explicit Drafts(const Header &header);

    size_t context() const { return context_; }
    /// Tokens that are likely to follow these.
    Tokens after(const Tokens &tokens) const;

  private:
    size_t context_ = 1;
    /// Tokens, and the one that follows: rows of a table, sorted by the first.
    const int32_t *row(size_t i) const { return table_.data() + i * (context_ + 1); }
    std::optional<int32_t> follows(const Tokens &tokens) const;

    std::vector<int32_t> table_;
};

}  // namespace robo
