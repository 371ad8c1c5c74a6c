// What calls, members and items give, and whether their arguments fit (scope/calls.py).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data.h"
#include "scope/types.h"
#include "scope/values.h"

namespace robo::scope {

class Machine;
class Expressions;

/// An argument that was read.
struct Argument {
    std::string name;  ///< empty when it was given by its place
    Value value;
};

/// Judges everything that is done with a value.
class Calls {
  public:
    explicit Calls(Machine &machine) : machine_(machine) {}

    const Table &table() const;
    Machine &machine() const { return machine_; }
    /// Whether a name may be a variable's.
    bool free(const std::string &name) const;

    bool has_member(const T &kind, const std::string &prefix, bool useful) const;
    T member(const T &kind, const std::string &name, bool useful) const;
    T item(const T &base, const Value &index) const;
    Value call(Expressions &e, const Value &callee);
    bool callable_with(const Function &function, const std::vector<T> &args);
    T run(const Function &function, const std::vector<T> &args);

  private:
    Members members_of(const T &kind) const;
    bool never(const T &kind) const;
    Value listed(Expressions &e, const std::string &name, const std::vector<Overload> &overloads);
    void handed_on(const std::string &name, const std::vector<Argument> &given);
    bool fits(const std::string &name, const Param &param, const Value &value);
    T user(const Function &function, const std::vector<Argument> &given);
    std::vector<Argument> read(Expressions &e, const Words *names);

    Machine &machine_;
};

}  // namespace robo::scope
