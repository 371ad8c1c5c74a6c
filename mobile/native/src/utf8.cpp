#include "utf8.h"

namespace robo {

void append_utf8(std::string &to, uint32_t code) {
    auto put = [&to](uint32_t byte) { to.push_back(static_cast<char>(byte)); };
    if (code < 0x80) {
        put(code);
    } else if (code < 0x800) {
        put(0xC0 | code >> 6);
        put(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        put(0xE0 | code >> 12);
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    } else {
        put(0xF0 | code >> 18);
        put(0x80 | (code >> 12 & 0x3F));
        put(0x80 | (code >> 6 & 0x3F));
        put(0x80 | (code & 0x3F));
    }
}

size_t characters(std::string_view text) {
    size_t n = 0;
    for (char c : text) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return n;
}

namespace {

struct Read {
    enum { character, unfinished, broken } what;
    size_t bytes;
    uint32_t code;
};

/// The character at the start of some bytes; of broken ones how many belong together (Unicode 3.9, D93b).
Read read(std::string_view data) {
    auto at = [&](size_t i) { return static_cast<unsigned char>(data[i]); };
    const unsigned first = at(0);
    if (first < 0x80) return {Read::character, 1, first};
    if (first < 0xC2 || first > 0xF4) return {Read::broken, 1, 0};
    const size_t more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    unsigned low = 0x80, high = 0xBF;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
    uint32_t code = first & (more == 1 ? 0x1F : more == 2 ? 0x0F : 0x07);
    for (size_t i = 1; i <= more; i++) {
        if (i >= data.size()) return {Read::unfinished, i, 0};
        if (at(i) < low || at(i) > high) return {Read::broken, i, 0};
        code = code << 6 | (at(i) & 0x3F);
        low = 0x80, high = 0xBF;
    }
    return {Read::character, more + 1, code};
}

constexpr uint32_t replacement = 0xFFFD;

}  // namespace

void copy_utf8(std::string_view text, char *to, size_t room) {
    size_t n = 0;
    while (!text.empty()) {
        const Read next = read(text);
        const bool fine = next.what == Read::character && next.code;
        const std::string_view bytes = fine ? text.substr(0, next.bytes) : "?";
        if (n + bytes.size() >= room) break;
        n += bytes.copy(to + n, bytes.size());
        text.remove_prefix(next.bytes);
    }
    to[n] = '\0';
}

std::vector<uint32_t> code_points(std::string_view text) {
    std::vector<uint32_t> found;
    while (!text.empty()) {
        const Read next = read(text);
        found.push_back(next.what == Read::character ? next.code : replacement);
        text.remove_prefix(next.bytes);
    }
    return found;
}

Whole whole_characters(std::string_view data) {
    Whole found;
    while (found.used < data.size()) {
        const Read next = read(data.substr(found.used));
        found.broken = next.what == Read::broken;
        if (next.what != Read::character) break;
        found.codes.push_back(next.code);
        found.used += next.bytes;
    }
    return found;
}

std::string Decoder::decode(std::string_view data, bool final) {
    pending_.append(data);
    std::string_view rest = pending_;
    std::string made;
    while (!rest.empty()) {
        const Read next = read(rest);
        if (next.what == Read::unfinished && !final) break;
        append_utf8(made, next.what == Read::character ? next.code : replacement);
        rest.remove_prefix(next.bytes);
    }
    pending_ = std::string(rest);
    return made;
}

}  // namespace robo
