// What an expression comes to, and what its type lets be done with it (scope/values.py).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "scope/types.h"

namespace robo::scope {

/// Whether an operand of a kind is wanted; empty: any is.
using Leads = std::function<bool(const T &)>;

/// The number or text that was written, where it was one.
struct Literal {
    enum class Kind { none, whole, decimal, text } kind = Kind::none;
    long long number = 0;  ///< of a whole one; as large as can be where the number is larger
    std::string text = {};

    bool is_number() const { return kind == Kind::whole || kind == Kind::decimal; }
    std::optional<long long> whole() const {
        return kind == Kind::whole ? std::optional<long long>(number) : std::nullopt;
    }
};

/// An expression that was read.
struct Value {
    T type;
    Literal literal = {};
    bool sure = false;      ///< it certainly has an element to iterate over
    std::string name = {};  ///< the variable, where it is one and nothing else
};

bool may_lead(const T &kind, const Leads &leads);
std::map<std::string, T> spread(const std::vector<std::string> &targets, const T &source);
std::vector<T> parts(const T &kind, size_t n);
bool formats(const Literal &text, const T &value);

}  // namespace robo::scope
