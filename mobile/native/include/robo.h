/* RoboLM's native core: a prompt in, a MicroPython program out, offline.
 *
 * A handle is one model with one running text. Every function that can fail returns a status and fills in
 * `error` where it is not NULL; none ends the process and no exception leaves the library. There is no state
 * outside of handles: two handles may be used in two threads. All text is UTF-8.
 *
 * Structures begin with `struct_size`, to be set to `sizeof` them: later versions add members at the end.
 */
#ifndef ROBO_H
#define ROBO_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#ifdef ROBO_BUILD
#define ROBO_API __declspec(dllexport)
#else
#define ROBO_API
#endif
#else
#define ROBO_API __attribute__((visibility("default")))
#endif

typedef enum robo_status {
    ROBO_OK = 0,
    ROBO_ARGUMENT = 1, /* a value out of range, an empty prompt, an unknown language */
    ROBO_ABI = 2,      /* struct_size is no version's */
    ROBO_FILE = 3,     /* a file is missing or cannot be read */
    ROBO_MODEL = 4,    /* the model file is damaged or another program's */
    ROBO_DATA = 5,     /* the data file is damaged or of another version */
    ROBO_TOO_LONG = 6, /* the prompt leaves no room for a program */
    ROBO_GRAMMAR = 7,  /* the grammar does not fit the vocabulary */
    ROBO_ENGINE = 8,   /* llama.cpp could not go on */
    ROBO_MEMORY = 9,
    ROBO_BUSY = 10,    /* the handle is generating */
    ROBO_INTERNAL = 11, /* a defect of the library */
    ROBO_ADAPTER = 12   /* the adapter file is damaged or belongs to another model */
} robo_status;

typedef enum robo_stop {
    ROBO_STOP_END = 0,  /* the model ended the program */
    ROBO_STOP_SOFT = 1, /* the budget was nearly spent, at the end of a statement */
    ROBO_STOP_HARD = 2, /* the budget was spent; the program is cut back to its last whole statement */
    ROBO_STOP_CANCELLED = 3,
    ROBO_STOP_DEAD_END = 4 /* no token could go on; the program is cut back */
} robo_stop;

typedef struct robo_handle robo_handle;

typedef struct robo_error {
    uint32_t struct_size;
    int32_t status;
    char message[496]; /* ends in NUL, cut at a character */
} robo_error;

typedef struct robo_options {
    uint32_t struct_size;
    int32_t threads;   /* 0: one */
    int32_t context;   /* tokens of prompt and program; 0: the model's limit */
    int32_t mapped;    /* map the model file, which must then not change, in place of reading it */
    const char *model; /* path of a GGUF file */
    const char *data;  /* path of a file made by `robo native-data` */
    /* In place of a path, NULL then: the content of the file, which is not needed after robo_load. */
    const void *model_bytes;
    size_t model_size;
    const void *data_bytes;
    size_t data_size;
} robo_options;

/* Text as it is written, whole characters; lines where `constrained`. Called in the generating thread. */
typedef void (*robo_on_text)(const char *text, size_t length, void *user);

typedef struct robo_request {
    uint32_t struct_size;
    int32_t unconstrained; /* follow no grammar */
    const char *prompt;
    const char *system;   /* NULL: none */
    const char *lang;     /* a language's code; NULL: unknown */
    const char *hardware; /* NULL: unknown */
    int32_t max_tokens;   /* 0: what the context leaves */
    float temperature;    /* 0: always the best token */
    int32_t top_k;        /* when sampling; 0: all */
    uint32_t seed;
    robo_on_text on_text; /* NULL: none */
    void *user;
} robo_request;

typedef struct robo_stats {
    double load_s, prefill_s, first_token_s, decode_s, sample_s;
    int32_t prompt_tokens, tokens, refused, undone;
} robo_stats;

typedef struct robo_answer {
    uint32_t struct_size;
    int32_t stopped; /* a robo_stop */
    char *code;      /* ends in NUL; released by robo_answer_free */
    size_t length;
    robo_stats stats;
} robo_answer;

ROBO_API const char *robo_version(void);

ROBO_API robo_status robo_load(const robo_options *options, robo_handle **out, robo_error *error);

ROBO_API robo_status robo_generate(robo_handle *handle, const robo_request *request, robo_answer *answer,
                                   robo_error *error);

/* Stop the generation that is running, if one is; from any thread. */
ROBO_API void robo_cancel(robo_handle *handle);

ROBO_API void robo_answer_free(robo_answer *answer);

/* Write programs for another board or kit from now on: another data file, by its path or its content (the
 * other NULL). It must have been made with the model's control tokens. On an error the old one stays. */
ROBO_API robo_status robo_set_grammar(robo_handle *handle, const char *data, const void *data_bytes,
                                      size_t data_size, robo_error *error);

/* Add a LoRA adapter, a GGUF file made by `robo-convert adapter`, by its path or its content, in place of the
 * one before; both NULL: none. `scale`: 1 for as much as it was trained with. On an error the old one stays. */
ROBO_API robo_status robo_set_adapter(robo_handle *handle, const char *adapter, const void *adapter_bytes,
                                      size_t adapter_size, float scale, robo_error *error);

/* ROBO_BUSY, and nothing is freed, while the handle is generating. NULL is fine. */
ROBO_API robo_status robo_free(robo_handle *handle);

#ifdef __cplusplus
}
#endif
#endif
