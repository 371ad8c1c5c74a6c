// The text of a line as far as it is written (scope/text.py): reading beyond its end is no error, it is not
// known yet.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "data.h"

namespace robo::scope {

struct Illegal {};     ///< thrown: the text cannot be the start of a legal line
struct Unfinished {};  ///< thrown: the text is the start of a legal line

bool word_character(char c);
bool word_start(char c);

/// A reader of one line.
class Text {
  public:
    explicit Text(std::string text, size_t at = 0) : s(std::move(text)), i(at) {}

    std::string s;
    size_t i;

    char peek() const;
    void eat(std::string_view text);
    bool eats(std::string_view text);
    bool at_word() const { return word_start(peek()); }
    size_t word_end(size_t from) const;
    void wrap();
    bool another(std::string_view close = {});
    /// `names`: those that there are; null: any.
    std::string keyword(const Words *names);
    std::string word(const std::function<bool(const std::string &)> &possible = {});
    std::string symbol() const;
    bool next_is(std::string_view text, size_t from) const { return s.compare(from, text.size(), text) == 0; }
    bool next_is(std::string_view text) const { return next_is(text, i); }
};

/// Whether some word starts with `prefix`.
bool begins(const Words &words, std::string_view prefix);
inline bool starts_with(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

}  // namespace robo::scope
