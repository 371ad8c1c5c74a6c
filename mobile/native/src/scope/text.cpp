#include "scope/text.h"

namespace robo::scope {

bool word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool word_character(char c) { return word_start(c) || (c >= '0' && c <= '9'); }

char Text::peek() const {
    if (i >= s.size()) throw Unfinished();
    return s[i];
}

void Text::eat(std::string_view text) {
    if (!eats(text)) throw Illegal();
}

bool Text::eats(std::string_view text) {
    const std::string_view rest =
        i < s.size() ? std::string_view(s).substr(i, text.size()) : std::string_view();
    if (rest == text) {
        i += text.size();
        return true;
    }
    if (i + rest.size() == s.size() && starts_with(text, rest)) throw Unfinished();
    return false;
}

size_t Text::word_end(size_t from) const {
    while (from < s.size() && word_character(s[from])) from++;
    return from;
}

void Text::wrap() {
    if (peek() != '\n') return;
    i++;
    while (peek() == ' ') i++;
}

bool Text::another(std::string_view close) {
    if (peek() != ',') return false;
    i++;
    if (peek() == ' ') {
        i++;
        return true;
    }
    wrap();
    return close.empty() || peek() != close[0];
}

std::string Text::keyword(const Words *names) {
    const size_t end = word_end(i);
    const std::string found = i < s.size() ? s.substr(i, end - i) : std::string();
    if (found.empty() || !word_start(found[0])) return "";
    if (end == s.size()) {
        if (!names || begins(*names, found)) throw Unfinished();
        return "";
    }
    if (s[end] != '=') return "";
    if (end + 1 == s.size()) throw Unfinished();
    if (s[end + 1] == '=' || (names && !names->count(found))) throw Illegal();
    i = end + 1;
    return found;
}

std::string Text::word(const std::function<bool(const std::string &)> &possible) {
    const size_t end = word_end(i);
    std::string found = i < s.size() ? s.substr(i, end - i) : std::string();
    if (end >= s.size()) {
        if (!possible || possible(found)) throw Unfinished();
        throw Illegal();
    }
    i = end;
    return found;
}

std::string Text::symbol() const {
    if (peek() != ' ') return "";
    if (i + 1 >= s.size()) throw Unfinished();
    size_t end = i + 1;
    if (word_start(s[end])) {
        end = word_end(end);
    } else {
        constexpr std::string_view symbols = "+-*/%<>=!&|^";
        while (end < s.size() && symbols.find(s[end]) != symbols.npos) end++;
    }
    if (end == s.size()) throw Unfinished();
    return s.substr(i + 1, end - i - 1);
}

bool begins(const Words &words, std::string_view prefix) {
    const auto found = words.lower_bound(prefix);
    return found != words.end() && starts_with(*found, prefix);
}

}  // namespace robo::scope
