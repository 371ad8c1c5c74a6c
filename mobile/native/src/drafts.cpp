#include "drafts.h"

#include <algorithm>

namespace robo {

Drafts::Drafts(const Header &header) {
    const auto *tokens = header.get<std::vector<long long>>("robolm.drafts.tokens");
    const long long *context = header.get<long long>("robolm.drafts.context");
    const auto *vocabulary = header.get<std::vector<std::string_view>>("tokenizer.ggml.tokens");
    if (!tokens || !context || !vocabulary || *context < 1 || *context > 8) return;
    context_ = static_cast<size_t>(*context);
    const size_t row = context_ + 1;
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
        rows_[made] = follows;
    }
}

Tokens Drafts::after(const Tokens &tokens) const {
    Tokens seen(tokens.end() - static_cast<std::ptrdiff_t>(std::min(context_, tokens.size())), tokens.end());
    Tokens guesses;
    while (guesses.size() < most) {
        const auto found = rows_.find(seen);
        if (found == rows_.end()) break;
        guesses.push_back(found->second);
        seen.erase(seen.begin());
        seen.push_back(found->second);
    }
    return guesses;
}

}  // namespace robo
