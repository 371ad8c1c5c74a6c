#include "picker.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

#include "error.h"

namespace robo {

namespace {

constexpr float coldest =
    1e-4f;                    // colder is the best token; scores divided by next to nothing are no numbers
constexpr size_t tries = 64;  // tokens tried one by one before the whole vocabulary is masked
constexpr float least = -std::numeric_limits<float>::infinity();

}  // namespace

Picker::Picker(Engine &engine, float temperature, int32_t top_k, uint32_t seed) : engine_(engine) {
    if (!(temperature >= 0 && temperature <= 100))
        throw Error(ROBO_ARGUMENT, "temperature is not 0 (always the best token) to 100");
    if (temperature < coldest) return;
    chain_.reset(llama_sampler_chain_init(llama_sampler_chain_default_params()));
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_top_k(top_k));
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_temp(temperature));
    llama_sampler_chain_add(chain_.get(), llama_sampler_init_dist(seed));
}

int32_t Picker::pick() {
    if (chain_) return llama_sampler_sample(chain_.get(), engine_.context(), engine_.scores_at());
    const float *scores = engine_.logits();
    return static_cast<int32_t>(std::max_element(scores, scores + engine_.vocabulary_size()) - scores);
}

std::optional<int32_t> Picker::pick_allowed(Grammar &grammar) {
    if (const std::optional<int32_t> token = try_some(grammar)) return token;
    std::set<int32_t> refused;
    while (true) {
        fill();
        for (const int32_t token : refused) scores_[static_cast<size_t>(token)] = least;
        grammar.mask(scores_);
        const int32_t chosen = choose();
        if (!std::isfinite(scores_[static_cast<size_t>(chosen)])) return std::nullopt;
        if (grammar.allows(chosen)) return chosen;
        refused.insert(chosen);
    }
}

/// Check likely tokens one by one, which ends soon with a trained model: the best allowed token of a sorted
/// list is the best of all; drawing until a token is allowed draws from the same distribution as masking
/// first.
std::optional<int32_t> Picker::try_some(Grammar &grammar) {
    std::vector<int32_t> drawn;
    if (!chain_) {
        fill();
        drawn.resize(scores_.size());
        std::iota(drawn.begin(), drawn.end(), 0);
        const size_t n = std::min(tries, drawn.size());
        const auto better = [&](int32_t a, int32_t b) {
            const float x = scores_[static_cast<size_t>(a)], y = scores_[static_cast<size_t>(b)];
            return x > y || (x == y && a < b);
        };
        std::partial_sort(drawn.begin(), drawn.begin() + static_cast<std::ptrdiff_t>(n), drawn.end(), better);
        drawn.resize(n);
    }
    std::set<int32_t> refused;
    for (size_t i = 0; i < tries && (chain_ || i < drawn.size()); i++) {
        const int32_t token = chain_ ? pick() : drawn[i];
        if (!refused.count(token) && grammar.allows(token)) return token;
        refused.insert(token);
    }
    return std::nullopt;
}

/// The engine's scores, without control tokens but the ends.
void Picker::fill() {
    const float *scores = engine_.logits();
    scores_.assign(scores, scores + engine_.vocabulary_size());
    for (int32_t token = 0; token < Engine::n_control; token++)
        if (!engine_.is_end(token)) scores_[static_cast<size_t>(token)] = least;
}

int32_t Picker::best() const {
    return static_cast<int32_t>(std::max_element(scores_.begin(), scores_.end()) - scores_.begin());
}

/// One of the scores that are left.
int32_t Picker::choose() {
    if (!chain_) return best();
    data_.clear();
    for (size_t i = 0; i < scores_.size(); i++) data_.push_back({static_cast<int32_t>(i), scores_[i], 0});
    llama_token_data_array all = {data_.data(), data_.size(), -1, false};
    llama_sampler_apply(chain_.get(), &all);
    const llama_token_data &chosen = all.data[std::max<int64_t>(all.selected, 0)];
    return std::isfinite(chosen.logit) ? chosen.id : best();  // drawn from nothing but what is masked
}

}  // namespace robo
