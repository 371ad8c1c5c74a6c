#include "generator.h"

#include <algorithm>

#include "error.h"

namespace robo {

namespace {

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

Data read(const Source &source) {
    std::string room;
    return read_data(source.content(room));
}

}  // namespace

Generator::Generator(const Source &model, const Source &data, const Engine::Options &options)
    : board_(std::make_unique<Board>(read(data))), engine_(model, options, board_->data.controls) {
    board_->begin(engine_);
    load_s_ = seconds(Clock::now() - begun_);
}

void Generator::Board::begin(const Engine &engine) {
    shared = std::make_shared<AutomatonGrammar::Shared>(data.rules, engine);
    machine = std::make_shared<scope::Machine>(data.table);
}

void Generator::set_data(const Source &data) {
    auto made = std::make_unique<Board>(read(data));
    if (made->data.controls != board_->data.controls)
        throw Error(ROBO_DATA, data.name() +
                                   ": has other control tokens than the model; make it again with the"
                                   " robo that came with the model");
    made->begin(engine_);
    board_ = std::move(made);
}

void Generator::forget() { board_->begin(engine_); }

std::unique_ptr<Grammar> Generator::grammar(bool scoped, bool eager) const {
    auto plain = std::make_unique<AutomatonGrammar>(board_->shared);
    if (!scoped) return plain;
    return std::make_unique<scope::ScopedGrammar>(std::move(plain), board_->machine, engine_, eager);
}

Decoded Generator::generate(const Asked &asked, const std::atomic<bool> &cancel, robo_stats &stats) {
    const Clock::time_point start = Clock::now();
    if (asked.max_tokens < 0) throw Error(ROBO_ARGUMENT, "max_tokens is less than nought");
    Picker picker(engine_, asked.temperature, asked.top_k, asked.seed);
    const std::vector<Part> parts = render(asked.request, board_->data);
    const size_t shared = shared_parts(parts);
    const Tokens prefix = engine_.encode(parts, 0, shared), ids = engine_.encode(parts, shared, parts.size());
    const auto length = static_cast<int32_t>(prefix.size() + ids.size());
    if (length + least_room > engine_.context_size())
        throw Error(ROBO_TOO_LONG, "the prompt is " + std::to_string(length) +
                                       " tokens long; this model takes " +
                                       std::to_string(engine_.context_size() - least_room) + ": shorten it");
    engine_.begin(prefix);
    engine_.feed(ids);
    const Clock::time_point prefilled = Clock::now();
    const int32_t room = engine_.room();
    const Budget budget = Budget::of(asked.max_tokens ? std::min(asked.max_tokens, room) : room);
    Decoded done = decode(engine_, picker, asked.constrained ? grammar(true, false) : nullptr, budget,
                          asked.on_text, cancel);
    const Clock::time_point end = Clock::now();
    stats.load_s = load_s_;
    stats.prefill_s = seconds(prefilled - start);
    stats.first_token_s = std::max(0.0, seconds(done.first_token_at - start));
    stats.decode_s = seconds(end - prefilled);
    stats.sample_s = seconds(done.choosing);
    stats.prompt_tokens = length;
    stats.tokens = done.tokens;
    stats.refused = done.refused;
    stats.undone = done.undone;
    return done;
}

}  // namespace robo
