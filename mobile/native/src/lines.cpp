#include "lines.h"

namespace robo {

void Lines::note(std::string_view piece, size_t token, size_t before) {
    if (!piece.empty() && piece.back() == '\n')
        starts_.push_back({token + 1, before + piece.size()});
    else if (piece.find('\n') != piece.npos)
        starts_.push_back({token, before});
}

const TokenSet &Lines::banned(size_t token) const {
    static const TokenSet none;
    const auto found = banned_.find(token);
    return found == banned_.end() ? none : found->second;
}

std::optional<Lines::Start> Lines::back(const Tokens &chosen, size_t shown, bool here) {
    while (left_ && !starts_.empty()) {
        const Start start = starts_.back();
        if (start.length < shown) return std::nullopt;
        int &failed = failed_[start.token];
        if (failed >= tries || start.token >= chosen.size()) {
            if (here) return std::nullopt;
            starts_.pop_back();
            continue;
        }
        failed++;
        banned_[start.token].insert(chosen[start.token]);
        banned_.erase(banned_.upper_bound(start.token), banned_.end());
        left_--;
        return start;
    }
    return std::nullopt;
}

}  // namespace robo
