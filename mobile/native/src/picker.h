// Greedy or sampling choice of the next token (engine/sampling.py).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine.h"
#include "grammars.h"

namespace robo {

class Picker {
  public:
    /// Greedy at temperature 0; else sampling, repeatable by `seed`; `top_k` 0 means all tokens.
    Picker(Engine &engine, float temperature, int32_t top_k, uint32_t seed);

    /// The next token, whatever a grammar says.
    int32_t pick();
    /// The next token among those `grammar` allows; nothing when there is none.
    std::optional<int32_t> pick_allowed(Grammar &grammar);

  private:
    struct Free {
        void operator()(llama_sampler *sampler) const { llama_sampler_free(sampler); }
    };

    std::optional<int32_t> try_some(Grammar &grammar);
    void fill();
    int32_t best() const;
    int32_t choose();

    Engine &engine_;
    std::unique_ptr<llama_sampler, Free> chain_;  ///< none: greedy
    std::vector<float> scores_;
    std::vector<llama_token_data> data_;
};

}  // namespace robo
