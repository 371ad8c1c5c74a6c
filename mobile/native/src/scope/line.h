// One statement being read.
#pragma once

#include <optional>
#include <string>

#include "scope/expressions.h"
#include "scope/state.h"
#include "scope/text.h"

namespace robo::scope {

/// Pass what is left of a line, and its end.
void pass_rest(Text &text);

class Line {
  public:
    Line(Machine &machine, State state, Text &text, size_t level);

    /// The whole line behind its first word.
    State read(const std::string &word);

  private:
    void look_from(const Names &defined);
    bool statement(const std::string &word);
    const Names &here() const;
    void end();
    void open(Block::Kind kind, bool whole = false, bool endless = false, const Names &ports = {});
    Names condition();
    void branched(bool whole);

    void read_if();
    void read_elif();
    void read_else();
    void read_while();
    void read_for();
    void read_except();
    void read_finally();
    void read_def();
    void read_leave(bool turn);
    void read_return();
    void read_global();
    void read_import();
    void read_from();

    Machine &machine_;
    State state_;
    Text &x_;
    const size_t level_;
    std::optional<Scope> scope_;
    std::optional<Expressions> e_;
    Names filled_;
    Place place_;
    std::optional<Writing> writing_;
};

}  // namespace robo::scope
