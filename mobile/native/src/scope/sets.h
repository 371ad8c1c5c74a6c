// Sets of names that are handed on from line to line: copying one costs nothing.
#pragma once

#include <initializer_list>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace robo::scope {

class Names {
  public:
    Names() = default;
    explicit Names(std::set<std::string> names)
        : names_(names.empty() ? nullptr : std::make_shared<const std::set<std::string>>(std::move(names))) {}

    bool has(const std::string &name) const { return names_ && names_->count(name); }
    const std::set<std::string> &all() const;
    Names with(const std::string &name) const;
    Names without(const Names &others) const;
    Names united(const Names &others) const;

  private:
    std::shared_ptr<const std::set<std::string>> names_;
};

/// What is in all of them, of which there is at least one.
Names common(const std::vector<Names> &sets);

}  // namespace robo::scope
