#include "scope/grammar.h"

#include <limits>

namespace robo::scope {

namespace {

constexpr size_t most_put_off = 120;  // characters of a line after which it is looked at before its end

}  // namespace

ScopedGrammar::ScopedGrammar(std::unique_ptr<Grammar> grammar, std::shared_ptr<Machine> machine,
                             const Engine &engine, bool eager)
    : grammar_(std::move(grammar)),
      machine_(std::move(machine)),
      engine_(engine),
      follower_(*machine_),
      from_start_(eager),
      eager_(eager) {}

bool ScopedGrammar::allows(int32_t token) {
    const bool allowed = grammar_->allows(token) && in_scope(token);
    allowed_ = allowed ? token : -1;
    return allowed;
}

bool ScopedGrammar::in_scope(int32_t token) {
    if (engine_.is_end(token)) return put_off_.empty() && follower_.line().empty();
    const std::string next = put_off_ + text(token);
    return may_wait(next) || follower_.allows(next);
}

bool ScopedGrammar::may_wait(const std::string &text) const {
    return !eager_ && text.find('\n') == text.npos && characters(text) < most_put_off;
}

std::string ScopedGrammar::text(int32_t token) const {
    return Decoder(decoder_).decode(engine_.piece(token));
}

void ScopedGrammar::ban(const TokenSet &tokens) {
    grammar_->ban(tokens);
    allowed_ = -1;
}

void ScopedGrammar::mask(std::vector<float> &scores) {
    grammar_->mask(scores);
    constexpr float least = -std::numeric_limits<float>::infinity();
    std::unordered_map<std::string, bool> firsts;  // most tokens fall at their first character
    for (size_t i = 0; i < scores.size(); i++) {
        if (scores[i] == least) continue;
        const auto token = static_cast<int32_t>(i);
        const std::string all = text(token);
        size_t length = all.empty() ? 0 : 1;
        while (length < all.size() && (static_cast<unsigned char>(all[length]) & 0xC0) == 0x80) length++;
        const std::string first = all.substr(0, length);
        auto known = firsts.find(first);
        if (known == firsts.end())
            known = firsts.emplace(first, first.empty() || follower_.allows(put_off_ + first)).first;
        if (!known->second || !in_scope(token)) scores[i] = least;
    }
    allowed_ = -1;
}

bool ScopedGrammar::accept(int32_t token) {
    if (token != allowed_ && !allows(token)) return false;
    allowed_ = -1;
    if (!grammar_->accept(token)) return false;
    if (engine_.is_end(token)) return true;
    const std::string next = put_off_ + decoder_.decode(engine_.piece(token));
    if (may_wait(next)) {
        put_off_ = next;
        return true;
    }
    put_off_.clear();
    return follower_.accept(next);
}

std::optional<size_t> ScopedGrammar::settle(const std::vector<std::string> &pieces) {
    eager_ = true;
    allowed_ = -1;
    std::string all;
    for (size_t i = 0; i < pieces.size(); i++) {
        all += pieces[i];
        if (!all.empty() && !follower_.allows(all)) return i;
    }
    if (!all.empty()) follower_.accept(all);
    put_off_.clear();
    return std::nullopt;
}

std::unique_ptr<Grammar> ScopedGrammar::fresh() {
    return std::make_unique<ScopedGrammar>(grammar_->fresh(), machine_, engine_, from_start_);
}

}  // namespace robo::scope
