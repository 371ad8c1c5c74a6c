#include "scope/types.h"

#include <algorithm>
#include <array>

namespace robo::scope {

namespace {

constexpr std::array<std::string_view, kind_count> names = {
    "int",      "float",    "bool",   "str",       "bytes", "bytearray", "None",     "any",
    "none-yet", "range",    "file",   "exception", "text",  "mixed",     "nothing",  "list",
    "tuple",    "many",     "set",    "iter",      "dict",  "optional",  "instance", "class",
    "module",   "function", "method", "object",    "user",  "bound",     "builtin",  "grown"};

bool either(Kind kind, const T &a, const T &b) { return a.kind == kind || b.kind == kind; }

bool sequence(Kind kind) { return kind == Kind::Tuple || kind == Kind::Many; }

Maybe all(const std::vector<T> &types) {
    Maybe found = plain(Kind::NoneYet);
    for (const T &t : types) found = found ? join(*found, t) : std::nullopt;
    return found;
}

Maybe parts_joined(Kind kind, const T &a, const T &b) {
    std::vector<T> parts;
    for (size_t i = 0; i < a.of.size(); i++) {
        Maybe part = join(a.of[i], b.of[i]);
        if (!part) return std::nullopt;
        parts.push_back(std::move(*part));
    }
    return made_of(kind, std::move(parts));
}

std::vector<T> both(const T &a, const T &b) {
    std::vector<T> found = a.of;
    found.insert(found.end(), b.of.begin(), b.of.end());
    return found;
}

Maybe number(const T &a, std::string_view op, const T &b) {
    const bool whole = is_whole(a.kind) && is_whole(b.kind);
    if (op == "&" || op == "|" || op == "^" || op == "<<" || op == ">>")
        return whole ? Maybe(plain(Kind::Int)) : std::nullopt;
    if (op == "**")  // a fraction of a negative number is complex
        return is_whole(b.kind) ? Maybe(plain(Kind::Float)) : std::nullopt;
    return plain(whole && op != "/" ? Kind::Int : Kind::Float);
}

bool contains(const T &a, const T &b) {
    if (b.kind == Kind::Str) return a.kind == Kind::Str || a.kind == Kind::Any;
    if (b.kind == Kind::Bytes || b.kind == Kind::Bytearray)
        return a.kind == Kind::Bytes || a.kind == Kind::Int || a.kind == Kind::Any;
    if ((b.kind == Kind::Dict || b.kind == Kind::Set) && !hashable(a)) return false;
    return element(b).has_value() && b.kind != Kind::File && b.kind != Kind::NoneYet;
}

bool like_an_instance(Kind kind) {
    return kind == Kind::Instance || kind == Kind::None || kind == Kind::Any || kind == Kind::Optional ||
           kind == Kind::Mixed || kind == Kind::NoneYet;
}

/// Elements that have nothing in common: they can be printed and compared, and no more.
T any_of_nothing() { return plain(Kind::Mixed); }

}  // namespace

std::string_view kind_name(Kind kind) { return names[static_cast<size_t>(kind)]; }

bool T::operator==(const T &other) const {
    if (kind != other.kind || name != other.name || of != other.of) return false;
    if (function == other.function) return true;
    return function && other.function && *function == *other.function;
}

T made_of(Kind kind, std::vector<T> of) {
    T made{kind};
    made.of = std::move(of);
    return made;
}

T named(Kind kind, std::string name) {
    T made{kind};
    made.name = std::move(name);
    return made;
}

bool is_number(Kind kind) { return kind == Kind::Int || kind == Kind::Float || kind == Kind::Bool; }

bool is_whole(Kind kind) { return kind == Kind::Int || kind == Kind::Bool; }

bool is_no_value(Kind kind) {
    switch (kind) {
        case Kind::Function:
        case Kind::Method:
        case Kind::Class:
        case Kind::Module:
        case Kind::Object:
        case Kind::Bound:
        case Kind::Builtin:
        case Kind::Nothing:
            return true;
        default:
            return false;
    }
}

Maybe join(const T &a, const T &b) {
    if (a == b || b.kind == Kind::NoneYet) return a;
    if (a.kind == Kind::NoneYet) return b;
    if (either(Kind::Any, a, b)) return plain(Kind::Any);
    if (is_number(a.kind) && is_number(b.kind))
        return plain(either(Kind::Float, a, b) ? Kind::Float : Kind::Int);
    if (either(Kind::None, a, b)) {
        const T &other = a.kind == Kind::None ? b : a;
        return other.kind == Kind::Optional ? other : made_of(Kind::Optional, {other});
    }
    if (either(Kind::Optional, a, b)) {
        Maybe inner = join(a.kind == Kind::Optional ? a.of[0] : a, b.kind == Kind::Optional ? b.of[0] : b);
        return inner ? Maybe(made_of(Kind::Optional, {*inner})) : std::nullopt;
    }
    const auto textual = [](Kind k) { return k == Kind::Str || k == Kind::Bytes || k == Kind::Text; };
    if (textual(a.kind) && textual(b.kind)) return plain(Kind::Text);
    if (a.kind == Kind::Tuple && b.kind == Kind::Tuple && a.of.size() == b.of.size())
        return parts_joined(Kind::Tuple, a, b);
    if (sequence(a.kind) && sequence(b.kind)) {
        Maybe found = all(both(a, b));
        return found ? Maybe(many(*found)) : std::nullopt;
    }
    const bool holder =
        a.kind == Kind::List || a.kind == Kind::Set || a.kind == Kind::Iter || a.kind == Kind::Dict;
    if (a.kind == b.kind && holder) return parts_joined(a.kind, a, b);
    return std::nullopt;
}

Maybe joined(const std::vector<T> &types) { return all(types); }

Maybe element(const T &t) {
    switch (t.kind) {
        case Kind::Any:
        case Kind::NoneYet:
            return t;
        case Kind::List:
        case Kind::Many:
        case Kind::Set:
        case Kind::Iter:
        case Kind::Dict:
            return t.of[0];
        case Kind::Tuple: {
            Maybe found = all(t.of);
            return found ? found : any_of_nothing();
        }
        case Kind::Str:
        case Kind::File:
            return plain(Kind::Str);
        case Kind::Bytes:
        case Kind::Bytearray:
        case Kind::Range:
            return plain(Kind::Int);
        default:
            return std::nullopt;
    }
}

Maybe item(const T &t, const T &index, std::optional<long long> literal) {
    if (t.kind == Kind::Dict) {
        const Kind key = t.of[0].kind;
        const bool fitting =
            index.kind == Kind::Any || index.kind == key || key == Kind::Any || key == Kind::NoneYet;
        return fitting && hashable(index) ? Maybe(t.of[1]) : std::nullopt;
    }
    if (t.kind == Kind::Any) return plain(Kind::Any);
    if (!whole_or_any(index.kind)) return std::nullopt;
    const long long n = static_cast<long long>(t.of.size());
    if (t.kind == Kind::Tuple && literal && -n <= *literal && *literal < n)
        return t.of[static_cast<size_t>(*literal < 0 ? *literal + n : *literal)];
    switch (t.kind) {
        case Kind::List:
        case Kind::Tuple:
        case Kind::Many:
        case Kind::Str:
        case Kind::Bytes:
        case Kind::Bytearray:
        case Kind::Range:
            return element(t);
        default:
            return std::nullopt;
    }
}

Maybe sliced(const T &t) {
    switch (t.kind) {
        case Kind::Tuple: {
            Maybe found = all(t.of);
            return many(found ? *found : any_of_nothing());
        }
        case Kind::List:
        case Kind::Many:
        case Kind::Str:
        case Kind::Bytes:
        case Kind::Bytearray:
        case Kind::Range:
        case Kind::Any:
            return t;
        default:
            return std::nullopt;
    }
}

bool comparable(const T &a, const T &b) {
    if (either(Kind::Any, a, b) || (is_number(a.kind) && is_number(b.kind))) return true;
    if (a.kind == b.kind && (a.kind == Kind::Str || a.kind == Kind::Bytes)) return true;
    if ((sequence(a.kind) && sequence(b.kind)) || (a.kind == Kind::List && b.kind == Kind::List)) {
        const std::vector<T> parts = both(a, b);
        const auto every = [&](auto test) { return std::all_of(parts.begin(), parts.end(), test); };
        return every([](const T &p) { return is_number(p.kind); }) ||
               every([](const T &p) { return p.kind == Kind::Str; });
    }
    return false;
}

Maybe calculated(const T &a, std::string_view op, const T &b) {
    if (is_no_value(a.kind) || is_no_value(b.kind) || either(Kind::User, a, b)) return std::nullopt;
    const auto boolean = [](bool fine) { return fine ? Maybe(plain(Kind::Bool)) : std::nullopt; };
    if (op == "is" || op == "is not") return plain(Kind::Bool);
    if (op == "==" || op == "!=")
        return boolean(!either(Kind::Instance, a, b) ||
                       (like_an_instance(a.kind) && like_an_instance(b.kind)));
    if (op == "<" || op == ">" || op == "<=" || op == ">=") return boolean(comparable(a, b));
    if (op == "in" || op == "not in") return boolean(contains(a, b));
    if (op == "and" || op == "or") {
        Maybe found = join(a, b);
        return found ? found : any_of_nothing();
    }
    if (either(Kind::Any, a, b))
        return either(Kind::None, a, b) || either(Kind::Mixed, a, b) ? std::nullopt : Maybe(plain(Kind::Any));
    if (is_number(a.kind) && is_number(b.kind)) return number(a, op, b);
    if (op == "+") {
        if (a.kind != b.kind) return std::nullopt;
        if (a.kind == Kind::Str || a.kind == Kind::Bytes) return a;
        if (a.kind == Kind::List) return join(a, b);
        if (a.kind == Kind::Tuple) return made_of(Kind::Tuple, both(a, b));
        return std::nullopt;
    }
    if (op == "*") {
        const std::pair<const T &, const T &> orders[] = {{a, b}, {b, a}};
        for (const auto &[text, times] : orders) {
            if (!is_whole(times.kind)) continue;
            if (text.kind == Kind::Str || text.kind == Kind::Bytes || text.kind == Kind::List) return text;
            if (sequence(text.kind)) return sliced(text);
        }
    }
    return std::nullopt;
}

bool hashable(const T &t) {
    if (t.kind == Kind::Tuple) return std::all_of(t.of.begin(), t.of.end(), hashable);
    return is_number(t.kind) || t.kind == Kind::Str || t.kind == Kind::Bytes || t.kind == Kind::None ||
           t.kind == Kind::Any;
}

bool fits(const T &t, std::string_view word) {
    const bool anything = word == "object" || word == "any" || word.empty();
    if (t.kind == Kind::Any || anything) return t.kind != Kind::Mixed || anything;
    if (t.kind == Kind::Instance) {
        const std::string_view name = t.name;
        const size_t dot = name.rfind('.');
        return name == word || (dot == name.npos ? name : name.substr(dot + 1)) == word;
    }
    if (word == "tuple" || word == "list") {
        if (t.kind != Kind::List && t.kind != Kind::Tuple && t.kind != Kind::Many) return false;
        return std::all_of(t.of.begin(), t.of.end(), [](const T &e) {
            return whole_or_any(e.kind) || e.kind == Kind::NoneYet || e.kind == Kind::Str;
        });
    }
    if (word == "int") return is_whole(t.kind);
    if (word == "float" || word == "number") return is_number(t.kind);
    if (word == "bool") return is_whole(t.kind) || t.kind == Kind::None;
    if (word == "bytes") return t.kind == Kind::Bytes || t.kind == Kind::Bytearray || t.kind == Kind::Str;
    if (word == "function") return t.kind == Kind::User;
    return kind_name(t.kind) == word;
}

}  // namespace robo::scope
