#include "scope/builtins.h"

#include <algorithm>
#include <functional>
#include <map>

#include "scope/text.h"
#include "utf8.h"

namespace robo::scope {

namespace {

using Kinds = std::vector<T>;

/// A call of a built-in function.
struct Call {
    Kinds kinds;
    std::vector<Value> args;
    std::map<std::string, T> keywords;
    Calls &calls;
};

using Rule = std::function<Maybe(const Call &)>;

const std::map<std::string, Rule> &rules();

void need(bool condition) {
    if (!condition) throw Illegal();
}

bool is_text(Kind kind) { return kind == Kind::Str || kind == Kind::Bytes; }

template <class Test>
bool every(const Kinds &kinds, Test test, size_t from = 0) {
    for (size_t i = from; i < kinds.size(); i++)
        if (!test(kinds[i].kind)) return false;
    return true;
}

bool is_str(Kind kind) { return kind == Kind::Str; }

bool one(const Kinds &kinds, const std::function<bool(Kind)> &allowed) {
    return kinds.size() == 1 && (kinds[0].kind == Kind::Any || allowed(kinds[0].kind));
}

Maybe elements(const Kinds &kinds) { return kinds.empty() ? std::nullopt : element(kinds[0]); }

Maybe when(bool condition, const T &result) { return condition ? Maybe(result) : std::nullopt; }

/// The type that the largest of some numbers, or texts, can have.
Maybe number_of(const Kinds &kinds) {
    const Maybe found = joined(kinds);
    if (!found) return std::nullopt;
    const Kind kind = found->kind;
    return when(number_or_any(kind) || kind == Kind::Str || kind == Kind::NoneYet, *found);
}

Maybe extreme(const Call &c) {
    if (!c.keywords.empty()) return std::nullopt;
    if (c.kinds.size() == 1) {
        const Maybe each = element(c.kinds[0]);
        return each ? number_of({*each}) : std::nullopt;
    }
    return c.kinds.empty() ? std::nullopt : number_of(c.kinds);
}

Maybe sum(const Call &c) {
    const Maybe each = elements(c.kinds);
    if (!each || c.kinds.size() > 2) return std::nullopt;
    if (each->kind == Kind::Float || each->kind == Kind::Any) return each;
    return when(is_whole(each->kind) || each->kind == Kind::NoneYet, plain(Kind::Int));
}

Maybe round(const Call &c) {
    if (c.kinds.empty() || !number_or_any(c.kinds[0].kind) || c.kinds.size() > 2) return std::nullopt;
    if (c.kinds.size() == 1) return plain(Kind::Int);
    return when(is_whole(c.kinds[1].kind), c.kinds[0]);
}

Maybe to_int(const Call &c) {
    if (c.kinds.size() == 2)
        return when(is_str(c.kinds[0].kind) && is_whole(c.kinds[1].kind), plain(Kind::Int));
    const auto allowed = [](Kind k) { return is_number(k) || is_text(k) || k == Kind::Text; };
    return when(one(c.kinds, allowed), plain(Kind::Int));
}

Maybe enumerate(const Call &c) {
    const Maybe each = elements(c.kinds);
    if (!each || (c.kinds.size() > 1 && !is_whole(c.kinds[1].kind))) return std::nullopt;
    return made_of(Kind::Iter, {made_of(Kind::Tuple, {plain(Kind::Int), *each})});
}

Maybe zip(const Call &c) {
    Kinds found;
    for (const T &kind : c.kinds) {
        const Maybe each = element(kind);
        if (!each) return std::nullopt;
        found.push_back(*each);
    }
    return made_of(Kind::Iter, {made_of(Kind::Tuple, std::move(found))});
}

const T *given(const std::map<std::string, T> &keywords, const std::string &name) {
    const auto found = keywords.find(name);
    return found == keywords.end() ? nullptr : &found->second;
}

/// Whether it can be what CPython takes for `reverse`: a whole number, or not given.
bool a_switch(const T *kind) { return !kind || is_whole(kind->kind); }

Maybe sorted(const Call &c) {
    const Maybe each = elements(c.kinds);
    if (!each || !a_switch(given(c.keywords, "reverse"))) return std::nullopt;
    if (const T *key = given(c.keywords, "key"))
        return when(key->kind == Kind::User && c.calls.callable_with(*key->function, {*each}), listed(*each));
    const bool fine = each->kind == Kind::Any || each->kind == Kind::NoneYet || comparable(*each, *each);
    return when(fine, listed(*each));
}

Maybe map(const Call &c) {
    if (c.kinds.size() != 2) return std::nullopt;
    const Maybe each = element(c.kinds[1]);
    if (!each) return std::nullopt;
    const T &function = c.kinds[0];
    if (function.kind == Kind::User) return made_of(Kind::Iter, {c.calls.run(*function.function, {*each})});
    static const Words simple = {"abs", "float", "int", "len", "str"};
    if (function.kind != Kind::Builtin || !simple.count(function.name)) return std::nullopt;
    const Maybe made = rules().at(function.name)(Call{{*each}, c.args, {}, c.calls});
    return made ? Maybe(made_of(Kind::Iter, {*made})) : std::nullopt;
}

bool to_bytes(const Call &c) {
    const Kinds &kinds = c.kinds;
    if (kinds.size() == 2) return every(kinds, is_str);
    if (kinds.empty() || is_whole(kinds[0].kind) || kinds[0].kind == Kind::Bytes ||
        kinds[0].kind == Kind::Bytearray)
        return true;
    const Maybe each = element(kinds[0]);
    return each && is_whole(each->kind) && kinds[0].kind != Kind::Str;
}

Rule container(Kind kind) {
    return [kind](const Call &c) -> Maybe {
        const Maybe each = c.kinds.empty() ? plain(Kind::NoneYet) : element(c.kinds[0]);
        if (!each) return std::nullopt;
        const bool key = is_number(each->kind) || is_text(each->kind) || each->kind == Kind::NoneYet;
        return when(kind != Kind::Set || key, made_of(kind, {*each}));
    };
}

bool ordered(Kind kind) {
    switch (kind) {
        case Kind::Str:
        case Kind::Bytes:
        case Kind::Bytearray:
        case Kind::List:
        case Kind::Tuple:
        case Kind::Many:
        case Kind::Range:
        case Kind::Any:
            return true;
        default:
            return false;
    }
}

bool counted(Kind kind) {
    return ordered(kind) || kind == Kind::Dict || kind == Kind::Set || kind == Kind::Instance;
}

Rule gives(T result, std::function<bool(const Kinds &)> test) {
    return [result = std::move(result), test = std::move(test)](const Call &c) {
        return when(test(c.kinds) && c.keywords.empty(), result);
    };
}

std::map<std::string, Rule> make_rules() {
    const T integer = plain(Kind::Int), text = plain(Kind::Str), boolean = plain(Kind::Bool);
    const auto at_most_one = [](const Kinds &k) { return k.size() <= 1; };
    const auto whole = [](const Kinds &k) { return one(k, is_whole); };
    const auto iterable = [](const Kinds &k) { return k.size() == 1 && element(k[0]).has_value(); };
    std::map<std::string, Rule> made;
    made["abs"] = [](const Call &c) -> Maybe {
        if (!one(c.kinds, is_number)) return std::nullopt;
        return c.kinds[0].kind == Kind::Bool ? plain(Kind::Int) : c.kinds[0];
    };
    made["all"] = made["any"] = gives(boolean, iterable);
    made["bin"] = made["hex"] = made["chr"] = gives(text, whole);
    made["bool"] = gives(boolean, at_most_one);
    made["bytearray"] = [](const Call &c) { return when(to_bytes(c), plain(Kind::Bytearray)); };
    made["bytes"] = [](const Call &c) { return when(to_bytes(c), plain(Kind::Bytes)); };
    made["dict"] = gives(made_of(Kind::Dict, {plain(Kind::NoneYet), plain(Kind::NoneYet)}),
                         [](const Kinds &k) { return k.empty(); });
    made["divmod"] =
        gives(many(plain(Kind::Float)), [](const Kinds &k) { return k.size() == 2 && every(k, is_number); });
    made["enumerate"] = enumerate;
    made["float"] = gives(plain(Kind::Float), [](const Kinds &k) {
        return one(k, [](Kind kind) { return is_number(kind) || kind == Kind::Str; });
    });
    made["input"] = gives(text, at_most_one);
    made["int"] = to_int;
    made["isinstance"] = [](const Call &) { return Maybe(); };
    made["len"] = gives(integer, [](const Kinds &k) { return k.size() == 1 && counted(k[0].kind); });
    made["list"] = container(Kind::List);
    made["tuple"] = container(Kind::Many);
    made["set"] = container(Kind::Set);
    made["map"] = map;
    made["max"] = made["min"] = extreme;
    made["open"] = gives(plain(Kind::File),
                         [](const Kinds &k) { return !k.empty() && k.size() <= 2 && every(k, is_str); });
    made["ord"] = [](const Call &c) {
        const bool letter = c.args.size() == 1 && c.args[0].literal.kind == Literal::Kind::text &&
                            characters(c.args[0].literal.text) == 1;
        return when(letter, plain(Kind::Int));
    };
    made["pow"] = [](const Call &c) {
        const bool fine = c.kinds.size() == 2 && every(c.kinds, is_number) && c.kinds[1].kind != Kind::Float;
        return when(fine, plain(Kind::Float));
    };
    made["print"] = [](const Call &c) {
        bool fine = true;
        for (const auto &[name, kind] : c.keywords)
            fine = fine && (name == "sep" || name == "end") && kind.kind == Kind::Str;
        return when(fine, plain(Kind::Nothing));
    };
    made["repr"] = gives(text, [](const Kinds &k) { return k.size() == 1; });
    made["reversed"] = [](const Call &c) -> Maybe {
        const Maybe each = elements(c.kinds);
        if (!each || !ordered(c.kinds[0].kind)) return std::nullopt;
        return made_of(Kind::Iter, {*each});
    };
    made["round"] = round;
    made["sorted"] = sorted;
    made["str"] = gives(text, at_most_one);
    made["sum"] = sum;
    made["zip"] = zip;
    return made;
}

const std::map<std::string, Rule> &rules() {
    static const std::map<std::string, Rule> made = make_rules();
    return made;
}

/// Whether a range with these arguments certainly has a number.
bool runs(const std::vector<Value> &args) {
    std::vector<long long> n;
    for (const Value &arg : args) {
        if (!arg.literal.whole()) return false;
        n.push_back(*arg.literal.whole());
    }
    const long long start = n.size() == 1 ? 0 : n[0], stop = n.size() == 1 ? n[0] : n[1];
    const long long step = n.size() == 3 ? n[2] : 1;
    return step > 0 ? start < stop : step < 0 && start > stop;
}

T text_method(const T &kind, const std::string &name, const Kinds &kinds, const Literal &literal) {
    const auto same = [&](Kind k) { return k == kind.kind; };
    if (name == "format") {
        const bool plain_ =
            literal.kind == Literal::Kind::text && literal.text.find("{:") == std::string::npos;
        need(plain_ || every(kinds, [](Kind k) { return is_number(k) || k == Kind::Str; }));
        return plain(Kind::Str);
    }
    if (name == "join") {
        const Maybe each = elements(kinds);
        need(kinds.size() == 1 && each && (each->kind == kind.kind || each->kind == Kind::NoneYet));
        return kind;
    }
    if (name == "encode" || name == "decode") {
        need(every(kinds, is_str));
        return plain(name == "encode" ? Kind::Bytes : Kind::Str);
    }
    if (name == "find" || name == "index" || name == "count" || name == "startswith" || name == "endswith") {
        need(!kinds.empty() && same(kinds[0].kind) && every(kinds, is_whole, 1));
        return plain(name.find("with") != name.npos ? Kind::Bool : Kind::Int);
    }
    if (name == "split") {
        need(kinds.empty() || (same(kinds[0].kind) && every(kinds, is_whole, 1)));
        return listed(kind);
    }
    if (name == "replace") {
        need(kinds.size() >= 2 && same(kinds[0].kind) && same(kinds[1].kind) && every(kinds, is_whole, 2));
        return kind;
    }
    if (name == "strip" || name == "lstrip" || name == "rstrip") {
        need(every(kinds, same) && kinds.size() <= 1);
        return kind;
    }
    need(kinds.empty());
    return starts_with(name, "is") ? plain(Kind::Bool) : kind;
}

T list_method(const T &each, const std::string &name, const Kinds &kinds,
              const std::map<std::string, T> &keywords, Calls &calls) {
    if (name == "append") {
        need(kinds.size() == 1);
        return made_of(Kind::Grown, {kinds[0]});
    }
    if (name == "insert") {
        need(kinds.size() == 2 && is_whole(kinds[0].kind));
        return made_of(Kind::Grown, {kinds[1]});
    }
    if (name == "extend") {
        const Maybe more = elements(kinds);
        need(kinds.size() == 1 && more);
        return made_of(Kind::Grown, {*more});
    }
    if (name == "remove" || name == "count" || name == "index") {
        need(kinds.size() == 1);
        return plain(name == "remove" ? Kind::Nothing : Kind::Int);
    }
    if (name == "pop") {
        need(kinds.size() <= 1 && every(kinds, is_whole));
        return each;
    }
    if (name == "sort") {
        const T *key = given(keywords, "key");
        need(a_switch(given(keywords, "reverse")));
        need(each.kind == Kind::NoneYet || key || comparable(each, each));
        need(!key || (key->kind == Kind::User && calls.callable_with(*key->function, {each})));
        return plain(Kind::Nothing);
    }
    need(kinds.empty());
    return name == "copy" ? listed(each) : plain(Kind::Nothing);
}

T dict_method(const T &kind, const std::string &name, const Kinds &kinds) {
    const T &key = kind.of[0], &value = kind.of[1];
    if (name == "items" || name == "keys" || name == "values") {
        need(kinds.empty());
        if (name == "items") return made_of(Kind::Iter, {made_of(Kind::Tuple, {key, value})});
        return made_of(Kind::Iter, {name == "keys" ? key : value});
    }
    if (name == "get" || name == "pop" || name == "setdefault") {
        need(!kinds.empty() && kinds.size() <= 2);
        need(is_number(kinds[0].kind) || is_text(kinds[0].kind) || kinds[0].kind == Kind::Tuple);
        if (kinds.size() == 2) {
            const Maybe found = join(value, kinds[1]);
            need(found.has_value());
            return *found;
        }
        return name == "pop" || value.kind == Kind::Optional ? value : made_of(Kind::Optional, {value});
    }
    if (name == "update") {
        need(kinds.size() == 1 && kinds[0] == kind);
        return plain(Kind::Nothing);
    }
    need(kinds.empty());
    return name == "copy" ? kind : plain(Kind::Nothing);
}

}  // namespace

Value call_builtin(const std::string &name, const std::vector<Argument> &given_, Calls &calls, Scope &scope) {
    Call c{{}, {}, {}, calls};
    for (const Argument &argument : given_) {
        if (!argument.name.empty()) {
            c.keywords[argument.name] = argument.value.type;
            continue;
        }
        c.kinds.push_back(argument.value.type);
        c.args.push_back(argument.value);
    }
    if (name != "map") need(every(c.kinds, [](Kind k) { return !is_no_value(k) && k != Kind::User; }));
    if (name == "len" && !c.kinds.empty() && c.kinds[0].kind == Kind::Instance)
        need(calls.table().items.count(c.kinds[0].name) > 0);
    if (name == "range") {
        need(every(c.kinds, whole_or_any) && !c.kinds.empty() && c.kinds.size() <= 3);
        scope.rely_on_read();
        return Value{plain(Kind::Range), {}, runs(c.args)};
    }
    const auto rule = rules().find(name);
    need(rule != rules().end());
    const Maybe found = rule->second(c);
    need(found.has_value());
    static const Words keeps = {"enumerate", "list", "reversed", "sorted", "tuple"};
    bool sure = keeps.count(name) && !c.args.empty() && c.args[0].sure;
    if (name == "zip" && !c.args.empty())
        sure = std::all_of(c.args.begin(), c.args.end(), [](const Value &arg) { return arg.sure; });
    if (name == "hex" || name == "bin" || name == "chr") scope.rely_on_read();
    return Value{*found, {}, sure};
}

T call_method(const T &kind, const std::string &name, const std::vector<Argument> &given_,
              const Literal &literal, Calls &calls) {
    Kinds kinds;
    std::map<std::string, T> keywords;
    for (const Argument &argument : given_) {
        kinds.push_back(argument.value.type);
        if (!argument.name.empty()) keywords[argument.name] = argument.value.type;
    }
    need(every(kinds, [](Kind k) { return !is_no_value(k); }));
    const T nothing = plain(Kind::Nothing);
    if (is_text(kind.kind)) return text_method(kind, name, kinds, literal);
    if (kind.kind == Kind::List) return list_method(kind.of[0], name, kinds, keywords, calls);
    if (kind.kind == Kind::Dict) return dict_method(kind, name, kinds);
    if (kind.kind == Kind::File) {
        need(every(kinds, name == "write" ? is_str : is_whole));
        if (name == "read" || name == "readline") return plain(Kind::Str);
        return name == "write" ? plain(Kind::Int) : nothing;
    }
    if (name == "count" || name == "index") {
        need(kinds.size() == 1);
        return plain(Kind::Int);
    }
    if (kind.kind == Kind::Bytearray) {
        need(kinds.size() == (name == "decode" ? 0U : 1U));
        need(every(kinds, [](Kind k) { return is_whole(k) || k == Kind::Bytes || k == Kind::Bytearray; }));
        return name == "decode" ? plain(Kind::Str) : nothing;
    }
    if (kind.kind == Kind::Set && (name == "remove" || name == "update")) {
        need(name == "remove" && kinds.size() == 1 && (is_number(kinds[0].kind) || is_text(kinds[0].kind)));
        return nothing;
    }
    need(kinds.empty());
    if (name == "copy") return kind;
    return name == "pop" && !kind.of.empty() ? kind.of[0] : nothing;
}

}  // namespace robo::scope
