#include "normalise.h"

#include <algorithm>

namespace robo {

namespace {

constexpr uint32_t nothing = 0xFFFFFFFF;
// Hangul syllables are computed: Unicode 3.12.
constexpr uint32_t syllables = 0xAC00, leads = 0x1100, vowels = 0x1161, trails = 0x11A7;
constexpr uint32_t n_leads = 19, n_vowels = 21, n_trails = 28, n_syllables = n_leads * n_vowels * n_trails;

void take_apart(uint32_t code, const Normalisation &tables, std::vector<uint32_t> &to, int depth = 0) {
    if (code - syllables < n_syllables) {
        const uint32_t index = code - syllables;
        to.push_back(leads + index / (n_vowels * n_trails));
        to.push_back(vowels + index % (n_vowels * n_trails) / n_trails);
        if (index % n_trails) to.push_back(trails + index % n_trails);
        return;
    }
    const auto found = tables.apart.find(code);
    if (found == tables.apart.end() || depth > 8) {
        to.push_back(code);
        return;
    }
    take_apart(found->second.first, tables, to, depth + 1);
    if (found->second.second != nothing) take_apart(found->second.second, tables, to, depth + 1);
}

uint32_t pair(uint32_t first, uint32_t second, const Normalisation &tables) {
    if (first - leads < n_leads && second - vowels < n_vowels)
        return syllables + ((first - leads) * n_vowels + second - vowels) * n_trails;
    if (first - syllables < n_syllables && (first - syllables) % n_trails == 0 &&
        second - trails - 1 < n_trails - 1)
        return first + second - trails;
    const auto found = tables.pairs.find(uint64_t(first) << 32 | second);
    return found == tables.pairs.end() ? nothing : found->second;
}

uint32_t class_of(uint32_t code, const Normalisation &tables) {
    const auto found = tables.classes.find(code);
    return found == tables.classes.end() ? 0 : found->second;
}

}  // namespace

std::vector<uint32_t> nfc(const std::vector<uint32_t> &codes, const Normalisation &tables) {
    std::vector<uint32_t> apart;
    for (const uint32_t code : codes) take_apart(code, tables, apart);
    const auto rank = [&](uint32_t code) { return class_of(code, tables); };
    for (size_t start = 0; start < apart.size();) {  // marks in the order of their classes
        size_t end = start;
        while (end < apart.size() && rank(apart[end])) end++;
        const auto at = [&](size_t i) { return apart.begin() + static_cast<std::ptrdiff_t>(i); };
        std::stable_sort(at(start), at(end), [&](uint32_t a, uint32_t b) { return rank(a) < rank(b); });
        start = std::max(end, start) + (end == start ? 1 : 0);
    }
    std::vector<uint32_t> made;
    size_t starter = nothing;
    uint32_t last = 0;  // class of what stands between the starter and here
    for (const uint32_t code : apart) {
        const uint32_t mark = rank(code);
        const bool adjacent = starter != nothing && starter + 1 == made.size();
        if (starter != nothing && (adjacent || (last < mark && last != 0))) {
            if (const uint32_t one = pair(made[starter], code, tables); one != nothing) {
                made[starter] = one;
                continue;
            }
        }
        if (mark == 0) starter = made.size();
        last = mark;
        made.push_back(code);
    }
    return made;
}

}  // namespace robo
