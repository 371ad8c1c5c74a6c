#include "scope/numbers.h"

#include <limits>

namespace robo::scope {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

int value_of(char c) {
    if (digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return 99;
}

/// Digits, single underscores between them; a number too large becomes the largest there is.
std::optional<long long> digits(std::string_view text, int base, bool underscore_first) {
    constexpr long long most = std::numeric_limits<long long>::max();
    long long found = 0;
    bool last = underscore_first;  // whether an underscore may stand here
    bool any = false;
    for (const char c : text) {
        if (c == '_') {
            if (!last) return std::nullopt;
            last = false;
            continue;
        }
        const int value = value_of(c);
        if (value >= base) return std::nullopt;
        found = found > (most - value) / base ? most : found * base + value;
        last = any = true;
    }
    return any && text.back() != '_' ? std::optional<long long>(found) : std::nullopt;
}

/// Moves past digits with single underscores between them; false where there are none.
bool pass_digits(std::string_view &text) {
    size_t i = 0;
    while (i < text.size() && (digit(text[i]) || (text[i] == '_' && i > 0 && digit(text[i - 1]) &&
                                                  i + 1 < text.size() && digit(text[i + 1]))))
        i++;
    text.remove_prefix(i);
    return i > 0;
}

bool is_float(std::string_view text) {
    bool any = pass_digits(text);
    if (!text.empty() && text[0] == '.') {
        text.remove_prefix(1);
        any = pass_digits(text) || any;
    }
    if (!any) return false;
    if (!text.empty() && (text[0] == 'e' || text[0] == 'E')) {
        text.remove_prefix(1);
        if (!text.empty() && text[0] == '-') text.remove_prefix(1);
        if (!pass_digits(text)) return false;
    }
    return text.empty();
}

}  // namespace

std::optional<Literal> read_number(std::string_view text) {
    bool all_digits = !text.empty(), noughts = true;
    for (const char c : text) {
        all_digits = all_digits && digit(c);
        noughts = noughts && c == '0';
    }
    const auto whole = [](std::optional<long long> value) {
        return value ? std::optional<Literal>(Literal{Literal::Kind::whole, *value}) : std::nullopt;
    };
    if (all_digits) {
        if (text[0] == '0' && !noughts) return std::nullopt;
        return whole(digits(text, 10, false));
    }
    const std::string_view head = text.substr(0, 2);
    if (head == "0x" || head == "0b") return whole(digits(text.substr(2), head == "0x" ? 16 : 2, true));
    return is_float(text) ? std::optional<Literal>(Literal{Literal::Kind::decimal}) : std::nullopt;
}

}  // namespace robo::scope
