#include "scope/values.h"

#include "scope/text.h"

namespace robo::scope {

/// Whether a name of this kind can begin an operand of what is wanted.
bool may_lead(const T &kind, const Leads &leads) {
    const bool scalar = is_number(kind.kind) || kind.kind == Kind::None || kind.kind == Kind::Range ||
                        kind.kind == Kind::Exception;
    return !leads || !scalar || leads(kind);
}

/// What the targets of a loop get from what is iterated over.
std::map<std::string, T> spread(const std::vector<std::string> &targets, const T &source) {
    const Maybe each = element(source);
    if (!each) throw Illegal();
    if (targets.size() == 1) return {{targets[0], *each}};
    const std::vector<T> kinds = parts(*each, targets.size());
    std::map<std::string, T> found;
    for (size_t i = 0; i < targets.size(); i++) found[targets[i]] = kinds[i];
    return found;
}

/// The types of `n` names that a value is taken apart to.
std::vector<T> parts(const T &kind, size_t n) {
    if (kind.kind == Kind::Tuple) {
        if (kind.of.size() != n) throw Illegal();
        return kind.of;
    }
    const Maybe each = element(kind);
    if (!each) throw Illegal();
    return std::vector<T>(n, *each);
}

/// Whether `text % value` is no TypeError.
bool formats(const Literal &literal, const T &value) {
    if (literal.kind != Literal::Kind::text) return false;
    const std::string &text = literal.text;
    std::string wanted;
    for (size_t i = text.find('%'); i != text.npos; i = text.find('%', i)) {
        i++;
        while (i < text.size() && std::string_view("0123456789.-+ #").find(text[i]) != std::string_view::npos)
            i++;
        if (i >= text.size()) return false;
        if (text[i] != '%') wanted.push_back(text[i]);
        i++;
    }
    const std::vector<T> given = value.kind == Kind::Tuple ? value.of : std::vector<T>{value};
    if (given.size() != wanted.size() || value.kind == Kind::Many || value.kind == Kind::Mixed ||
        value.kind == Kind::Any)
        return false;
    for (size_t i = 0; i < given.size(); i++)
        if (given[i].kind == Kind::Mixed) return false;
    for (size_t i = 0; i < given.size(); i++) {
        const auto is = [&](std::string_view letters) { return letters.find(wanted[i]) != letters.npos; };
        const Kind kind = given[i].kind;
        if (!is("sr") && !(is("dfeg") && number_or_any(kind)) && !(is("xXo") && whole_or_any(kind)))
            return false;
    }
    return true;
}

}  // namespace robo::scope
