// The data file beside a model (robo_runtime/native/data.py): grammar, names and types, what prompts are made
// of.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scope/types.h"

namespace robo {

/// Unicode's normal form C.
struct Normalisation {
    std::unordered_map<uint32_t, std::pair<uint32_t, uint32_t>> apart;  ///< the second one may be nothing
    std::unordered_map<uint32_t, uint32_t> classes;
    std::unordered_map<uint64_t, uint32_t> pairs;  ///< first << 32 | second
};

/// A set of characters: ranges of code points, sorted.
struct Chars {
    std::vector<std::pair<uint32_t, uint32_t>> ranges;
    uint64_t ascii[2] = {0, 0};

    void note_ascii();
    bool has(uint32_t code) const;
    bool meets(uint32_t low, uint32_t high) const;
};

/// A grammar as positions that stacks can point at (automaton/notation.py).
struct Rules {
    enum Kind : uint32_t { end = 0, character = 1, reference = 2 };
    std::vector<Chars> sets;
    std::vector<uint32_t> positions;           ///< kind, and above two bits the number of a set or a rule
    std::vector<std::vector<uint32_t>> rules;  ///< the first positions of each one's alternatives
    uint32_t root = 0;

    Kind kind(uint32_t position) const { return static_cast<Kind>(positions[position] & 3); }
    const Chars &chars(uint32_t position) const { return sets[positions[position] >> 2]; }
    const std::vector<uint32_t> &starts(uint32_t position) const { return rules[positions[position] >> 2]; }
};

namespace scope {

enum class Given : uint32_t { pos, both, kw, var, varkw };

struct Param {
    std::string name;
    std::vector<std::string> words;  ///< types that it takes; empty for anything
    Given kind = Given::pos;
    bool required = false;
};

struct Overload {
    enum Returns : uint32_t { nothing = 0, element = 1, type = 2 };
    std::vector<Param> params;
    Returns returns = nothing;
    T returned = {};
};

using Members = std::map<std::string, T>;
using Words = std::set<std::string, std::less<>>;

/// Everything that a program can name, with what may be done with it (scope/table.py).
struct Table {
    std::map<std::string, Members> modules, classes;
    std::map<std::string, std::vector<Overload>> calls;
    Words items;
    Members kit;
    std::map<std::string, Members> kit_members;
    std::string kit_module;

    std::map<std::string, std::vector<T>> callbacks;
    Words as_many_as_it_takes, handed_on;
    Words builtins;
    std::map<std::string, Words, std::less<>> members;   ///< methods of Python's types, by kind
    std::map<std::string, Words, std::less<>> keywords;  ///< arguments of built-ins that have names
    Words resultless;
};

}  // namespace scope

inline constexpr int32_t control_count = 64;  ///< tokens below this are control tokens

struct Data {
    std::string board;
    std::vector<std::string> controls;  ///< texts of the control tokens, by id
    Normalisation normalisation;
    Rules rules;
    scope::Table table;
};

/// Read the content of a data file; throws Error(ROBO_DATA).
Data read_data(std::string_view content);

}  // namespace robo
