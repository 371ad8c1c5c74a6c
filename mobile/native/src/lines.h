// Lines that led nowhere (robo_runtime/lines.py): where to go back to, and what not to begin with again.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "grammars.h"

namespace robo {

class Lines {
  public:
    /// Where a line begins.
    struct Start {
        size_t
            token;  ///< index of its first token; of the one that also ends the line before, if one does both
        size_t length;  ///< text before that token
    };

    /// Text was written that may hold a line end, by the token with this index, behind so much text.
    void note(std::string_view piece, size_t token, size_t before);
    /// Tokens that led nowhere as the token with this index.
    const TokenSet &banned(size_t token) const;
    /// Where to begin again after a dead end; nothing when enough was tried. `shown`: text that somebody has
    /// seen; `here`: only the line that is being written.
    std::optional<Start> back(const Tokens &chosen, size_t shown, bool here);

  private:
    static constexpr int tries = 4, most = 24;  ///< of one line, and of all lines of a program

    std::vector<Start> starts_ = {{0, 0}};
    std::map<size_t, int> failed_;
    std::map<size_t, TokenSet> banned_;
    int left_ = most;
};

}  // namespace robo
