/* llama.cpp's own decoding loop, without anything around it: scores, best token, next batch. */
#include "llama.h"

/* Decode `n` tokens behind what `context` holds into `out`; 0, or the status of the batch that failed.
 * With `sampler` it chooses, as llama.cpp's programs do it; without one the best of the scores is taken. */
int robo_llama_loop(struct llama_context *context, struct llama_sampler *sampler, int vocabulary, int n,
                    llama_token *out) {
    for (int i = 0; i < n; i++) {
        llama_token best = 0;
        if (sampler) {
            best = llama_sampler_sample(sampler, context, -1);
        } else {
            const float *scores = llama_get_logits_ith(context, -1);
            for (int token = 1; token < vocabulary; token++)
                if (scores[token] > scores[best]) best = token;
        }
        out[i] = best;
        const int status = llama_decode(context, llama_batch_get_one(&best, 1));
        if (status) return status;
    }
    return 0;
}
