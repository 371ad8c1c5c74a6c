// Names and types while a program is being written (scope/machine.py): what may follow, character by
// character.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data.h"
#include "scope/calls.h"
#include "scope/state.h"

namespace robo::scope {

/// The state behind a line, or what the text is instead.
struct Outcome {
    enum class Kind { state, line, never } kind = Kind::never;
    StatePointer state = {};
};

/// The rules; a `Follower` follows one program.
class Machine {
  public:
    explicit Machine(const Table &table);
    Machine(const Machine &) = delete;
    Machine &operator=(const Machine &) = delete;

    StatePointer start() const { return first_; }

    /// What comes of a line: programs begin alike, so it is remembered.
    Outcome outcome(const StatePointer &state, const std::string &line);

    /// The line that is read from now on sees these names of the module.
    void enter(const Frame &module) { globals_ = module; }
    const Frame &module_now() const { return globals_; }

    /// Read a function with arguments of these types; the type of what it returns.
    T run(const Function &function, const std::vector<T> &args);

    const Table &table;
    Calls calls;
    int depth = 0;  ///< expressions inside one another that are being read

  private:
    struct Known {
        StatePointer state;  ///< kept, as it must not be another's address
        std::unordered_map<std::string, Outcome> lines;
    };

    State read(const State &state, const std::string &line);

    StatePointer first_;
    Frame globals_;
    std::vector<std::pair<Function, std::vector<T>>> running_;
    std::unordered_map<const State *, Known> known_;
    size_t size_ = 0;
};

/// One program as it grows, from its first state on.
class Follower {
  public:
    explicit Follower(Machine &machine) : machine_(machine), after_{machine.start(), ""} {}

    bool allows(const std::string &text);
    /// Go on with text that is allowed; false, and nothing has changed, where it is not.
    bool accept(const std::string &text);
    const std::string &line() const { return after_.line; }
    const StatePointer &state() const { return after_.state; }

  private:
    struct After {
        StatePointer state;
        std::string line;
    };
    std::optional<After> following(const std::string &text);

    Machine &machine_;
    After after_;
    std::string tried_;
    std::optional<After> tried_after_;
};

}  // namespace robo::scope
