#include "scope/statements.h"

#include <map>
#include <set>

#include "scope/assignments.h"
#include "scope/expressions.h"
#include "scope/line.h"
#include "scope/machine.h"

namespace robo::scope {

namespace {

constexpr size_t indent = 4;

void note(State &state, const std::string &line) {
    if (state.writing) state.writing->body += line;
}

State close(State state, size_t level) {
    while (!state.place.blocks.empty() && state.place.blocks.back().level >= level) {
        if (state.place.blocks.back().kind != Block::Kind::Def) {
            settle(state.place);
            continue;
        }
        const Block block = state.place.blocks.back();
        const Writing &writing = *state.writing;
        auto function = std::make_shared<Function>();
        function->name = writing.name;
        function->params = writing.params;
        function->body = writing.body;
        T kind = plain(Kind::User);
        kind.function = std::move(function);
        Frame module = state.module;
        module.defined = block.entry;
        Scope scope(std::move(module), std::nullopt);
        scope.bind(writing.name, kind);
        state.module = scope.module;
        state.local.reset();
        state.writing.reset();
        state.place.blocks.pop_back();
        state.place.defined = state.module.defined;
        state.place.dead = false;
    }
    return state;
}

T run_lambda(Machine &machine, const Function &function, const std::vector<T> &args) {
    Scope scope(machine.module_now(), std::nullopt);
    std::map<std::string, T> bound;
    for (size_t i = 0; i < args.size(); i++) bound[function.params[i].first] = args[i];
    scope.inner.push_back(std::move(bound));
    Text text(function.body + "\n");
    Expressions reader(text, scope, machine.calls);
    reader.may_be_nothing = true;
    const T kind = reader.expression().type;
    return kind.kind == Kind::Nothing ? plain(Kind::None) : kind;
}

/// The state before the first line of a function that is called with arguments of these types.
State called(const Frame &module, const Function &function, const std::vector<T> &args) {
    State state;
    state.module = module;
    Frame local;
    std::set<std::string> names;
    for (size_t i = 0; i < args.size(); i++) {
        local.put(function.params[i].first, Var{args[i]});
        names.insert(function.params[i].first);
    }
    local.defined = Names(std::move(names));
    Block block;
    block.kind = Block::Kind::Def;
    block.entry = module.defined;
    state.place.blocks = {block};
    state.place.defined = local.defined;
    state.local = std::move(local);
    state.writing = Writing{};
    return state;
}

}  // namespace

State read_line(Machine &machine, const State &before, const std::string &line) {
    State state = before;
    if (line == "\n") {
        note(state, line);
        return state;
    }
    Text text(line);
    while (text.peek() == ' ') text.i++;
    const size_t level = text.i / indent;
    if (text.s[text.i] == '#') {
        pass_rest(text);
        note(state, line);
        return state;
    }
    static const Words branches = {"elif", "else", "except", "finally"};
    const std::string word = text.at_word() ? text.word() : "";
    state = close(std::move(state), branches.count(word) ? level + 1 : level);
    const bool inside = state.writing.has_value();
    State made = Line(machine, std::move(state), text, level).read(word);
    if (inside) note(made, line);
    return made;
}

T run_function(Machine &machine, const Function &function, const std::vector<T> &args) {
    if (function.is_lambda) return run_lambda(machine, function, args);
    const Frame module = machine.module_now();
    State state = called(module, function, args);
    std::string line;
    for (size_t start = 0; start < function.body.size();) {
        const size_t end = function.body.find('\n', start) + 1;
        line.append(function.body, start, end - start);
        start = end;
        try {
            state = read_line(machine, state, line);
        } catch (const Unfinished &) {
            continue;
        }
        line.clear();
    }
    while (state.place.blocks.back().kind != Block::Kind::Def) settle(state.place);
    for (const auto &[name, var] : module.names())
        if (state.module.find(name)->type != var.type) throw Illegal();
    std::vector<T> results = state.writing->results;
    if (!state.place.dead) results.push_back(plain(Kind::None));
    const Maybe found = joined(results);
    return found ? *found : plain(Kind::Mixed);
}

}  // namespace robo::scope
