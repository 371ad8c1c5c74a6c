#include "core.h"

#include <sys/resource.h>

#include <chrono>

#include "mistake.h"

namespace bench {

namespace {

const char *text(const std::string &given) { return given.empty() ? nullptr : given.c_str(); }

double seconds(const timeval &time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

template <class Struct>
Struct sized() {
    Struct made{};
    made.struct_size = sizeof made;
    return made;
}

}  // namespace

double now_s() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double cpu_s() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Core::Core(const Options &options) {
    auto wanted = sized<robo_options>();
    wanted.threads = options.threads;
    wanted.context = options.context;
    wanted.mapped = options.mapped;
    wanted.model = options.model.c_str();
    wanted.data = options.data.c_str();
    auto error = sized<robo_error>();
    robo_handle *handle = nullptr;
    if (robo_load(&wanted, &handle, &error) != ROBO_OK) throw Mistake(error.message);
    handle_.reset(handle);
}

Answer Core::ask(const Prompt &prompt, const Options &options) {
    auto asked = sized<robo_request>();
    asked.prompt = prompt.prompt.c_str();
    asked.system = text(prompt.system);
    asked.lang = text(prompt.lang);
    asked.hardware = text(prompt.hardware);
    asked.max_tokens = options.max_tokens;
    asked.unconstrained = !options.constrained;
    auto answer = sized<robo_answer>();
    auto error = sized<robo_error>();
    const double start = now_s(), cpu_start = cpu_s();
    if (robo_generate(handle_.get(), &asked, &answer, &error) != ROBO_OK)
        throw Mistake("prompt " + prompt.id + ": " + error.message);
    Answer made;
    made.program_s = now_s() - start;
    made.cpu_s = cpu_s() - cpu_start;
    made.code.assign(answer.code, answer.length);
    made.stats = answer.stats;
    made.stopped = answer.stopped;
    robo_answer_free(&answer);
    return made;
}

const char *stop_name(int stopped) {
    switch (stopped) {
        case ROBO_STOP_END: return "end";
        case ROBO_STOP_SOFT: return "soft_budget";
        case ROBO_STOP_HARD: return "hard_budget";
        case ROBO_STOP_CANCELLED: return "cancelled";
        case ROBO_STOP_DEAD_END: return "dead_end";
        default: return "unknown";
    }
}

}  // namespace bench
