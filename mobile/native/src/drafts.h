// Guesses at the next tokens (robo_runtime/drafts.py), from a table that comes with a model.
#pragma once

#include <cstdint>
#include <map>
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
    std::map<Tokens, int32_t> rows_;
};

}  // namespace robo
