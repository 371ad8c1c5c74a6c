// A prompt in, a program out (robo_runtime/generate.py).
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "automaton/grammar.h"
#include "data.h"
#include "decode.h"
#include "engine.h"
#include "prompt.h"
#include "scope/grammar.h"

namespace robo {

class Generator {
  public:
    struct Asked {
        Request request;
        bool constrained = true;
        int32_t max_tokens = 0;  ///< what the context leaves
        float temperature = 0;
        int32_t top_k = 0;
        uint32_t seed = 0;
        Written::OnText on_text = {};
    };

    Generator(const Source &model, const Source &data, const Engine::Options &options);

    /// Another board or kit; throws Error(ROBO_FILE, ROBO_DATA), and keeps the old one then.
    void set_data(const Source &data);
    /// Forget what was found out so far, which memory running out may have left half written.
    void forget();

    /// What the decoder made, and the figures in `stats`.
    Decoded generate(const Asked &asked, const std::atomic<bool> &cancel, robo_stats &stats);

    /// The grammar of the board's programs at its start, narrowed to names and types where `scoped`.
    std::unique_ptr<Grammar> grammar(bool scoped, bool eager) const;
    Engine &engine() { return engine_; }
    const Data &data() const { return board_->data; }

  private:
    static constexpr int32_t least_room = 32;  ///< tokens a program needs at the very least

    /// What a data file says, and what was found out about it.
    struct Board {
        explicit Board(Data read) : data(std::move(read)) {}
        void begin(const Engine &engine);

        const Data data;
        std::shared_ptr<AutomatonGrammar::Shared> shared;
        std::shared_ptr<scope::Machine> machine;
    };

    const Clock::time_point begun_ = Clock::now();
    std::unique_ptr<Board> board_;
    Engine engine_;
    double load_s_ = 0;
};

}  // namespace robo
