#include "scope/machine.h"

#include "scope/statements.h"
#include "scope/text.h"

namespace robo::scope {

namespace {

constexpr size_t deepest = 8;                // functions that call functions: how deep their bodies are read
constexpr size_t overhead = 100;             // of a line, as if it were characters
constexpr size_t most_characters = 500'000;  // of all lines that are remembered

}  // namespace

Machine::Machine(const Table &table_)
    : table(table_), calls(*this), first_(std::make_shared<const State>()) {}

Outcome Machine::outcome(const StatePointer &state, const std::string &line) {
    if (const auto found = known_.find(state.get()); found != known_.end())
        if (const auto outcome = found->second.lines.find(line); outcome != found->second.lines.end())
            return outcome->second;
    Outcome made;
    depth = 0;
    running_.clear();
    try {
        made = {Outcome::Kind::state, std::make_shared<const State>(read(*state, line))};
    } catch (const Unfinished &) {
        made = {Outcome::Kind::line, {}};
    } catch (const Illegal &) {
        made = {Outcome::Kind::never, {}};
    }
    if (size_ > most_characters) {
        known_.clear();
        size_ = 0;
    } else {
        Known &known = known_[state.get()];
        known.state = state;
        known.lines.emplace(line, made);
        size_ += line.size() + overhead;
    }
    return made;
}

State Machine::read(const State &state, const std::string &line) { return read_line(*this, state, line); }

T Machine::run(const Function &function, const std::vector<T> &args) {
    for (const auto &[other, types] : running_)
        if (other == function && types == args) return plain(Kind::Mixed);  // what it gives back to itself
    if (running_.size() >= deepest) throw Illegal();
    struct Running {  // leaves everything as it was, whatever is thrown
        explicit Running(Machine &m) : machine(m), outer(m.globals_), depth(m.depth) {}
        ~Running() {
            machine.globals_ = outer;
            machine.depth = depth;
            machine.running_.pop_back();
        }
        Machine &machine;
        const Frame outer;
        const int depth;
    };
    running_.emplace_back(function, args);
    const Running guard(*this);
    try {
        return run_function(*this, function, args);
    } catch (const Unfinished &) {
        throw Illegal();
    }
}

bool Follower::allows(const std::string &text) {
    tried_ = text;
    tried_after_ = following(text);
    return tried_after_.has_value();
}

bool Follower::accept(const std::string &text) {
    if (!tried_after_ || tried_ != text) tried_after_ = following(text);
    if (!tried_after_) return false;
    after_ = std::move(*tried_after_);
    tried_after_.reset();
    return true;
}

std::optional<Follower::After> Follower::following(const std::string &text) {
    After after = after_;
    size_t start = 0;
    for (size_t end = text.find('\n'); end != text.npos; end = text.find('\n', start)) {
        after.line.append(text, start, end + 1 - start);
        start = end + 1;
        const Outcome found = machine_.outcome(after.state, after.line);
        if (found.kind == Outcome::Kind::never) return std::nullopt;
        if (found.kind == Outcome::Kind::state) after = {found.state, ""};
    }
    after.line.append(text, start, text.npos);
    if (!after.line.empty() && machine_.outcome(after.state, after.line).kind != Outcome::Kind::line)
        return std::nullopt;  // only a line feed ends a line
    return after;
}

}  // namespace robo::scope
