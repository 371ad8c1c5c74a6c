#include "abort.h"

#include <mutex>
#include <string_view>

#include "ggml.h"

namespace robo {

namespace {

thread_local int guards = 0;

void on_abort(const char *message) {
    if (!guards) return;
    const std::string_view said = message;  // "/a/path/ggml.c:1: GGML_ASSERT(...) failed"
    if (said.find("mem_buffer") != said.npos) throw Aborted(ROBO_MEMORY, "out of memory in llama.cpp");
    const size_t path = said.substr(0, said.find(": ")).find_last_of("/\\");
    throw Aborted(ROBO_ENGINE,
                  "llama.cpp could not go on: " + std::string(said.substr(path == said.npos ? 0 : path + 1)));
}

}  // namespace

AbortGuard::AbortGuard() {
    static std::once_flag once;
    std::call_once(once, [] { ggml_set_abort_callback(on_abort); });
    guards++;
}

AbortGuard::~AbortGuard() { guards--; }

}  // namespace robo
