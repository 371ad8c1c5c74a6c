// llama.cpp's own loop, to measure against: llama_decode and the best token, and nothing else.
#include <algorithm>

#include "error.h"
#include "handle.h"
#include "robo_parts.h"

#ifdef ROBO_PARTS

namespace {

double seconds(robo::Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

int32_t best_of(const float *scores, int32_t n) {
    return static_cast<int32_t>(std::max_element(scores, scores + n) - scores);
}

void decode(llama_context *context, robo::Tokens &tokens) {
    if (llama_decode(context, llama_batch_get_one(tokens.data(), static_cast<int32_t>(tokens.size()))))
        throw robo::Error(ROBO_ENGINE, "llama.cpp could not run the model");
}

}  // namespace

extern "C" int32_t robo_parts_bare(robo_handle *handle, const robo_request *request, robo_stats *stats,
                                   int32_t *tokens, size_t room) {
    try {
        robo::Generator &generator = handle->generator;
        robo::Engine &engine = generator.engine();
        const robo::Clock::time_point start = robo::Clock::now();
        const std::vector<robo::Part> parts = robo::render({request->prompt, "", "", ""}, generator.data());
        robo::Tokens prompt = engine.encode(parts, 0, parts.size()), next(1), made;
        engine.reset();
        decode(engine.context(), prompt);
        const robo::Clock::time_point prefilled = robo::Clock::now();
        const size_t most = std::min(room, static_cast<size_t>(engine.room()) - prompt.size());
        while (made.size() < most) {
            next[0] = best_of(llama_get_logits_ith(engine.context(), -1), engine.vocabulary_size());
            if (engine.is_end(next[0])) break;
            made.push_back(next[0]);
            decode(engine.context(), next);
        }
        stats->prefill_s = seconds(prefilled - start);
        stats->decode_s = seconds(robo::Clock::now() - prefilled);
        stats->prompt_tokens = static_cast<int32_t>(prompt.size());
        stats->tokens = static_cast<int32_t>(made.size());
        engine.reset();
        std::copy(made.begin(), made.end(), tokens);
        return stats->tokens;
    } catch (...) {
        return -1;
    }
}

#endif
