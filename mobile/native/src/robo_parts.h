/* Parts of the core for tests alone, in builds with ROBO_PARTS. */
#ifndef ROBO_PARTS_H
#define ROBO_PARTS_H

#include "robo.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The prompt's tokens; how many there are, though no more than `room` are written; -1 on an error. */
ROBO_API int64_t robo_parts_encode(robo_handle *handle, const robo_request *request, int32_t *tokens,
                                   size_t room);

/* What llama.cpp does where it would end the process. */
ROBO_API robo_status robo_parts_abort(robo_handle *handle, robo_error *error);

/* A grammar at the start of a program. The handle has to outlive it. */
typedef struct robo_walk robo_walk;
ROBO_API robo_walk *robo_parts_walk(robo_handle *handle, int32_t scoped);
ROBO_API int32_t robo_parts_allows(robo_walk *walk, int32_t token);
ROBO_API int32_t robo_parts_accept(robo_walk *walk, int32_t token);
/* One byte for each token of the vocabulary: whether it may come next; -1 on an error. */
ROBO_API int32_t robo_parts_allowed(robo_walk *walk, uint8_t *allowed, size_t room);
ROBO_API int32_t robo_parts_forced(robo_walk *walk, int32_t *tokens, size_t room);
ROBO_API void robo_parts_walk_free(robo_walk *walk);

/* llama.cpp's own loop in C, without a grammar, always the best token: how many tokens it made; -1 on an
 * error. For comparing speeds. */
ROBO_API int32_t robo_parts_bare(robo_handle *handle, const robo_request *request, robo_stats *stats,
                                 int32_t *tokens, size_t room);

/* Names and types without a model. */
typedef struct robo_scope robo_scope;
ROBO_API robo_scope *robo_parts_scope(const char *data, size_t length, robo_error *error);
/* What comes of a line behind a program of whole lines: 0 a state, 1 it goes on, 2 never, -1 the program is
 * not allowed, -2 an error. */
ROBO_API int32_t robo_parts_outcome(robo_scope *scope, const char *program, const char *line);
ROBO_API void robo_parts_scope_free(robo_scope *scope);

#ifdef __cplusplus
}
#endif
#endif
