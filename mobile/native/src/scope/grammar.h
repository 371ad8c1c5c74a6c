// A grammar and a scope as one (scope/grammar.py): a token may come next when both allow it.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>

#include "engine.h"
#include "grammars.h"
#include "scope/machine.h"
#include "utf8.h"

namespace robo::scope {

/// Narrows a grammar to the names and types that a program has where it stands.
class ScopedGrammar : public Grammar {
  public:
    /// `eager`: check every token when it comes; else a line is read at its end, and whoever writes may have
    /// to go back to the token that `settle` names.
    ScopedGrammar(std::unique_ptr<Grammar> grammar, std::shared_ptr<Machine> machine, const Engine &engine,
                  bool eager);

    bool allows(int32_t token) override;
    bool accept(int32_t token) override;
    void ban(const TokenSet &tokens) override;
    void mask(std::vector<float> &scores) override;
    const std::string &put_off() const override { return put_off_; }
    std::optional<size_t> settle(const std::vector<std::string> &pieces) override;
    Tokens forced() override { return grammar_->forced(); }
    std::unique_ptr<Grammar> fresh() override;

  private:
    bool in_scope(int32_t token);
    bool may_wait(const std::string &text) const;
    /// What a token adds: characters that are whole by then.
    std::string text(int32_t token) const;

    std::unique_ptr<Grammar> grammar_;
    std::shared_ptr<Machine> machine_;
    const Engine &engine_;
    Follower follower_;
    Decoder decoder_;
    const bool from_start_;
    bool eager_;
    std::string put_off_;
    int32_t allowed_ = -1;  ///< the token that was asked about last, if it may come next
};

}  // namespace robo::scope
