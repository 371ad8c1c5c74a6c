// Reading an expression and finding its type (scope/expressions.py).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scope/calls.h"
#include "scope/names.h"
#include "scope/text.h"
#include "scope/values.h"

namespace robo::scope {

/// Reads expressions of one line. Syntax is the grammar's business: this reader takes the canonical spelling
/// that the grammar writes and judges names and types alone.
class Expressions {
  public:
    Expressions(Text &text, Scope &names, Calls &calls_) : x(text), scope(names), calls(calls_) {}

    Text &x;
    Scope &scope;
    Calls &calls;
    bool may_be_nothing = false;  ///< a call without a result may stand here
    Names filled = {};            ///< serial ports that certainly have something to read, once
    /// Inside the first element of a list: names that a comprehension behind it may bring.
    std::optional<std::set<std::string>> unknown = {};

    Value expression(const Leads &leads = {});
    Value values(const Leads &leads = {});
    Value binary(int lowest, const Leads &leads = {});
    std::vector<std::string> targets();
    Value called(const Value &callee);
    void grow(const T &container, const std::string &name, const T &element);
    T index(const Value &base);

  private:
    Leads right(const T &left, const std::string &op, const Literal &literal);
    T result(const T &left_type, const std::string &op, const Value &left, const Value &right_);
    Value prefixed(int lowest, const Leads &leads);
    bool keyword(std::string_view word);
    Value operand(const Leads &leads);
    Value number();
    Value string(char quote);
    Value prefixed_string(const Leads &leads);
    void formatted();
    Value paren();
    Value list();
    Value elements();
    Value comprehension(size_t start, size_t end, const std::set<std::string> &brought);
    Value dict();
    std::optional<Value> named_value(const Leads &leads);
    bool possible(const std::string &prefix, const Leads &leads);
    T peeked(const std::string &name);
    Value lambda();
    Value trail(Value value);
};

}  // namespace robo::scope
