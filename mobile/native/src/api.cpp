// The C API: arguments in, codes out. No exception leaves here.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <string>

#include "abort.h"
#include "error.h"
#include "generator.h"
#include "handle.h"
#include "robo.h"
#include "robo_parts.h"
#include "utf8.h"

namespace {

using robo::Error;

constexpr int32_t most_threads = 64;

/// The message may be longer than its place, and quote what is no text from a file.
void say(robo_error *error, robo_status status, std::string_view message) {
    if (!error || error->struct_size != sizeof(robo_error)) return;
    error->status = status;
    robo::copy_utf8(message, error->message, sizeof error->message);
}

template <class Work>
robo_status guarded(robo_error *error, Work work) {
    robo_status status = ROBO_OK;
    const robo::AbortGuard guard;
    try {
        work();
        say(error, ROBO_OK, "");
    } catch (const Error &e) {
        say(error, status = e.status, e.what());
    } catch (const std::bad_alloc &) {
        say(error, status = ROBO_MEMORY, "out of memory");
    } catch (const std::exception &e) {
        say(error, status = ROBO_INTERNAL, e.what());
    } catch (...) {
        say(error, status = ROBO_INTERNAL, "an exception of an unknown kind");
    }
    return status;
}

/// Work on a handle that nobody else works on.
template <class Work>
void alone(robo_handle *handle, Work work) {
    if (!handle) throw Error(ROBO_ARGUMENT, "handle is NULL");
    const std::unique_lock<std::mutex> lock(handle->busy, std::try_to_lock);
    if (!lock) throw Error(ROBO_BUSY, "this handle is generating; wait for it, or cancel it");
    robo::Generator &generator = handle->generator;
    if (generator.engine().given_up())
        throw Error(ROBO_ENGINE, "llama.cpp could not go on with this handle; free it and load again");
    if (handle->damaged) generator.forget();
    handle->damaged = false;
    try {
        work(generator);
    } catch (const robo::Aborted &) {
        generator.engine().give_up();
        throw;
    } catch (const std::bad_alloc &) {
        handle->damaged = true;
        throw;
    }
}

[[noreturn]] void refuse_size(const char *name, uint32_t found, size_t expected) {
    throw Error(ROBO_ABI, std::string(name) + ".struct_size is " + std::to_string(found) + ", expected " +
                              std::to_string(expected) + ": built against another robo.h");
}

template <class Struct>
void check_size(const Struct *given, const char *name) {
    if (!given) throw Error(ROBO_ARGUMENT, std::string(name) + " is NULL");
    if (given->struct_size != sizeof(Struct)) refuse_size(name, given->struct_size, sizeof(Struct));
}

/// Options as this version has them; the first version's end before `model_bytes`.
robo_options whole(const robo_options *given) {
    constexpr size_t first = offsetof(robo_options, model_bytes);
    if (!given) throw Error(ROBO_ARGUMENT, "options is NULL");
    if (given->struct_size != first) check_size(given, "options");
    robo_options made = {};
    std::memcpy(&made, given, given->struct_size);
    return made;
}

std::string_view text(const char *given) { return given ? std::string_view(given) : std::string_view(); }

}  // namespace

extern "C" {

const char *robo_version(void) { return "0.1.0"; }

robo_status robo_load(const robo_options *options, robo_handle **out, robo_error *error) {
    return guarded(error, [&] {
        if (out) *out = nullptr;
        if (!out) throw Error(ROBO_ARGUMENT, "out is NULL");
        const robo_options given = whole(options);
        if (given.threads < 0 || given.threads > most_threads)
            throw Error(ROBO_ARGUMENT, "threads is not 0 (one) to " + std::to_string(most_threads));
        const robo::Source model("model", given.model, given.model_bytes, given.model_size);
        const robo::Source data("data", given.data, given.data_bytes, given.data_size);
        robo::Engine::Options wanted;
        wanted.threads = given.threads ? given.threads : 1;
        wanted.context = given.context;
        wanted.mapped = given.mapped != 0;
        if (wanted.mapped && model.in_memory())
            throw Error(ROBO_ARGUMENT, "mapped is for a model that is a file; set it to 0 for one in memory");
        *out = new robo_handle(model, data, wanted);
    });
}

robo_status robo_generate(robo_handle *handle, const robo_request *request, robo_answer *answer,
                          robo_error *error) {
    return guarded(error, [&] {
        check_size(request, "request");
        check_size(answer, "answer");
        answer->code = nullptr;
        answer->length = 0;
        alone(handle, [&](robo::Generator &generator) {
            handle->cancelled = false;
            robo::Generator::Asked asked;
            asked.request = {text(request->prompt), text(request->system), text(request->lang),
                             text(request->hardware)};
            asked.constrained = !request->unconstrained;
            asked.max_tokens = request->max_tokens;
            asked.temperature = request->temperature;
            asked.top_k = request->top_k;
            asked.seed = request->seed;
            if (request->on_text)
                asked.on_text = [request](std::string_view made) {
                    request->on_text(made.data(), made.size(), request->user);
                };
            const robo::Decoded done = generator.generate(asked, handle->cancelled, answer->stats);
            answer->code = static_cast<char *>(std::malloc(done.code.size() + 1));
            if (!answer->code) throw std::bad_alloc();
            std::memcpy(answer->code, done.code.c_str(), done.code.size() + 1);
            answer->length = done.code.size();
            answer->stopped = done.stopped;
        });
    });
}

void robo_cancel(robo_handle *handle) {
    if (handle) handle->cancelled = true;
}

void robo_answer_free(robo_answer *answer) {
    if (!answer || answer->struct_size != sizeof(robo_answer)) return;
    std::free(answer->code);
    answer->code = nullptr;
    answer->length = 0;
}

robo_status robo_set_grammar(robo_handle *handle, const char *data, const void *data_bytes, size_t data_size,
                             robo_error *error) {
    return guarded(error, [&] {
        const robo::Source source("data", data, data_bytes, data_size);
        alone(handle, [&](robo::Generator &generator) { generator.set_data(source); });
    });
}

robo_status robo_set_adapter(robo_handle *handle, const char *adapter, const void *adapter_bytes,
                             size_t adapter_size, float scale, robo_error *error) {
    return guarded(error, [&] {
        if (!std::isfinite(scale)) throw Error(ROBO_ARGUMENT, "scale is no number");
        alone(handle, [&](robo::Generator &generator) {
            if (!adapter && !adapter_bytes) return generator.engine().remove_adapter();
            generator.engine().set_adapter({"adapter", adapter, adapter_bytes, adapter_size}, scale);
        });
    });
}

robo_status robo_free(robo_handle *handle) {
    if (!handle) return ROBO_OK;
    {
        const std::unique_lock<std::mutex> lock(handle->busy, std::try_to_lock);
        if (!lock) return ROBO_BUSY;
    }
    delete handle;
    return ROBO_OK;
}

#ifdef ROBO_PARTS
robo_status robo_parts_abort(robo_handle *handle, robo_error *error) {
    return guarded(error,
                   [&] { alone(handle, [](robo::Generator &) { GGML_ABORT("asked for by a test"); }); });
}
#endif

}  // extern "C"
