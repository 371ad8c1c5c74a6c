// The tokens chosen so far, with what follows from them: text, grammar, legal ends.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "engine.h"
#include "grammars.h"
#include "lines.h"
#include "picker.h"
#include "written.h"

namespace robo {

class Writing {
  public:
    Writing(Engine &engine, std::unique_ptr<Grammar> grammar_, Written text_)
        : grammar(std::move(grammar_)), text(std::move(text_)), engine_(engine) {}

    std::unique_ptr<Grammar> grammar;
    Written text;
    Tokens chosen;
    std::vector<size_t> legal_at;  ///< lengths at which the program may end
    size_t undone = 0;    ///< tokens that the last choice took back, as they should not have been written
    int32_t refused = 0;  ///< 1 when the model's own choice of the last token was not allowed

    /// The next token; nothing when none is allowed.
    std::optional<int32_t> pick(Picker &picker);
    /// Go on with a token.
    void write(int32_t token);
    /// Whether the model has no idea how this line could end: what it wants was refused again and again.
    bool lost() const;
    /// Take back a line that has no end, `here` no other than the last; false when enough was tried.
    bool begin_again(bool here = false);
    size_t last_legal() const { return legal_at.empty() ? 0 : legal_at.back(); }

  private:
    size_t settled();
    void back(size_t to);

    Engine &engine_;
    std::vector<size_t> ends_;  ///< bytes of text after each token
    int32_t refused_here_ = 0;
    Lines lines_;
};

}  // namespace robo
