#include "automaton/vocabulary.h"

#include <algorithm>

#include "utf8.h"

namespace robo {

Vocabulary::Vocabulary(const Engine &engine) {
    for (int32_t token = 0; token < engine.vocabulary_size(); token++) {
        const std::string &piece = engine.piece(token);
        const Whole whole = whole_characters(piece);
        if (!piece.empty() && whole.used == piece.size()) {
            codes_.insert(codes_.end(), whole.codes.begin(), whole.codes.end());
            sorted_.push_back(token);
        } else if (!piece.empty()) {
            parts_.push_back(token);
        }
        ends_.push_back(codes_.size());
    }
    codes_.shrink_to_fit();
    ends_.shrink_to_fit();
    sorted_.shrink_to_fit();
    std::sort(sorted_.begin(), sorted_.end(), [&](int32_t a, int32_t b) {
        const Text x = text(a), y = text(b);
        return std::lexicographical_compare(x.begin(), x.end(), y.begin(), y.end());
    });
}

Tokens Vocabulary::allowed(States &states, int32_t state) const {
    /// Tokens that begin with the same characters, and the state behind these.
    struct Alike {
        size_t from, to, characters;
        int32_t state;
    };
    Tokens found;
    std::vector<Alike> todo = {{0, sorted_.size(), 0, state}};
    while (!todo.empty()) {
        Alike all = todo.back();
        todo.pop_back();
        const auto ends = [&](size_t i) { return text(sorted_[i]).size() == all.characters; };
        for (; all.from < all.to && ends(all.from); all.from++) found.push_back(sorted_[all.from]);
        while (all.from < all.to) {
            const uint32_t code = text(sorted_[all.from]).begin()[all.characters];
            const auto other = std::partition_point(
                sorted_.begin() + static_cast<std::ptrdiff_t>(all.from),
                sorted_.begin() + static_cast<std::ptrdiff_t>(all.to),
                [&](int32_t token) { return text(token).begin()[all.characters] == code; });
            const auto to = static_cast<size_t>(other - sorted_.begin());
            if (const int32_t following = states.after(all.state, code); following != States::dead)
                todo.push_back({all.from, to, all.characters + 1, following});
            all.from = to;
        }
    }
    return found;
}

std::optional<std::pair<uint32_t, uint32_t>> begun_range(std::string_view begun) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(begun[i]); };
    const uint32_t first = byte(0);
    if (first < 0xC2 || first > 0xF4) return std::nullopt;
    const size_t more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    if (more < begun.size()) return std::nullopt;
    uint32_t code = first & (more == 1 ? 0x1F : more == 2 ? 0x0F : 0x07);
    for (size_t i = 1; i < begun.size(); i++) {
        if ((byte(i) & 0xC0) != 0x80) return std::nullopt;
        code = code << 6 | (byte(i) & 0x3F);
    }
    const unsigned left = static_cast<unsigned>(6 * (more - begun.size() + 1));
    const uint32_t least = more == 1 ? 0x80 : more == 2 ? 0x800 : 0x10000;
    const uint32_t low = std::max(code << left, least);
    const uint32_t high = std::min((code << left) + (1U << left) - 1, 0x10FFFFU);
    if (low > high || (low >= 0xD800 && high <= 0xDFFF)) return std::nullopt;  // surrogates are no characters
    return std::make_pair(low, high);
}

}  // namespace robo
