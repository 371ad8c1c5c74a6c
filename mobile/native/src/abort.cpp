#include "abort.h"

#include <mutex>

#include "ggml.h"

namespace robo {

namespace {

thread_local int guards = 0;

void on_abort(const char *message) {
    if (guards) throw Aborted("llama.cpp could not go on: " + std::string(message));
}

}  // namespace

AbortGuard::AbortGuard() {
    static std::once_flag once;
    std::call_once(once, [] { ggml_set_abort_callback(on_abort); });
    guards++;
}

AbortGuard::~AbortGuard() { guards--; }

}  // namespace robo
