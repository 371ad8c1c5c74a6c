#include "scope/line.h"

#include <map>
#include <set>

#include "scope/assignments.h"
#include "scope/machine.h"

namespace robo::scope {

namespace {

/// The port of `uart.any()`, perhaps `> 0`; nothing where the condition is another.
Names port_of(std::string_view condition) {
    size_t end = 0;
    while (end < condition.size() && word_character(condition[end])) end++;
    const std::string_view rest = condition.substr(end);
    if (end == 0 || (rest != ".any()" && rest != ".any() > 0")) return {};
    return Names({std::string(condition.substr(0, end))});
}

/// A name of one of these is never given another value.
bool fixed(Kind kind) {
    return kind == Kind::Module || kind == Kind::Class || kind == Kind::User || kind == Kind::Object ||
           kind == Kind::Function;
}

}  // namespace

void pass_rest(Text &text) {
    const size_t end = text.s.find('\n', text.i);
    if (end == text.s.npos) throw Unfinished();
    text.i = end + 1;
}

Line::Line(Machine &machine, State state, Text &text, size_t level)
    : machine_(machine), state_(std::move(state)), x_(text), level_(level) {
    look_from(state_.place.defined);
}

/// Read on with these names defined.
void Line::look_from(const Names &defined) {
    Frame module = state_.module;
    std::optional<Frame> local = state_.local;
    (local ? *local : module).defined = defined;
    machine_.enter(module);
    scope_.emplace(std::move(module), local);
    const std::optional<Writing> &writing = state_.writing;
    if (writing && !writing->name.empty() && local && !local->find(writing->name))
        scope_->inner.push_back({{writing->name, plain(Kind::Any)}});  // as a callback of its own
    e_.emplace(x_, *scope_, machine_.calls);
    e_->filled = filled_ = filled(state_.place);
}

State Line::read(const std::string &word) {
    place_ = state_.place;
    writing_ = state_.writing;
    if (!statement(word)) {
        x_.i -= word.size();
        Simple(*e_).read();
        end();
    }
    used(place_, filled_.without(e_->filled));
    place_.defined = here();
    return State{scope_->module, scope_->local, place_, writing_};
}

/// Read what begins with a keyword; false where the word is none.
bool Line::statement(const std::string &word) {
    static const std::map<std::string, void (*)(Line &)> statements = {
        {"if", [](Line &l) { l.read_if(); }},
        {"elif", [](Line &l) { l.read_elif(); }},
        {"else", [](Line &l) { l.read_else(); }},
        {"while", [](Line &l) { l.read_while(); }},
        {"for", [](Line &l) { l.read_for(); }},
        {"try", [](Line &l) { l.open(Block::Kind::Try); }},
        {"except", [](Line &l) { l.read_except(); }},
        {"finally", [](Line &l) { l.read_finally(); }},
        {"def", [](Line &l) { l.read_def(); }},
        {"break", [](Line &l) { l.read_leave(false); }},
        {"continue", [](Line &l) { l.read_leave(true); }},
        {"pass", [](Line &l) { l.end(); }},
        {"return", [](Line &l) { l.read_return(); }},
        {"global", [](Line &l) { l.read_global(); }},
        {"import", [](Line &l) { l.read_import(); }},
        {"from", [](Line &l) { l.read_from(); }},
    };
    const auto found = statements.find(word);
    if (found == statements.end()) return false;
    found->second(*this);
    return true;
}

/// Names with a value at this point.
const Names &Line::here() const { return (scope_->local ? *scope_->local : scope_->module).defined; }

// Line ends and blocks

void Line::end() {
    if (x_.peek() != ' ') {
        x_.eat("\n");
        return;
    }
    x_.eat("  # ");
    pass_rest(x_);
}

void Line::open(Block::Kind kind, bool whole, bool endless, const Names &ports) {
    x_.eat(":");
    end();
    Block block;
    block.kind = kind;
    block.level = level_;
    block.entry = here();
    block.whole = whole;
    block.endless = endless;
    block.filled = ports;
    place_.blocks.push_back(std::move(block));
    place_.dead = false;
}

/// Read a condition; the ports that have something to read where it holds.
Names Line::condition() {
    const size_t start = x_.i;
    const Kind kind = e_->expression().type.kind;
    if (is_no_value(kind) || kind == Kind::Instance || kind == Kind::User) throw Illegal();
    return port_of(std::string_view(x_.s).substr(start, x_.i - start));
}

void Line::branched(bool whole) {
    if (place_.blocks.empty()) throw Illegal();
    branch(place_, whole);
    state_.place = place_;
    look_from(place_.defined);
}

void Line::read_if() {
    x_.eat(" ");
    const Names ports = condition();
    open(Block::Kind::If, false, false, ports);
}

void Line::read_elif() {
    branched(false);
    x_.eat(" ");
    condition();
    x_.eat(":");
    end();
}

void Line::read_else() {
    branched(true);
    x_.eat(":");
    end();
}

void Line::read_while() {
    x_.eat(" ");
    const size_t start = x_.i;
    const Names ports = condition();
    open(Block::Kind::Loop, false, x_.next_is("True:", start) || x_.next_is("1:", start), ports);
}

void Line::read_for() {
    x_.eat(" ");
    const std::vector<std::string> targets = e_->targets();
    for (const std::string &name : targets)
        if (const T *kind = scope_->current(name); kind && fixed(kind->kind)) throw Illegal();
    x_.eat(" in ");
    const Value source = e_->values();
    const std::map<std::string, T> bound = spread(targets, source.type);
    const Names before = here();
    for (const std::string &name : targets) scope_->bind(name, bound.at(name), scope_->read);
    open(Block::Kind::Loop, source.sure);
    if (!source.sure) place_.blocks.back().entry = before;
}

void Line::read_except() {
    branched(false);
    x_.eat(" ");
    while (x_.peek() != ':' && !x_.next_is(" as ")) {
        const std::string behind = x_.s.substr(x_.i, 4);
        if (starts_with(" as ", behind) && x_.i + 4 > x_.s.size()) throw Unfinished();
        x_.i++;
    }
    if (x_.peek() == ' ') {
        x_.eat(" as ");
        scope_->bind(x_.word(), plain(Kind::Exception));
    }
    x_.eat(":");
    end();
}

void Line::read_finally() {
    if (place_.blocks.empty()) throw Illegal();
    finish(place_);
    look_from(place_.defined);
    x_.eat(":");
    end();
}

void Line::read_def() {
    x_.eat(" ");
    const std::string name = x_.word();
    x_.eat("(");
    Params params;
    while (x_.peek() != ')') {
        if (!params.empty()) x_.eat(", ");
        const std::string param = x_.word();
        Maybe standard;
        if (x_.peek() == '=') {
            x_.eat("=");
            standard = e_->expression().type;
        }
        params.emplace_back(param, std::move(standard));
    }
    x_.eat(")");
    std::set<std::string> names;
    for (const auto &[param, standard] : params) names.insert(param);
    if (names.size() < params.size() || names.count(name)) throw Illegal();
    open(Block::Kind::Def);
    Frame local;
    for (const std::string &param : names) local.put(param, Var{plain(Kind::Any)});
    local.defined = Names(std::move(names));
    scope_->local = local;
    writing_ = Writing{name, std::move(params), "", {}};
}

// Statements of one line

void Line::read_leave(bool turn) {
    end();
    place_.defined = here();
    leave(place_, turn);
}

void Line::read_return() {
    if (!writing_) throw Illegal();
    T kind = plain(Kind::None);
    if (x_.peek() == ' ' && x_.i + 1 >= x_.s.size()) throw Unfinished();
    if (x_.peek() == ' ' && x_.s[x_.i + 1] != ' ') {
        x_.i++;
        e_->may_be_nothing = true;
        kind = e_->values().type;
    }
    end();
    if (kind.kind == Kind::Nothing) kind = plain(Kind::None);
    if (is_no_value(kind.kind)) throw Illegal();
    writing_->results.push_back(std::move(kind));
    place_.dead = true;
}

void Line::read_global() {
    x_.eat(" ");
    for (const std::string &name : e_->targets()) scope_->share(name);
    end();
}

void Line::read_import() {
    x_.eat(" ");
    const size_t start = x_.i;
    while (x_.peek() != '\n' && x_.peek() != ' ') x_.i++;
    const std::string name = x_.s.substr(start, x_.i - start);
    if (!machine_.table.modules.count(name)) throw Illegal();
    const std::string first = name.substr(0, name.find('.'));
    scope_->bind(first, named(Kind::Module, first));
    end();
}

void Line::read_from() {
    const Table &table = machine_.table;
    x_.eat(" ");
    const size_t start = x_.i;
    while (x_.peek() != ' ') x_.i++;
    const std::string module = x_.s.substr(start, x_.i - start);
    const auto found = table.modules.find(module);
    const Members *members = module == table.kit_module     ? &table.kit
                             : found == table.modules.end() ? nullptr
                                                            : &found->second;
    x_.eat(" import ");
    if (!members) throw Illegal();
    while (true) {
        const std::string name = x_.word();
        const auto member = members->find(name);
        if (member == members->end()) throw Illegal();
        scope_->bind(name, member->second);
        if (x_.peek() != ',') break;
        x_.eat(", ");
    }
    end();
}

}  // namespace robo::scope
