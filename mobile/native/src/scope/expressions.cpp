#include "scope/expressions.h"

#include <algorithm>
#include <map>

#include "scope/machine.h"
#include "scope/numbers.h"

namespace robo::scope {

namespace {

constexpr int compared_level = 4, unary_level = 11;
constexpr int deepest_list = 4;
constexpr int deepest = 100;  // expressions inside one another: Python's own stack ends a little later

int level_of(const std::string &op) {
    static const std::map<std::string, int> levels = {
        {"or", 1}, {"and", 2}, {"in", 4}, {"not", 4}, {"is", 4},  {"<", 4},  {">", 4},  {"<=", 4},
        {">=", 4}, {"==", 4},  {"!=", 4}, {"|", 5},   {"^", 6},   {"&", 7},  {"<<", 8}, {">>", 8},
        {"+", 9},  {"-", 9},   {"*", 10}, {"/", 10},  {"//", 10}, {"%", 10}, {"**", 12}};
    const auto found = levels.find(op);
    return found == levels.end() ? 0 : found->second;
}

bool among(char c, std::string_view characters) { return characters.find(c) != characters.npos; }

void lead(const Leads &leads, Kind kind) {
    if (leads && !leads(plain(kind))) throw Illegal();
}

/// How deep an expression is inside others.
class Deeper {
  public:
    explicit Deeper(int &depth) : depth_(depth) {
        if (++depth_ > deepest) {
            --depth_;
            throw Illegal();
        }
    }
    ~Deeper() { --depth_; }
    Deeper(const Deeper &) = delete;
    Deeper &operator=(const Deeper &) = delete;

