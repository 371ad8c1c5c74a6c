// Sets of stacks as numbered states, and what characters do to them, remembered (automaton/states.py).
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "automaton/openings.h"

namespace robo {

/// Characters that stand somewhere else.
class Text {
  public:
    Text(const uint32_t *codes, size_t n) : codes_(codes), n_(n) {}
    const uint32_t *begin() const { return codes_; }
    const uint32_t *end() const { return codes_ + n_; }
    size_t size() const { return n_; }

  private:
    const uint32_t *codes_;
    size_t n_;
};

class States {
  public:
    static constexpr int32_t dead = 0;  ///< the state that no text leads out of

    explicit States(Openings &openings);

    int32_t start() const { return start_; }
    /// The state behind a character; `dead` where it may not stand.
    int32_t after(int32_t state, uint32_t code);
    int32_t after(int32_t state, const Text &text);
    /// Whether the text may end here.
    bool whole(int32_t state) const;
    /// Whether some character of this range of code points may follow.
    bool open_to(int32_t state, uint32_t low, uint32_t high) const;
    /// The text that must follow, as far as there is no choice, at most so many characters of it.
    std::string forced(int32_t state, size_t most);
    /// Whether so much is remembered that a new automaton should be begun.
    bool full() const { return states_.size() > most_states; }

  private:
    static constexpr int32_t bottom = -1;
    static constexpr size_t most_states = 5'000;

    /// A position, and the stack below it to go on with when its rule has ended.
    struct Stack {
        uint32_t position;
        int32_t below;
    };
    using Tops = std::set<int32_t>;

    const Chars &top(int32_t stack) const {
        return openings_.rules.chars(stacks_[static_cast<size_t>(stack)].position);
    }
    const std::vector<int32_t> &stacks_of(int32_t state) const { return states_[static_cast<size_t>(state)]; }
    int32_t step(int32_t state, uint32_t code);
    void open(uint32_t position, int32_t below, Tops &tops);
    int32_t number(uint32_t position, int32_t below);
    int32_t state_of(const Tops &tops);

    Openings &openings_;
    std::vector<Stack> stacks_;
    std::unordered_map<uint64_t, int32_t> numbers_;
    std::vector<std::vector<int32_t>> states_;
    std::map<std::vector<int32_t>, int32_t> known_;
    std::unordered_map<uint64_t, int32_t> after_;  ///< state and character, to a state
    int32_t start_ = dead;
};

}  // namespace robo
