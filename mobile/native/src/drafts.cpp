#include "drafts.h"

#include <algorithm>
#include <map>

namespace robo {

Drafts::Drafts(const Header &header) {
    const auto *tokens = header.get<std::vector<long long>>("robolm.drafts.tokens");
    const long long *context = header.get<long long>("robolm.drafts.context");
    const auto *vocabulary = header.get<std::vector<std::string_view>>("tokenizer.ggml.tokens");
    if (!tokens || !context || !vocabulary || *context < 1 || *context > 8) return;
    context_ = static_cast<size_t>(*context);
    const size_t row = context_ + 1;
    std::map<Tokens, int32_t> rows;
    for (size_t i = 0; i + row <= tokens->size(); i += row) {
        Tokens made;
        for (size_t j = i; j < i + row; j++) {
            const long long token = (*tokens)[j];
            if (token >= 0 && token < static_cast<long long>(vocabulary->size()))
                made.push_back(static_cast<int32_t>(token));
        }
        if (made.size() < row) continue;
        const int32_t follows = made.back();
        made.pop_back();
        rows[made] = follows;
    }
    table_.reserve(rows.size() * row);
    for (const auto &[before, follows] : rows) {
        table_.insert(table_.end(), before.begin(), before.end());
        table_.push_back(follows);
    }
}

std::optional<int32_t> Drafts::follows(const Tokens &tokens) const {
    size_t from = 0, to = table_.size() / (context_ + 1);
    while (from < to) {
        const size_t middle = (from + to) / 2;
        const int32_t *const found = row(middle);
        if (std::equal(tokens.begin(), tokens.end(), found, found + context_)) return found[context_];
        if (std::lexicographical_compare(found, found + context_, tokens.begin(), tokens.end()))
            from = middle + 1;
        else
            to = middle;
    }
    return std::nullopt;
}

Tokens Drafts::after(const Tokens &tokens) const {
    Tokens seen(tokens.end() - static_cast<std::ptrdiff_t>(std::min(context_, tokens.size())), tokens.end());
    Tokens guesses;
    while (guesses.size() < most) {
        const std::optional<int32_t> found = follows(seen);
        if (!found) break;
        guesses.push_back(*found);
        seen.erase(seen.begin());
        seen.push_back(*found);
    }
    return guesses;
}

}  // namespace robo
