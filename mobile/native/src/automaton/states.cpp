#include "automaton/states.h"

#include "utf8.h"

namespace robo {

States::States(Openings &openings) : openings_(openings), states_{{}}, known_{{{}, dead}} {
    Tops tops;
    for (const uint32_t position : openings.rules.rules[openings.rules.root]) open(position, bottom, tops);
    start_ = state_of(tops);
}

int32_t States::after(int32_t state, uint32_t code) {
    const uint64_t key = uint64_t(static_cast<uint32_t>(state)) << 32 | code;
    const auto found = after_.find(key);
    if (found != after_.end()) return found->second;
    const int32_t made = step(state, code);
    after_[key] = made;
    return made;
}

int32_t States::after(int32_t state, const Text &text) {
    for (const uint32_t code : text) {
        state = after(state, code);
        if (state == dead) break;
    }
    return state;
}

bool States::whole(int32_t state) const { return !stacks_of(state).empty() && stacks_of(state)[0] == bottom; }

bool States::open_to(int32_t state, uint32_t low, uint32_t high) const {
    for (const int32_t stack : stacks_of(state))
        if (stack != bottom && top(stack).meets(low, high)) return true;
    return false;
}

std::string States::forced(int32_t state, size_t most) {
    std::string text;
    for (size_t n = 0; n < most && !whole(state) && stacks_of(state).size() == 1; n++) {
        const auto &ranges = top(stacks_of(state)[0]).ranges;
        if (ranges.size() != 1 || ranges[0].first != ranges[0].second) break;
        append_utf8(text, ranges[0].first);
        state = after(state, ranges[0].first);
    }
    return text;
}

int32_t States::step(int32_t state, uint32_t code) {
    Tops tops;
    for (const int32_t stack : stacks_of(state)) {
        if (stack == bottom || !top(stack).has(code)) continue;
        const Stack at = stacks_[static_cast<size_t>(stack)];
        open(at.position + 1, at.below, tops);
    }
    return state_of(tops);
}

/// Add to `tops` the stacks that begin at a position.
void States::open(uint32_t position, int32_t below, Tops &tops) {
    while (true) {
        const Opening &opening = openings_.at(position);
        for (const auto &[back, found] : opening.groups) {
            int32_t under = below;
            for (const uint32_t place : back) under = number(place, under);
            for (const uint32_t place : found) tops.insert(number(place, under));
        }
        if (!opening.ends) return;
        if (below == bottom) {
            tops.insert(bottom);
            return;
        }
        const Stack next = stacks_[static_cast<size_t>(below)];
        position = next.position;
        below = next.below;
    }
}

int32_t States::number(uint32_t position, int32_t below) {
    const uint64_t key = uint64_t(static_cast<uint32_t>(below + 1)) << 32 | position;
    const auto [found, made] = numbers_.try_emplace(key, static_cast<int32_t>(stacks_.size()));
    if (made) stacks_.push_back({position, below});
    return found->second;
}

int32_t States::state_of(const Tops &tops) {
    const auto [found, made] =
        known_.try_emplace({tops.begin(), tops.end()}, static_cast<int32_t>(states_.size()));
    if (made) states_.push_back(found->first);
    return found->second;
}

}  // namespace robo
