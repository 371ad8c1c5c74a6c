#include "generator.h"

#include <algorithm>

#include "error.h"
#include "files.h"

namespace robo {

namespace {

double seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

}  // namespace

Generator::Generator(const Engine::Options &options, const std::string &data)
    : data_(read_data(read_file(data))),
      engine_(options, data_.controls),
      shared_(std::make_shared<AutomatonGrammar::Shared>(data_.rules, engine_)),
      machine_(std::make_shared<scope::Machine>(data_.table)) {
    load_s_ = seconds(Clock::now() - begun_);
}

std::unique_ptr<Grammar> Generator::grammar(bool scoped, bool eager) const {
    auto plain = std::make_unique<AutomatonGrammar>(shared_);
    if (!scoped) return plain;
    return std::make_unique<scope::ScopedGrammar>(std::move(plain), machine_, engine_, eager);
}

Decoded Generator::generate(const Asked &asked, const std::atomic<bool> &cancel, robo_stats &stats) {
    const Clock::time_point start = Clock::now();
    if (asked.max_tokens < 0) throw Error(ROBO_ARGUMENT, "max_tokens is less than nought");
    Picker picker(engine_, asked.temperature, asked.top_k, asked.seed);
    const std::vector<Part> parts = render(asked.request, data_);
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
