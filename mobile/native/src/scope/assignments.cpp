#include "scope/assignments.h"

#include <algorithm>

namespace robo::scope {

void Simple::read() {
    static const Words augmenting = {
        "+=", "-=", "*=", "/=", "//=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>="};
    std::vector<Target> targets = {target()};
    while (x_.peek() == ',') {
        x_.eat(", ");
        targets.push_back(target());
    }
    const std::string op = x_.peek() == ' ' ? x_.symbol() : "";
    if (targets.size() > 1 || op == "=")
        assigned(targets);
    else if (augmenting.count(op))
        augmented(targets[0], op.substr(0, op.size() - 1));
    else if (!targets[0].called)
        throw Illegal();
}

/// A name, an item or an attribute to assign to; or a call.
Simple::Target Simple::target() {
    const std::string name = x_.word();
    if (x_.peek() == ' ' || x_.peek() == ',') {
        if (x_.s[x_.i] == ' ' && !scope_.known(name)) {
            const std::string behind = x_.s.substr(x_.i, 3);
            if (!starts_with(" = ", behind)) throw Illegal();
        }
        Target found;
        found.name = name;
        return found;
    }
    Maybe found = scope_.look_up(name);
    if (!found && e_.calls.table().builtins.count(name)) found = named(Kind::Builtin, name);
    if (!found) throw Illegal();
    Target target;
    target.value = Value{*found, {}, false, name};
    while (true) {
        const Value value = *target.value;
        const char c = x_.peek();
        if (c == '.') {
            x_.i++;
            const std::string member = x_.word(
                [&](const std::string &prefix) { return e_.calls.has_member(value.type, prefix, false); });
            target = {};
            target.value = Value{e_.calls.member(value.type, member, false), {}, false, value.name};
            target.base = value;
            target.attribute = member;
        } else if (c == '(') {
            x_.i++;
            target = {};
            target.value = e_.called(value);
            target.called = true;
        } else if (c == '[') {
            const size_t start = x_.i;
            x_.i++;
            std::optional<Value> index;
            if (x_.peek() != ':') index = e_.expression();
            if (!index || x_.peek() != ']') {
                x_.i = start;
                target = {};
                // As in the Python runtime, which reads the bracket again, as a list: a slice is refused.
                target.value = Value{e_.index(value)};
                continue;
            }
            x_.i++;
            target = {};
            target.value = Value{e_.calls.item(value.type, *index)};
            target.base = value;
            target.index = index;
            if (is_whole(index->type.kind)) scope_.rely_on_read();
        } else {
            return target;
        }
    }
}

std::vector<std::string> Simple::sources(size_t from) const {
    const size_t start = std::min(from, scope_.read.size());
    return {scope_.read.begin() + static_cast<std::ptrdiff_t>(start), scope_.read.end()};
}

void Simple::assigned(const std::vector<Target> &targets) {
    x_.eat(" = ");
    const size_t reads = scope_.read.size();
    const Value value = e_.values(wanted(targets));
    const std::vector<std::string> from = sources(reads);
    const std::string_view so_far = std::string_view(x_.s).substr(0, x_.i);
    const bool says_none = so_far.size() >= 4 && so_far.substr(so_far.size() - 4) == "None";
    if (is_no_value(value.type.kind) || (value.type.kind == Kind::None && !says_none)) throw Illegal();
    const std::vector<T> kinds =
        targets.size() == 1 ? std::vector<T>{value.type} : parts(value.type, targets.size());
    for (size_t i = 0; i < targets.size(); i++) put(targets[i], kinds[i], from);
}

/// What a name's own type says of how its new value may begin.
Leads Simple::wanted(const std::vector<Target> &targets) {
    if (targets.size() > 1 || targets[0].name.empty()) return {};
    const T *current = scope_.current(targets[0].name);
    if (!current) return {};
    switch (current->kind) {
        case Kind::Int:
        case Kind::Float:
        case Kind::Bool:
        case Kind::None:
        case Kind::Any:
        case Kind::Optional:
        case Kind::Str:
            return {};
        default:
            break;
    }
    return [old = *current](const T &kind) { return join(old, kind).has_value(); };
}

void Simple::put(const Target &target, const T &kind, const std::vector<std::string> &from) {
    if (!target.name.empty()) {
        if (!e_.calls.free(target.name)) throw Illegal();
        scope_.bind(target.name, kind, from);
        return;
    }
    if (!target.base || target.called) throw Illegal();
    if (!target.attribute.empty()) {
        const Kind base = target.base->type.kind;
        const T old = target.value ? target.value->type : plain(Kind::Any);
        if ((base != Kind::Instance && base != Kind::Any) || old.kind == Kind::Method ||
            old.kind == Kind::Bound || old != kind)
            throw Illegal();
        return;
    }
    put_item(*target.base, *target.index, kind);
    if (is_whole(kind.kind)) scope_.rely(from);
}

void Simple::put_item(const Value &base, const Value &index, const T &kind) {
    const T &holder = base.type;
    switch (holder.kind) {
        case Kind::List:
            e_.grow(holder, base.name, kind);
            return;
        case Kind::Dict: {
            const Maybe key = join(holder.of[0], index.type);
            if (!key || !hashable(index.type)) throw Illegal();
            if (*key == holder.of[0]) {
                e_.grow(holder, base.name, kind);
                return;
            }
            if (base.name.empty()) throw Illegal();
            const Maybe value = join(holder.of[1], kind);
            scope_.grow(base.name, holder, made_of(Kind::Dict, {*key, value ? *value : plain(Kind::Mixed)}));
            return;
        }
        case Kind::Instance:
            if (!fits(kind, "tuple")) throw Illegal();
            for (const T &part : kind.of)
                if (part.kind == Kind::Str) throw Illegal();
            return;
        case Kind::Bytearray:
            if (!whole_or_any(kind.kind)) throw Illegal();
            return;
        case Kind::Any:
            return;
        default:
            throw Illegal();
    }
}

void Simple::augmented(const Target &target, const std::string &op) {
    x_.eat(" " + op + "= ");
    const size_t reads = scope_.read.size();
    Maybe old;
    if (!target.name.empty())
        old = scope_.look_up(target.name);
    else if (target.value)
        old = target.value->type;
    const Value value = e_.expression();
    if (!old || target.called || (op == "%" && old->kind == Kind::Str)) throw Illegal();
    Maybe made = calculated(*old, op, value.type);
    if (op == "**" && value.literal.whole() && is_whole(old->kind)) made = plain(Kind::Int);
    if (!made) throw Illegal();
    put(target, *made, sources(reads));
}

}  // namespace robo::scope
