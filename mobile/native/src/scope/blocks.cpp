#include "scope/blocks.h"

namespace robo::scope {

namespace {

void append(std::vector<Names> &to, const std::vector<Names> &more) {
    to.insert(to.end(), more.begin(), more.end());
}

/// The ends of earlier branches, and of this one where it has an end.
std::vector<Names> all_ends(const Place &place) {
    std::vector<Names> ends = place.blocks.back().ends;
    if (!place.dead) ends.push_back(place.defined);
    return ends;
}

}  // namespace

/// Close the innermost block; nothing but its own branches belonged to it.
void settle(Place &place) {
    std::vector<Names> ends = all_ends(place);
    const Block &block = place.blocks.back();
    if (block.kind == Block::Kind::Loop) {
        ends = block.breaks;
        if (block.endless) {
            // left by `break` alone
        } else if (block.whole) {
            std::vector<Names> turns;
            if (!place.dead) turns.push_back(place.defined);
            append(turns, block.turns);
            if (!turns.empty()) ends.push_back(common(turns));
        } else {
            ends.push_back(block.entry);
        }
    } else if (block.kind == Block::Kind::If && !block.whole) {
        ends.push_back(block.entry);
    }
    place.blocks.pop_back();
    place.dead = ends.empty();
    if (!ends.empty()) place.defined = common(ends);
}

/// The next branch of the innermost block begins: `elif`, `else`, `except`.
void branch(Place &place, bool whole) {
    std::vector<Names> ends = all_ends(place);
    Block &block = place.blocks.back();
    block.ends = std::move(ends);
    block.whole = block.whole || whole;
    place.defined = block.entry;
    place.dead = false;
}

/// `finally`: what was bound before it may or may not have happened.
void finish(Place &place) {
    const std::vector<Names> ends = all_ends(place);
    Block &block = place.blocks.back();
    place.defined = ends.empty() ? block.entry : common(ends);
    place.dead = false;
    block.ends.clear();
}

/// Ports that certainly have something to read at this place.
Names filled(const Place &place) {
    Names found;
    for (const Block &block : place.blocks) {
        if (block.kind == Block::Kind::Loop || block.kind == Block::Kind::Def) found = Names();
        found = found.united(block.filled);
    }
    return found;
}

/// What was there to read has been read.
void used(Place &place, const Names &ports) {
    if (ports.all().empty()) return;
    for (Block &block : place.blocks) block.filled = block.filled.without(ports);
}

/// `break`, or with `turn` `continue`.
void leave(Place &place, bool turn) {
    for (size_t i = place.blocks.size(); i-- > 0;) {
        Block &block = place.blocks[i];
        if (block.kind != Block::Kind::Loop) continue;
        if (!place.dead) (turn ? block.turns : block.breaks).push_back(place.defined);
        break;
    }
    place.dead = true;
}

}  // namespace robo::scope
