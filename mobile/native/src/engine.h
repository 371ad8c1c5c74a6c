// One model in llama.cpp with one running text (engine/llama.py). llama.cpp ends the process where it meets
// what it does not expect; every call is guarded so that no such place is reached.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "check.h"
#include "drafts.h"
#include "files.h"
#include "llama.h"
#include "prompt.h"

namespace robo {

class Engine {
  public:
    static constexpr int32_t n_control = control_count;  ///< ids below this are control tokens

    struct Options {
        int threads = 1;
        int context = 0;      ///< the model's own limit
        bool mapped = false;  ///< only a file can be
    };

    /// Throws Error(ROBO_FILE, ROBO_MODEL, ROBO_MEMORY).
    Engine(const Source &model, const Options &options, const std::vector<std::string> &controls);
    ~Engine();
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    int32_t context_size() const { return n_ctx_; }
    int32_t vocabulary_size() const { return n_vocab_; }
    const Drafts &drafts() const { return drafts_; }
    /// Tokens that end an answer: `[/CODE]` first, then `<eos>`.
    const Tokens &ends() const { return ends_; }
    bool is_end(int32_t token) const { return token == ends_[0] || token == ends_[1]; }

    Tokens encode(const std::vector<Part> &parts, size_t from, size_t to) const;
    Tokens encode_text(std::string_view text) const;
    /// The bytes a token stands for; empty for control tokens.
    const std::string &piece(int32_t token) const { return pieces_[static_cast<size_t>(token)]; }

    /// In place of the adapter before; throws Error(ROBO_FILE, ROBO_ADAPTER, ROBO_ENGINE), and keeps it then.
    void set_adapter(const Source &adapter, float scale);
    void remove_adapter();

    void reset();
    /// `reset` and `feed(prefix)`, or what comes to the same: the state behind a prefix is kept.
    void begin(const Tokens &prefix);
    int32_t room() const { return n_ctx_ - static_cast<int32_t>(fed_.size()); }
    void feed(const Tokens &tokens);
    /// `feed({token})`, and in the same batch tokens that may follow it, for `confirm`.
    void feed_ahead(int32_t token, Tokens guesses);
    /// Go on with a token that was guessed; false, and nothing has changed, when it was not.
    bool confirm(int32_t token);
    /// The last `n` tokens of the running text.
    Tokens last(size_t n) const;
    /// Forget the last `n` tokens.
    void rewind(size_t n);
    /// The scores of every token as the next one.
    const float *logits() const;
    llama_context *context() const { return context_; }
    int32_t scores_at() const;

    /// llama.cpp has stopped halfway in here: touch nothing of it any more.
    void give_up() { given_up_ = true; }
    bool given_up() const { return given_up_; }

  private:
    static constexpr int32_t most_ahead = 8;    ///< most guesses in one batch
    static constexpr int32_t batch_size = 512;  ///< tokens per llama_decode; a longer one would abort

    void load(const Source &model, const Options &options);
    void use_adapter(llama_adapter_lora *adapter, float scale);
    void release();
    void forget_guesses();
    void decode(const llama_batch &batch);
    std::string read_piece(int32_t token) const;

    Drafts drafts_;
    std::unordered_map<std::string, int32_t> ids_;
    Tokens ends_;
    std::vector<std::string> pieces_;
    int32_t n_ctx_ = 0, n_vocab_ = 0;
    llama_model *model_ = nullptr;
    llama_context *context_ = nullptr;
    llama_adapter_lora *adapter_ = nullptr;
    float scale_ = 0;
    Shapes shapes_;
    const llama_vocab *vocab_ = nullptr;
    llama_memory_t memory_ = nullptr;
    llama_batch ahead_ = {};
    Tokens fed_, guessed_;
    size_t kept_ = 0;      ///< tokens of the prefix at the start of the running text
    bool scored_ = false;  ///< there was a batch, so there are scores
    int32_t at_ = -1;      ///< where in the last batch the current scores are; -1 is its end
    bool given_up_ = false;
};

}  // namespace robo
