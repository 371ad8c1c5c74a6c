// Assignments, and calls that stand alone (scope/assignments.py).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scope/expressions.h"

namespace robo::scope {

/// A statement of one line that begins with a name.
class Simple {
  public:
    explicit Simple(Expressions &expressions)
        : e_(expressions), x_(expressions.x), scope_(expressions.scope) {}

    /// Read it up to the end of the line.
    void read();

  private:
    /// What an assignment may be to, or a call.
    struct Target {
        std::string name = {};
        std::optional<Value> value = {}, base = {}, index = {};
        std::string attribute = {};
        bool called = false;
    };

    Target target();
    void assigned(const std::vector<Target> &targets);
    Leads wanted(const std::vector<Target> &targets);
    void put(const Target &target, const T &kind, const std::vector<std::string> &sources);
    void put_item(const Value &base, const Value &index, const T &kind);
    void augmented(const Target &target, const std::string &op);
    std::vector<std::string> sources(size_t from) const;

    Expressions &e_;
    Text &x_;
    Scope &scope_;
};

}  // namespace robo::scope
