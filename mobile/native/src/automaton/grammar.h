// The automaton behind the interface of grammars (automaton/grammar.py): which token may come next.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "automaton/vocabulary.h"
#include "grammars.h"

namespace robo {

class AutomatonGrammar : public Grammar {
  public:
    /// What was found out about a grammar so far.
    struct Remembered {
        explicit Remembered(Openings &openings) : states(openings) {}
        States states;
        std::unordered_map<uint64_t, int32_t> known;
        std::unordered_map<int32_t, Tokens> forced;
        std::unordered_map<int32_t, std::vector<bool>> allowed;
    };

    /// What all texts under one grammar share.
    struct Shared {
        Shared(const Rules &rules, const Engine &engine_)
            : engine(engine_),
              openings(rules),
              vocabulary(engine_),
              remembered(std::make_shared<Remembered>(openings)) {}
        const Engine &engine;
        Openings openings;
        const Vocabulary vocabulary;
        std::shared_ptr<Remembered> remembered;
    };

    explicit AutomatonGrammar(std::shared_ptr<Shared> shared);

    bool allows(int32_t token) override;
    bool accept(int32_t token) override;
    void ban(const TokenSet &tokens) override;
    void mask(std::vector<float> &scores) override;
    const std::string &put_off() const override { return nothing_; }
    std::optional<size_t> settle(const std::vector<std::string> &) override { return std::nullopt; }
    Tokens forced() override;
    std::unique_ptr<Grammar> fresh() override;

    /// Whether each token may come next.
    std::vector<bool> allowed();

  private:
    /// A state, and bytes of a character that is not complete yet.
    using Place = std::pair<int32_t, std::string>;

    std::optional<Place> following(int32_t token);
    std::optional<Place> in_bytes(int32_t token);
    bool could(int32_t state, const std::string &begun) const;
    void renew();
    const std::vector<bool> &whole_characters_allowed();
    void forget_asked();

    std::shared_ptr<Shared> shared_;
    std::shared_ptr<Remembered> mine_;
    int32_t state_;
    std::string begun_;
    Tokens tokens_;
    TokenSet banned_;
    int32_t asked_ = -1;  ///< the last token that was asked about: it mostly is accepted next
    std::optional<Place> answer_;
    const std::string nothing_;
};

}  // namespace robo
