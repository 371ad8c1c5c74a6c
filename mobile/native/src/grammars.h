// A grammar and how far a text has come in it (engine/__init__.py).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "drafts.h"

namespace robo {

using TokenSet = std::set<int32_t>;

class Grammar {
  public:
    virtual ~Grammar() = default;

    /// Whether `token` may come next; an end token may when the text so far is complete.
    virtual bool allows(int32_t token) = 0;
    /// Move past `token`; false, and nothing has changed, when it is not allowed.
    virtual bool accept(int32_t token) = 0;
    /// Do not allow these tokens as the next one, whatever the rules say; `accept` lifts it.
    virtual void ban(const TokenSet &tokens) = 0;
    /// Set the scores of all tokens that may not come next to minus infinity.
    virtual void mask(std::vector<float> &scores) = 0;
    /// Text at the end of what was accepted that is still to be checked.
    virtual const std::string &put_off() const = 0;
    /// Check what was put off, given token by token, and from here on put nothing off: the first token that
    /// should not have been accepted, nothing when all is well.
    virtual std::optional<size_t> settle(const std::vector<std::string> &pieces) = 0;
    /// Tokens of a text that must come next, as the tokenizer cuts it; none where there is a choice.
    virtual Tokens forced() = 0;
    /// The same grammar at its start.
    virtual std::unique_ptr<Grammar> fresh() = 0;
};

}  // namespace robo
