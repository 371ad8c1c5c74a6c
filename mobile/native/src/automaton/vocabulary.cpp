#include "automaton/vocabulary.h"

#include <algorithm>

#include "utf8.h"

namespace robo {

Vocabulary::Vocabulary(const Engine &engine) : tree_(1) {
    std::unordered_map<uint64_t, size_t> places;
    for (int32_t token = 0; token < engine.vocabulary_size(); token++) {
        const std::string &piece = engine.piece(token);
        const Whole whole = whole_characters(piece);
        const bool fine = !piece.empty() && whole.used == piece.size();
        texts_.push_back(fine ? whole.codes : std::vector<uint32_t>());
        if (!piece.empty() && !fine) parts_.push_back(token);
        if (!fine) continue;
        size_t node = 0;
        for (const uint32_t code : whole.codes) {
            const auto [found, made] = places.try_emplace(uint64_t(node) << 32 | code, tree_.size());
            if (made) {
                tree_[node].children.emplace_back(code, tree_.size());
                tree_.emplace_back();
            }
            node = found->second;
        }
        tree_[node].tokens.push_back(token);
    }
}

const std::vector<uint32_t> *Vocabulary::text(int32_t token) const {
    const auto &found = texts_[static_cast<size_t>(token)];
    return found.empty() ? nullptr : &found;
}

Tokens Vocabulary::allowed(States &states, int32_t state) const {
    Tokens found;
    std::vector<std::pair<size_t, int32_t>> todo = {{0, state}};
    while (!todo.empty()) {
        const auto [node, at] = todo.back();
        todo.pop_back();
        found.insert(found.end(), tree_[node].tokens.begin(), tree_[node].tokens.end());
        for (const auto &[code, child] : tree_[node].children)
            if (const int32_t following = states.after(at, code); following != States::dead)
                todo.emplace_back(child, following);
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