  private:
    int &depth_;
};

}  // namespace

/// `a`, or `a if b else c`.
Value Expressions::expression(const Leads &leads) {
    const Deeper deeper(calls.machine().depth);
    Value value = binary(1, leads);
    if (x.symbol() != "if") return value;
    x.eat(" if ");
    binary(1);
    x.eat(" else ");
    const Value other = expression(leads);
    const Maybe kind = join(value.type, other.type);
    return Value{kind ? *kind : plain(Kind::Mixed), {}, value.sure && other.sure};
}

/// One expression, or a tuple of several without brackets.
Value Expressions::values(const Leads &leads) {
    Value first = expression(leads);
    if (x.peek() != ',') return first;
    std::vector<T> found = {first.type};
    while (x.peek() == ',') {
        x.eat(", ");
        found.push_back(expression().type);
    }
    return Value{made_of(Kind::Tuple, std::move(found)), {}, true};
}

/// Operands with operators that bind at least as tightly as level `lowest`.
Value Expressions::binary(int lowest, const Leads &leads) {
    Value left = prefixed(lowest, leads);
    Maybe compared;
    while (true) {
        std::string op = x.symbol();
        const int level = level_of(op);
        if (level == 0 || level < lowest) return left;
        x.eat(" " + op);
        if (op == "not") {
            x.eat(" in");
            op = "not in";
        }
        x.eat(" ");
        if (op == "is" && x.eats("not ")) op = "is not";
        const T left_type = compared ? *compared : left.type;
        const Value other = binary(level + 1, right(left_type, op, left.literal));
        T kind = result(left_type, op, left, other);
        compared = level == compared_level ? Maybe(other.type) : std::nullopt;
        left = Value{std::move(kind)};
    }
}

Leads Expressions::right(const T &left, const std::string &op, const Literal &literal) {
    if (op == "and" || op == "or" || op == "==" || op == "!=" || op == "is" || op == "is not") return {};
    if (op == "%" && left.kind == Kind::Str) {
        if (literal.kind != Literal::Kind::text) throw Illegal();
        return {};
    }
    return [left, op](const T &kind) { return calculated(left, op, kind).has_value(); };
}

T Expressions::result(const T &left_type, const std::string &op, const Value &left, const Value &right_) {
    if (op == "%" && left_type.kind == Kind::Str) {
        if (!formats(left.literal, right_.type)) throw Illegal();
        return plain(Kind::Str);
    }
    if (op == "**" && is_number(left_type.kind) && right_.literal.is_number())
        return plain(right_.literal.whole() && is_whole(left_type.kind) ? Kind::Int : Kind::Float);
    const Maybe kind = calculated(left_type, op, right_.type);
    if (!kind) throw Illegal();
    return *kind;
}

Value Expressions::prefixed(int lowest, const Leads &leads) {
    const char c = x.peek();
    if (c == 'n' && lowest <= 3 && keyword("not")) {
        x.eat(" ");
        binary(compared_level);
        return Value{plain(Kind::Bool)};
    }
    if (c != '-' && c != '~') return operand(leads);
    x.i++;
    const Deeper deeper(calls.machine().depth);
    const auto wanted = c == '-' ? number_or_any : whole_or_any;
    const Value inner = prefixed(unary_level, [wanted](const T &kind) { return wanted(kind.kind); });
    if (!wanted(inner.type.kind)) throw Illegal();
    Literal literal;
    if (c == '-' && inner.literal.is_number()) {
        literal = inner.literal;
        literal.number = -literal.number;
    }
    return Value{inner.type.kind == Kind::Bool ? plain(Kind::Int) : inner.type, literal};
}

/// Whether this very word stands here, whole; it is consumed.
bool Expressions::keyword(std::string_view word) {
    const size_t end = x.word_end(x.i);
    if (std::string_view(x.s).substr(x.i, end - x.i) != word || end >= x.s.size()) return false;
    x.i = end;
    return true;
}

/// A literal, a name, or something in brackets, with all that is called, indexed or read off it.
Value Expressions::operand(const Leads &leads) {
    const char c = x.peek();
    if (among(c, "0123456789")) {
        Value value = number();
        lead(leads, value.type.kind);
        return value;
    }
    if (c == '"' || c == '\'') {
        lead(leads, Kind::Str);
        return trail(string(c));
    }
    if (c == '(') return trail(paren());
    if (c == '[') return trail(list());
    if (c == '{') return trail(dict());
    if (!x.at_word()) throw Illegal();
    std::optional<Value> found = named_value(leads);
    return trail(found ? std::move(*found) : prefixed_string(leads));
}

Value Expressions::number() {
    const size_t start = x.i;
    while (among(x.peek(), "0123456789abcdefxABCDEF._") || (x.s[x.i] == '-' && x.s[x.i - 1] == 'e')) x.i++;
    std::optional<Literal> literal = read_number(std::string_view(x.s).substr(start, x.i - start));
    if (!literal) throw Illegal();
    const Kind kind = literal->kind == Literal::Kind::whole ? Kind::Int : Kind::Float;
    return Value{plain(kind), std::move(*literal)};
}

Value Expressions::string(char quote) {
    const size_t start = ++x.i;
    for (char c = x.peek(); c != quote; c = x.peek()) {
        x.i += c == '\\' ? 2 : 1;
        if (c == '\n') throw Illegal();
    }
    x.i++;
    return Value{plain(Kind::Str), Literal{Literal::Kind::text, 0, x.s.substr(start, x.i - 1 - start)},
                 x.i - 1 > start};
}

Value Expressions::prefixed_string(const Leads &leads) {
    if (x.s[x.i] == 'b') {
        lead(leads, Kind::Bytes);
        x.i++;
        return Value{plain(Kind::Bytes), {}, string('"').sure};
    }
    lead(leads, Kind::Str);
    x.i += 2;
    for (char c = x.peek(); c != '"'; c = x.peek()) {
        const bool brace = c == '{' || c == '}';
        if (c == '\\') {
            x.i += 2;
        } else if (brace && x.i + 1 >= x.s.size()) {
            throw Unfinished();
        } else if (brace && x.s[x.i + 1] == c) {
            x.i += 2;
        } else if (c == '{') {
            x.i++;
            formatted();
        } else {
            x.i++;
        }
    }
    x.i++;
    return Value{plain(Kind::Str)};
}

void Expressions::formatted() {
    const Value value = expression();
    if (is_no_value(value.type.kind) || value.type.kind == Kind::User) throw Illegal();
    bool plain_ = number_or_any(value.type.kind) || value.type.kind == Kind::Str;
    if (x.peek() == '!') {
        x.i++;
        if (!among(x.peek(), "rs")) throw Illegal();
        x.i++;
        plain_ = true;
    }
    if (x.peek() == ':') {
        if (!plain_) throw Illegal();
        while (x.peek() != '}') x.i++;
    }
    x.eat("}");
}

Value Expressions::paren() {
    x.eat("(");
    if (x.peek() == ')') {
        x.i++;
        return Value{plain(Kind::Tuple)};
    }
    x.wrap();
    Value first = expression();
    if (x.peek() == ')') {
        x.i++;
        return first;
    }
    std::vector<T> parts_ = {first.type};
    while (x.another(")")) parts_.push_back(expression().type);
    x.eat(")");
    return Value{made_of(Kind::Tuple, std::move(parts_)), {}, true};
}

/// Lists in lists are read so deep and no deeper: what a comprehension makes is read twice.
Value Expressions::list() {
    if (scope.lists >= deepest_list) throw Illegal();
    scope.lists++;
    Value found = elements();  // where it throws, the line has ended
    scope.lists--;
    return found;
}

Value Expressions::elements() {
    x.eat("[");
    if (x.peek() == ']') {
        x.i++;
        return Value{listed(plain(Kind::NoneYet))};
    }
    x.wrap();
    std::optional<std::set<std::string>> outer = std::move(unknown);
    unknown.emplace();
    const size_t start = x.i, reads = scope.read.size();
    const Value first = expression();
    const std::set<std::string> brought = std::move(*unknown);
    unknown = std::move(outer);
    if (x.symbol() == "for") {
        scope.read.resize(reads);
        return comprehension(start, x.i, brought);
    }
    if (unknown)
        unknown->insert(brought.begin(), brought.end());
    else if (!brought.empty())
        throw Illegal();
    std::vector<T> parts_ = {first.type};
    while (x.another("]")) parts_.push_back(expression().type);
    x.wrap();
    x.eat("]");
    const Maybe each = joined(parts_);
    return Value{listed(each ? *each : plain(Kind::Mixed)), {}, true};
}

Value Expressions::comprehension(size_t start, size_t end, const std::set<std::string> &brought) {
    x.eat(" for ");
    const std::vector<std::string> names = targets();
    std::set<std::string> others = brought;
    for (const std::string &name : names) others.erase(name);
    if (!unknown && !others.empty()) throw Illegal();
    if (unknown) unknown->insert(others.begin(), others.end());
    x.eat(" in ");
    const Value source = binary(1);
    scope.inner.push_back(spread(names, source.type));
    const bool conditional = x.symbol() == "if";
    if (conditional) {
        x.eat(" if ");
        binary(1);
    }
    x.eat("]");
    Text element_text(x.s.substr(0, end) + "\n", start);
    Expressions again(element_text, scope, calls);
    again.unknown = unknown;
    const Value made = again.expression();
    if (unknown) unknown = std::move(again.unknown);  // one set, in the Python runtime
    scope.inner.pop_back();
    return Value{listed(made.type), {}, source.sure && !conditional};
}

/// `a` or `a, b`: names that a loop gives values to.
std::vector<std::string> Expressions::targets() {
    std::vector<std::string> found = {x.word()};
    while (x.peek() == ',') {
        x.eat(", ");
        found.push_back(x.word());
    }
    return found;
}

Value Expressions::dict() {
    x.eat("{");
    std::vector<T> keys, values_;
    if (x.peek() != '}') {
        x.wrap();
        do {
            keys.push_back(expression().type);
            x.eat(": ");
            values_.push_back(expression().type);
        } while (x.another("}"));
        x.wrap();
    }
    x.eat("}");
    const Maybe key = joined(keys), value = joined(values_);
    if (!key) throw Illegal();
    return Value{made_of(Kind::Dict, {*key, value ? *value : plain(Kind::Mixed)}), {}, !keys.empty()};
}

/// A name or a keyword; nothing, nothing consumed, where a prefixed string begins.
std::optional<Value> Expressions::named_value(const Leads &leads) {
    if (x.next_is("b\"") || x.next_is("f\"")) return std::nullopt;
    const std::string name = x.word([&](const std::string &prefix) { return possible(prefix, leads); });
    if (name == "True" || name == "False") {
        lead(leads, Kind::Bool);
        return Value{plain(Kind::Bool)};
    }
    if (name == "None") {
        lead(leads, Kind::None);
        return Value{plain(Kind::None)};
    }
    if (name == "lambda") return lambda();
    Maybe found = scope.look_up(name);
    if (!found) {
        if (calls.table().builtins.count(name) && (name != "print" || may_be_nothing)) {
            found = named(Kind::Builtin, name);
        } else if (unknown && calls.free(name)) {
            unknown->insert(name);
            return Value{plain(Kind::Any)};
        } else {
            throw Illegal();
        }
    }
    if (!may_lead(*found, leads)) throw Illegal();
    return Value{*found, {}, false, name};
}

bool Expressions::possible(const std::string &prefix, const Leads &leads) {
    static const Words words = {"False", "None", "True", "lambda", "not"};
    if (unknown || begins(words, prefix) || prefix == "b" || prefix == "f") return true;
    if (begins(calls.table().builtins, prefix)) return true;
    for (const std::string &name : scope.readable())
        if (starts_with(name, prefix) && (!leads || may_lead(peeked(name), leads))) return true;
    return false;
}

T Expressions::peeked(const std::string &name) {
    const size_t reads = scope.read.size();
    const std::optional<Frame> local = scope.local;
    const Maybe found = scope.look_up(name);
    scope.read.resize(reads);
    scope.local = local;
    return found ? *found : plain(Kind::Any);
}

Value Expressions::lambda() {
    std::vector<std::string> params;
    if (x.peek() == ' ') {
        x.eat(" ");
        params = targets();
    }
    x.eat(": ");
    const size_t start = x.i;
    std::map<std::string, T> bound;
    for (const std::string &param : params) bound[param] = plain(Kind::Any);
    scope.inner.push_back(std::move(bound));
    const size_t reads = scope.read.size();
    const bool outer = may_be_nothing;
    may_be_nothing = true;
    expression();
    may_be_nothing = outer;
    scope.rely({scope.read.begin() + static_cast<std::ptrdiff_t>(std::min(reads, scope.read.size())),
                scope.read.end()});  // it may run at any time
    scope.inner.pop_back();
    auto function = std::make_shared<Function>();
    for (const std::string &param : params) function->params.emplace_back(param, std::nullopt);
    function->body = x.s.substr(start, x.i - start);
    function->is_lambda = true;
    T made = plain(Kind::User);
    made.function = std::move(function);
    return Value{std::move(made)};
}

Value Expressions::trail(Value value) {
    while (true) {
        const char c = x.peek();
        if (c == '.') {
            x.i++;
            const T kind = value.type;
            const bool useful = !may_be_nothing;
            const std::string name =
                x.word([&](const std::string &prefix) { return calls.has_member(kind, prefix, useful); });
            value.type = calls.member(kind, name, useful);
            value.sure = false;
        } else if (c == '(') {
            x.i++;
            value = called(value);
        } else if (c == '[') {
            x.i++;
            value = Value{index(value)};
        } else {
            if (value.type.kind == Kind::Nothing && !may_be_nothing) throw Illegal();
            return value;
        }
    }
}

Value Expressions::called(const Value &callee) {
    Value made = calls.call(*this, callee);
    if (made.type.kind == Kind::Optional && callee.type.kind == Kind::Method && filled.has(callee.name)) {
        filled = filled.without(Names({callee.name}));
        return Value{made.type.of[0]};
    }
    if (made.type.kind != Kind::Grown) return made;
    grow(callee.type.of[0], callee.name, made.type.of[0]);
    return Value{plain(Kind::Nothing)};
}

/// An element is put into a list, or a value into a dictionary, that `name` may stand for.
void Expressions::grow(const T &container, const std::string &name, const T &element_) {
    T grown = container;
    const Maybe last = join(container.of.back(), element_);
    grown.of.back() = last ? *last : plain(Kind::Mixed);
    if (grown == container) return;
    if (name.empty()) throw Illegal();
    scope.grow(name, container, grown);
}

T Expressions::index(const Value &base) {
    if (!item(base.type, plain(Kind::Int), std::nullopt) && base.type.kind != Kind::Dict &&
        base.type.kind != Kind::Instance)
        throw Illegal();
    std::optional<Value> first, last;
    if (x.peek() != ':') {
        first = expression();
        if (x.peek() == ' ') x.eat(" ");
    }
    if (x.peek() == ':') {
        x.i++;
        if (x.peek() == ' ') x.i++;
        if (x.peek() != ']') last = expression();
        x.eat("]");
        const Maybe kind = sliced(base.type);
        if (!kind || (first && !whole_or_any(first->type.kind)) || (last && !whole_or_any(last->type.kind)))
            throw Illegal();
        scope.rely_on_read();
        return *kind;
    }
    x.eat("]");
    const T found = calls.item(base.type, *first);
    if (is_whole(first->type.kind)) scope.rely_on_read();
    return found;
}

}  // namespace robo::scope
