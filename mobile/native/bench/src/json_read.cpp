// Reading JSON as far as prompts need it: the texts of an object; everything else is checked and read over.
#include "json.h"
#include <cctype>

#include "mistake.h"

namespace bench {

namespace {

constexpr int deepest = 64;

class Reader {
 public:
    explicit Reader(std::string_view json) : json_(json) {}

    std::map<std::string, std::string> object() {
        std::map<std::string, std::string> texts;
        members([&](const std::string &key) {
            if (peek() == '"')
                texts[key] = text();
            else
                skip(1);
        });
        if (peek() != '\0') fail("nothing after the object");
        return texts;
    }

 private:
    template <class Member>
    void members(Member member) {
        expect('{');
        if (take('}')) return;
        do {
            const std::string key = text();
            expect(':');
            member(key);
        } while (take(','));
        expect('}');
    }

    void skip(int depth) {
        if (depth > deepest) fail("less nesting");
        const char next = peek();
        if (next == '{') {
            members([&](const std::string &) { skip(depth + 1); });
        } else if (next == '[') {
            expect('[');
            if (take(']')) return;
            do skip(depth + 1);
            while (take(','));
            expect(']');
        } else if (next == '"') {
            text();
        } else {
            const size_t start = at_;
            while (at_ < json_.size() && (std::isalnum(static_cast<unsigned char>(json_[at_])) ||
                                          std::string_view("+-.").find(json_[at_]) != std::string_view::npos))
                at_++;
            if (at_ == start) fail("a value");
        }
    }

    std::string text() {
        expect('"');
        std::string out;
        while (true) {
            const char c = next();
            if (c == '"') return out;
            if (static_cast<unsigned char>(c) < 0x20) fail("no control character within a text");
            out += c == '\\' ? escaped() : std::string(1, c);
        }
    }

    std::string escaped() {
        const char c = next();
        switch (c) {
            case '"':
            case '\\':
            case '/': return std::string(1, c);
            case 'b': return "\b";
            case 'f': return "\f";
            case 'n': return "\n";
            case 'r': return "\r";
            case 't': return "\t";
            case 'u': return utf8(code_point());
            default: fail("an escape of JSON");
        }
    }

    uint32_t code_point() {
        const uint32_t unit = four_digits();
        if (unit < 0xD800 || unit > 0xDFFF) return unit;
        if (unit > 0xDBFF || next() != '\\' || next() != 'u') fail("a pair of surrogates");
        const uint32_t low = four_digits();
        if (low < 0xDC00 || low > 0xDFFF) fail("a pair of surrogates");
        return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }

    uint32_t four_digits() {
        uint32_t value = 0;
        for (int i = 0; i < 4; i++) {
            const auto c = static_cast<unsigned char>(next());
            if (!std::isxdigit(c)) fail("four hexadecimal digits");
            value = value * 16 + static_cast<uint32_t>(std::isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
        }
        return value;
    }

    static std::string utf8(uint32_t code) {
        std::string out;
        const auto more = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3F)); };
        if (code < 0x80) {
            out += static_cast<char>(code);
        } else if (code < 0x800) {
            out += static_cast<char>(0xC0 | (code >> 6)), more(0);
        } else if (code < 0x10000) {
            out += static_cast<char>(0xE0 | (code >> 12)), more(6), more(0);
        } else {
            out += static_cast<char>(0xF0 | (code >> 18)), more(12), more(6), more(0);
        }
        return out;
    }

    /// The next character that is no space, '\0' at the end.
    char peek() {
        while (at_ < json_.size() && std::string_view(" \t\r\n").find(json_[at_]) != std::string_view::npos)
            at_++;
        return at_ < json_.size() ? json_[at_] : '\0';
    }

    bool take(char wanted) {
        if (peek() != wanted) return false;
        at_++;
        return true;
    }

    void expect(char wanted) {
        if (!take(wanted)) fail(std::string(1, wanted));
    }

    char next() {
        if (at_ >= json_.size()) fail("more of a text");
        return json_[at_++];
    }

    [[noreturn]] void fail(const std::string &expected) const {
        throw Mistake("not JSON at byte " + std::to_string(at_ + 1) + ": expected " + expected);
    }

    std::string_view json_;
    size_t at_ = 0;
};

}  // namespace

std::map<std::string, std::string> read_texts(std::string_view json) { return Reader(json).object(); }

}  // namespace bench
