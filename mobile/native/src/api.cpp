// The C API: arguments in, codes out. No exception leaves here.
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <string>

#include "error.h"
#include "generator.h"
#include "handle.h"
#include "robo.h"

namespace {

using robo::Error;

/// Cut at a character, as the message may be longer than its place.
void say(robo_error *error, robo_status status, std::string_view message) {
    if (!error || error->struct_size != sizeof(robo_error)) return;
    error->status = status;
    size_t length = std::min(message.size(), sizeof error->message - 1);
    while (length < message.size() && length > 0 &&
           (static_cast<unsigned char>(message[length]) & 0xC0) == 0x80)
        length--;
    std::memcpy(error->message, message.data(), length);
    error->message[length] = '\0';
}

template <class Work>
robo_status guarded(robo_error *error, Work work) {
    robo_status status = ROBO_OK;
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

template <class Struct>
void check_size(const Struct *given, const char *name) {
    if (!given) throw Error(ROBO_ARGUMENT, std::string(name) + " is NULL");
    if (given->struct_size != sizeof(Struct))
        throw Error(ROBO_ABI, std::string(name) + ".struct_size is " + std::to_string(given->struct_size) +
                                  ", expected " + std::to_string(sizeof(Struct)) +
                                  ": built against another robo.h");
}

std::string_view text(const char *given) { return given ? std::string_view(given) : std::string_view(); }

}  // namespace

extern "C" {

const char *robo_version(void) { return "0.1.0"; }

robo_status robo_load(const robo_options *options, robo_handle **out, robo_error *error) {
    return guarded(error, [&] {
        if (out) *out = nullptr;
        check_size(options, "options");
        if (!out || !options->model || !options->data)
            throw Error(ROBO_ARGUMENT, "out, model or data is NULL");
        if (options->threads < 0) throw Error(ROBO_ARGUMENT, "threads is less than nought");
        robo::Engine::Options wanted;
        wanted.model = options->model;
        wanted.threads = options->threads ? options->threads : 1;
        wanted.context = options->context;
        wanted.mapped = options->mapped != 0;
        *out = new robo_handle(wanted, options->data);
    });
}

robo_status robo_generate(robo_handle *handle, const robo_request *request, robo_answer *answer,
                          robo_error *error) {
    return guarded(error, [&] {
        check_size(request, "request");
        check_size(answer, "answer");
        if (!handle) throw Error(ROBO_ARGUMENT, "handle is NULL");
        answer->code = nullptr;
        answer->length = 0;
        const std::unique_lock<std::mutex> lock(handle->busy, std::try_to_lock);
        if (!lock) throw Error(ROBO_BUSY, "this handle is generating; wait for it, or cancel it");
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
        const robo::Decoded done = handle->generator.generate(asked, handle->cancelled, answer->stats);
        answer->code = static_cast<char *>(std::malloc(done.code.size() + 1));
        if (!answer->code) throw std::bad_alloc();
        std::memcpy(answer->code, done.code.c_str(), done.code.size() + 1);
        answer->length = done.code.size();
        answer->stopped = done.stopped;
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

robo_status robo_free(robo_handle *handle) {
    if (!handle) return ROBO_OK;
    {
        const std::unique_lock<std::mutex> lock(handle->busy, std::try_to_lock);
        if (!lock) return ROBO_BUSY;
    }
    delete handle;
    return ROBO_OK;
}

}  // extern "C"
