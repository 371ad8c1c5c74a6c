// Which names a program has bound so far, where they may be read, and what they stand for (scope/names.py).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scope/blocks.h"
#include "scope/types.h"

namespace robo::scope {

/// What a name stands for.
struct Var {
    T type;
    bool whole = false;  ///< something relies on it being a whole number

    bool operator==(const Var &other) const { return whole == other.whole && type == other.type; }
};

/// The names of the module, or of the function that is being written.
struct Frame {
    using Vars = std::map<std::string, Var>;

    Names defined = {};  ///< those that certainly have a value here
    Names shared = {};   ///< a function's `global` names
    Names outer = {};    ///< names of the module that a function has read: it cannot assign to them any more

    const Vars &names() const;
    const Var *find(const std::string &name) const;
    void put(const std::string &name, Var var);

  private:
    std::shared_ptr<const Vars> names_;
};

/// The names seen by one line while it is read; `module` and `local` are what it leaves behind.
class Scope {
  public:
    Scope(Frame module_, std::optional<Frame> local_)
        : module(std::move(module_)), local(std::move(local_)) {}

    Frame module;
    std::optional<Frame> local;
    std::vector<std::map<std::string, T>> inner;  ///< names of lambdas and comprehensions around this place
    std::vector<std::string> read;                ///< variables that were read since somebody last looked
    int lists = 0;                                ///< lists around the place that is being read

    std::set<std::string> readable() const;
    Maybe look_up(const std::string &name);
    bool known(const std::string &name) const { return readable().count(name) > 0; }
    const T *current(const std::string &name);
    void bind(const std::string &name, const T &value, const std::vector<std::string> &sources = {});
    void grow(const std::string &name, const T &old, const T &made);
    void rely(const std::vector<std::string> &names);
    void rely_on_read() { rely(std::vector<std::string>(read)); }
    void share(const std::string &name);

  private:
    bool outer(const std::string &name) const;
    Frame &holder(const std::string &name);
};

}  // namespace robo::scope
