#include "automaton/grammar.h"

#include <limits>

#include "error.h"
#include "utf8.h"

namespace robo {

namespace {

constexpr size_t most_forced = 40;  // characters
constexpr size_t most_sets = 100;

}  // namespace

AutomatonGrammar::AutomatonGrammar(std::shared_ptr<Shared> shared)
    : shared_(std::move(shared)), mine_(shared_->remembered), state_(mine_->states.start()) {}

bool AutomatonGrammar::allows(int32_t token) {
    asked_ = token;
    answer_ = banned_.count(token) ? std::nullopt : following(token);
    return answer_.has_value();
}

std::optional<AutomatonGrammar::Place> AutomatonGrammar::following(int32_t token) {
    if (token < 0 || token >= shared_->vocabulary.size()) return std::nullopt;
    if (shared_->engine.is_end(token))
        return begun_.empty() && mine_->states.whole(state_) ? std::optional<Place>({state_, ""})
                                                             : std::nullopt;
    if (token < Engine::n_control) return std::nullopt;
    const Text text = shared_->vocabulary.text(token);
    if (!begun_.empty() || !text.size()) return in_bytes(token);
    const uint64_t key = uint64_t(static_cast<uint32_t>(state_)) << 32 | static_cast<uint32_t>(token);
    auto found = mine_->known.find(key);
    if (found == mine_->known.end())
        found = mine_->known.emplace(key, mine_->states.after(state_, text)).first;
    if (found->second == States::dead) return std::nullopt;
    return Place(found->second, "");
}

std::optional<AutomatonGrammar::Place> AutomatonGrammar::in_bytes(int32_t token) {
    const std::string data = begun_ + shared_->engine.piece(token);
    if (data.empty()) return std::nullopt;
    const Whole whole = whole_characters(data);
    if (whole.broken) return std::nullopt;
    const int32_t state = mine_->states.after(state_, {whole.codes.data(), whole.codes.size()});
    std::string rest = data.substr(whole.used);
    if (state == States::dead || (!rest.empty() && !could(state, rest))) return std::nullopt;
    return Place(state, std::move(rest));
}

bool AutomatonGrammar::could(int32_t state, const std::string &begun) const {
    const auto span = begun_range(begun);
    return span && mine_->states.open_to(state, span->first, span->second);
}

bool AutomatonGrammar::accept(int32_t token) {
    if (asked_ != token) allows(token);
    if (!answer_) return false;
    state_ = answer_->first;
    begun_ = answer_->second;
    banned_.clear();
    forget_asked();
    if (!shared_->engine.is_end(token)) tokens_.push_back(token);
    return true;
}

void AutomatonGrammar::ban(const TokenSet &tokens) {
    banned_ = tokens;
    forget_asked();
}

void AutomatonGrammar::forget_asked() {
    asked_ = -1;
    answer_.reset();
}

Tokens AutomatonGrammar::forced() {
    if (!begun_.empty()) return {};
    const auto found = mine_->forced.find(state_);
    if (found != mine_->forced.end()) return found->second;
    const std::string text = mine_->states.forced(state_, most_forced);
    return mine_->forced[state_] = text.empty() ? Tokens() : shared_->engine.encode_text(text);
}

std::vector<bool> AutomatonGrammar::allowed() {
    renew();
    std::vector<bool> found;
    if (begun_.empty()) {
        found = whole_characters_allowed();
        for (const int32_t end : shared_->engine.ends())
            found[static_cast<size_t>(end)] = following(end).has_value();
    } else {
        for (int32_t token = 0; token < shared_->vocabulary.size(); token++)
            found.push_back(following(token).has_value());
    }
    for (const int32_t token : banned_) found[static_cast<size_t>(token)] = false;
    return found;
}

/// Begin a new automaton where this one has grown too large, and go on in it: every look at the whole
/// vocabulary adds thousands of states that no text may ever reach.
void AutomatonGrammar::renew() {
    if (!mine_->states.full()) return;
    if (mine_ == shared_->remembered) shared_->remembered = std::make_shared<Remembered>(shared_->openings);
    mine_ = shared_->remembered;
    state_ = mine_->states.start();
    begun_.clear();
    forget_asked();
    for (const int32_t token : tokens_) {
        const std::optional<Place> place = following(token);
        if (!place) throw Error(ROBO_INTERNAL, "a token that was accepted is not allowed any more");
        state_ = place->first;
        begun_ = place->second;
    }
}

/// Where no character is begun, without the ends; remembered.
const std::vector<bool> &AutomatonGrammar::whole_characters_allowed() {
    const auto found = mine_->allowed.find(state_);
    if (found != mine_->allowed.end()) return found->second;
    const Vocabulary &vocabulary = shared_->vocabulary;
    std::vector<bool> made(static_cast<size_t>(vocabulary.size()));
    for (const int32_t token : vocabulary.allowed(mine_->states, state_))
        made[static_cast<size_t>(token)] = true;
    for (const int32_t token : vocabulary.parts())
        if (following(token)) made[static_cast<size_t>(token)] = true;
    if (mine_->allowed.size() >= most_sets) mine_->allowed.clear();
    return mine_->allowed[state_] = std::move(made);
}

void AutomatonGrammar::mask(std::vector<float> &scores) {
    const std::vector<bool> fine = allowed();
    for (size_t i = 0; i < scores.size(); i++)
        if (!fine[i]) scores[i] = -std::numeric_limits<float>::infinity();
}

std::unique_ptr<Grammar> AutomatonGrammar::fresh() {
    renew();  // this one may be kept as the root of others, and would keep an old automaton alive
    return std::make_unique<AutomatonGrammar>(shared_);
}

}  // namespace robo
