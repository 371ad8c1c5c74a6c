// Where in a program a line stands (scope/blocks.py): the blocks around it, and which names certainly have a
// value.
#pragma once

#include <string>
#include <vector>

#include "scope/sets.h"

namespace robo::scope {

/// An open block, from its first line with a colon on.
struct Block {
    enum class Kind { If, Loop, Try, Def } kind = Kind::If;
    size_t level = 0;              ///< of the line that opens it
    Names entry = {};              ///< names with a value before it
    std::vector<Names> ends = {};  ///< those at the end of each earlier branch that is left at its end
    bool whole = false;            ///< an `if` with `else`; a loop that runs at least once
    bool endless = false;          ///< `while True`
    std::vector<Names> breaks = {}, turns = {};  ///< where `break` and `continue` stand
    Names filled = {};  ///< serial ports that certainly have something to read: `if uart.any():`
};

/// Open blocks, and what is defined.
struct Place {
    std::vector<Block> blocks = {};
    Names defined = {};
    bool dead = false;  ///< nothing that follows in this block is ever reached
};

void settle(Place &place);
void branch(Place &place, bool whole);
void finish(Place &place);
Names filled(const Place &place);
void used(Place &place, const Names &ports);
void leave(Place &place, bool turn);

}  // namespace robo::scope
