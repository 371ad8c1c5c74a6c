#include "writing.h"

#include <algorithm>

#include "error.h"

namespace robo {

namespace {

constexpr int32_t most_refused = 24;  // choices within one line, after which it is begun again

}  // namespace

std::optional<int32_t> Writing::pick(Picker &picker) {
    refused = 0;
    undone = 0;
    if (!grammar) return picker.pick();
    if (const TokenSet &banned = lines_.banned(chosen.size()); !banned.empty()) grammar->ban(banned);
    const int32_t token = picker.pick();
    if (grammar->allows(token)) return token;
    if (const size_t taken_back = settled()) {
        const std::optional<int32_t> found = pick(picker);  // puts nothing off any more
        undone = taken_back;
        return found;
    }
    refused = 1;
    refused_here_++;
    return picker.pick_allowed(*grammar);
}

/// Take back what should not have been written and was not checked then; how many tokens that were.
size_t Writing::settled() {
    const size_t waiting = grammar->put_off().size();
    if (!waiting) return 0;
    const size_t start = text.text().size() - waiting;
    const auto after = std::find_if(ends_.begin(), ends_.end(), [&](size_t end) { return end > start; });
    const auto first = static_cast<size_t>(after - ends_.begin());
    std::vector<std::string> pieces;
    size_t from = start;
    for (size_t i = first; i < ends_.size(); i++) {
        pieces.push_back(text.text().substr(from, ends_[i] - from));
        from = ends_[i];
    }
    const std::optional<size_t> wrong = grammar->settle(pieces);
    if (!wrong) return 0;
    const size_t count = chosen.size() - first - *wrong;
    back(first + *wrong);
    return count;
}

void Writing::write(int32_t token) {
    if (grammar && !grammar->accept(token))
        throw Error(ROBO_INTERNAL, "a token was chosen that is not allowed");
    const size_t before = text.text().size();
    const std::string added = text.add(engine_.piece(token));
    lines_.note(added, chosen.size(), before);
    if (added.find('\n') != added.npos) refused_here_ = 0;
    chosen.push_back(token);
    ends_.push_back(text.text().size());
}

bool Writing::lost() const { return refused_here_ > most_refused; }

bool Writing::begin_again(bool here) {
    if (!grammar) return false;
    const std::optional<Lines::Start> start = lines_.back(chosen, text.shown(), here);
    if (!start) return false;
    refused_here_ = 0;
    back(start->token);
    return true;
}

/// Keep only the first tokens.
void Writing::back(size_t to) {
    engine_.rewind(chosen.size() - to);
    chosen.resize(to);
    ends_.resize(to);
    const size_t length = ends_.empty() ? 0 : ends_.back();
    std::string bytes;
    for (const int32_t token : chosen) bytes += engine_.piece(token);
    text.back(length, bytes);
    const auto beyond = [&](size_t n) { return n > length; };
    legal_at.erase(std::remove_if(legal_at.begin(), legal_at.end(), beyond), legal_at.end());
    grammar = grammar->fresh();
    grammar->settle({});  // this program leaves the scope: from now on every token is checked
    for (const int32_t token : chosen)
        if (!grammar->accept(token))
            throw Error(ROBO_INTERNAL, "a token that was written is not allowed any more");
}

}  // namespace robo
