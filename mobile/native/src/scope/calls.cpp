#include "scope/calls.h"

#include <algorithm>
#include <optional>
#include <set>

#include "scope/builtins.h"
#include "scope/expressions.h"
#include "scope/machine.h"
#include "scope/text.h"

namespace robo::scope {

namespace {

using Matched = std::vector<std::pair<const Param *, const Value *>>;

/// Each argument with its parameter; nothing when they do not go together.
std::optional<Matched> matched(const Overload &overload, const std::vector<Argument> &given) {
    std::vector<const Param *> places;
    const Param *var = nullptr, *others = nullptr;
    for (const Param &p : overload.params) {
        if (p.kind == Given::pos || p.kind == Given::both) places.push_back(&p);
        if (p.kind == Given::var && !var) var = &p;
        if (p.kind == Given::varkw && !others) others = &p;
    }
    Matched out;
    std::set<std::string> taken;
    for (size_t place = 0; place < given.size(); place++) {
        const Argument &argument = given[place];
        const Param *param = nullptr;
        if (!argument.name.empty()) {
            param = others;
            for (const Param &p : overload.params) {
                if (p.name != argument.name || (p.kind != Given::both && p.kind != Given::kw)) continue;
                param = &p;
                break;
            }
        } else {
            param = place < places.size() ? places[place] : var;
        }
        if (!param || (taken.count(param->name) && param != var && param != others)) return std::nullopt;
        taken.insert(param->name);
        out.emplace_back(param, &argument.value);
    }
    for (const Param &p : overload.params) {
        const bool named = p.kind == Given::pos || p.kind == Given::both || p.kind == Given::kw;
        if (named && p.required && !taken.count(p.name)) return std::nullopt;
    }
    return out;
}

bool relies_on_whole(const Param &param, const Value &value) {
    return is_whole(value.type.kind) &&
           std::find(param.words.begin(), param.words.end(), "float") == param.words.end();
}

}  // namespace

const Table &Calls::table() const { return machine_.table; }

bool Calls::free(const std::string &name) const {
    static constexpr std::string_view keywords[] = {"and", "or", "not", "if", "else", "for", "in", "is"};
    return !table().builtins.count(name) &&
           std::find(std::begin(keywords), std::end(keywords), name) == std::end(keywords);
}

// Members

/// Not for `any`, whose members nobody knows.
Members Calls::members_of(const T &kind) const {
    const auto among = [&](const std::map<std::string, Members> &all) {
        const auto found = all.find(kind.name);
        return found == all.end() ? Members() : found->second;
    };
    switch (kind.kind) {
        case Kind::Instance:
        case Kind::Class:
            return among(table().classes);
        case Kind::Module:
            return among(table().modules);
        case Kind::Object:
            return among(table().kit_members);
        default:
            break;
    }
    Members made;
    const auto found = table().members.find(kind_name(kind.kind));
    if (found == table().members.end()) return made;
    for (const std::string &name : found->second) {
        T bound = made_of(Kind::Bound, {kind});
        bound.name = name;
        made.emplace(name, std::move(bound));
    }
    return made;
}

/// `useful`: where a value is needed: calls that never have a result are left out.
bool Calls::has_member(const T &kind, const std::string &prefix, bool useful) const {
    if (kind.kind == Kind::Any) return true;
    for (const auto &[name, member] : members_of(kind))
        if (starts_with(name, prefix) && !(useful && never(member))) return true;
    return false;
}

T Calls::member(const T &kind, const std::string &name, bool useful) const {
    if (kind.kind == Kind::Any) return plain(Kind::Any);
    const Members members = members_of(kind);
    const auto found = members.find(name);
    if (found == members.end()) throw Illegal();
    if (kind.kind == Kind::Class && found->second.kind == Kind::Method) throw Illegal();
    if (useful && never(found->second)) throw Illegal();
    return found->second;
}

/// Whether calling it never has a result.
bool Calls::never(const T &kind) const {
    if (kind.kind == Kind::Bound) return table().resultless.count(kind.name) > 0;
    if (kind.kind != Kind::Function && kind.kind != Kind::Method) return false;
    const std::vector<Overload> &overloads = table().calls.at(kind.name);
    return std::all_of(overloads.begin(), overloads.end(),
                       [](const Overload &o) { return o.returns == Overload::nothing; });
}

T Calls::item(const T &base, const Value &index) const {
    if (base.kind == Kind::Instance && table().items.count(base.name) && scope::fits(index.type, "int"))
        return many(plain(Kind::Int));
    const Maybe found = scope::item(base, index.type, index.literal.whole());
    if (!found) throw Illegal();
    return *found;
}

// Calls

/// Read the arguments of a call, the opening bracket behind us.
Value Calls::call(Expressions &e, const Value &callee) {
    static const Words none;
    const T &kind = callee.type;
    const auto keywords = [&]() -> const Words * {
        const auto found = table().keywords.find(kind.name);
        return found == table().keywords.end() ? &none : &found->second;
    };
    switch (kind.kind) {
        case Kind::Any:
            read(e, nullptr);
            return Value{plain(Kind::Any)};
        case Kind::Builtin: {
            const std::vector<Argument> given = read(e, keywords());
            return call_builtin(kind.name, given, *this, e.scope);
        }
        case Kind::Bound: {
            const std::vector<Argument> given = read(e, keywords());
            return Value{call_method(kind.of[0], kind.name, given, callee.literal, *this)};
        }
        case Kind::User: {
            Words names;
            for (const auto &[name, type] : kind.function->params) names.insert(name);
            const std::vector<Argument> given = read(e, &names);
            return Value{user(*kind.function, given)};
        }
        case Kind::Function:
        case Kind::Method:
        case Kind::Class:
            return listed(e, kind.name, table().calls.at(kind.name));
        case Kind::Instance:
            if (const auto found = table().calls.find(kind.name + "()"); found != table().calls.end())
                return listed(e, found->first, found->second);
            throw Illegal();
        default:
            throw Illegal();
    }
}

/// A call of something in the registry.
Value Calls::listed(Expressions &e, const std::string &name, const std::vector<Overload> &overloads) {
    Words named_;
    bool open_ended = false;
    for (const Overload &o : overloads) {
        for (const Param &p : o.params) {
            if (p.kind == Given::both || p.kind == Given::kw) named_.insert(p.name);
            open_ended = open_ended || p.kind == Given::varkw;
        }
    }
    const std::vector<Argument> given = read(e, open_ended ? nullptr : &named_);
    for (const Overload &overload : overloads) {
        const auto pairs = matched(overload, given);
        if (!pairs) continue;
        const auto fitting = [&](const auto &pair) { return fits(name, *pair.first, *pair.second); };
        if (!std::all_of(pairs->begin(), pairs->end(), fitting)) continue;
        handed_on(name, given);
        const auto whole = [](const auto &pair) { return relies_on_whole(*pair.first, *pair.second); };
        if (std::any_of(pairs->begin(), pairs->end(), whole)) e.scope.rely_on_read();
        if (overload.returns == Overload::nothing) return Value{plain(Kind::Nothing)};
        if (overload.returns == Overload::type) return Value{overload.returned};
        if (given.empty()) throw Illegal();
        const Maybe each = element(given[0].value.type);
        return Value{each ? *each : plain(Kind::Mixed)};
    }
    throw Illegal();
}

/// A function of the program that is called with arguments given beside it.
void Calls::handed_on(const std::string &name, const std::vector<Argument> &given) {
    if (!table().handed_on.count(name)) return;
    if (given.size() < 2) throw Illegal();
    const T &function = given[0].value.type, &other = given[1].value.type;
    const bool thread = name == "_thread.start_new_thread";
    if (function.kind != Kind::User || (thread && other.kind != Kind::Tuple)) throw Illegal();
    if (!callable_with(*function.function, thread ? other.of : std::vector<T>{other})) throw Illegal();
}

bool Calls::fits(const std::string &name, const Param &param, const Value &value) {
    const T &kind = value.type;
    if (kind.kind == Kind::User) {
        if (std::find(param.words.begin(), param.words.end(), "function") == param.words.end()) return false;
        if (table().handed_on.count(name)) return true;  // judged with what it is given
        const auto found = table().callbacks.find(name);
        if (found == table().callbacks.end()) return false;
        std::vector<T> wanted = found->second;
        if (table().as_many_as_it_takes.count(name) && wanted.size() > kind.function->params.size())
            wanted.resize(kind.function->params.size());
        return callable_with(*kind.function, wanted);
    }
    if (is_no_value(kind.kind)) return false;
    if (param.words.empty()) return scope::fits(kind, "any");
    return std::any_of(param.words.begin(), param.words.end(),
                       [&](const std::string &word) { return scope::fits(kind, word); });
}

bool Calls::callable_with(const Function &function, const std::vector<T> &args) {
    try {
        run(function, args);
    } catch (const Illegal &) {
        return false;
    }
    return true;
}

/// A function of the program with arguments for its first parameters.
T Calls::run(const Function &function, const std::vector<T> &args) {
    if (args.size() > function.params.size()) throw Illegal();
    std::vector<T> all = args;
    for (size_t i = args.size(); i < function.params.size(); i++) {
        if (!function.params[i].second) throw Illegal();
        all.push_back(*function.params[i].second);
    }
    return machine_.run(function, all);
}

/// A call of a function of the program.
T Calls::user(const Function &function, const std::vector<Argument> &given) {
    std::vector<Maybe> types;
    for (const auto &[name, type] : function.params) types.push_back(type);
    if (given.size() > types.size()) throw Illegal();
    std::set<size_t> taken;
    for (size_t place = 0; place < given.size(); place++) {
        size_t at = place;
        if (!given[place].name.empty()) {
            const auto same = [&](const auto &param) { return param.first == given[place].name; };
            const auto found = std::find_if(function.params.begin(), function.params.end(), same);
            if (found == function.params.end()) throw Illegal();
            at = static_cast<size_t>(found - function.params.begin());
        }
        if (!taken.insert(at).second) throw Illegal();
        types[at] = given[place].value.type;
    }
    std::vector<T> args;
    for (Maybe &type : types) {
        if (!type) throw Illegal();
        args.push_back(std::move(*type));
    }
    return machine_.run(function, args);
}

/// Arguments up to the closing bracket; `names`: keywords that may stand here; null: any.
std::vector<Argument> Calls::read(Expressions &e, const Words *names) {
    Text &x = e.x;
    std::vector<Argument> given;
    if (x.peek() == ')') {
        x.i++;
        return given;
    }
    x.wrap();
    do {
        std::string name = x.keyword(names);
        Value value = e.expression();
        given.push_back({std::move(name), std::move(value)});
    } while (x.another());
    x.wrap();
    x.eat(")");
    return given;
}

}  // namespace robo::scope
