#include "variant.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "mistake.h"
#include "system.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace bench {

namespace {

/// This program's own file, whose siblings have its name and a suffix.
std::string own_path() {
    char path[4096];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    return length > 0 ? std::string(path, static_cast<size_t>(length)) : std::string();
}

}  // namespace

std::string best_variant() {
#if defined(__aarch64__) && defined(__linux__)
    // What every core has, as the kernel sees it (asimddp and i8mm of /proc/cpuinfo).
    constexpr unsigned long dotprod = 1UL << 20, i8mm = 1UL << 13;
    if (!(getauxval(AT_HWCAP) & dotprod)) return "plain";
    return getauxval(AT_HWCAP2) & i8mm ? "i8mm" : "dotprod";
#elif defined(__x86_64__)
    for (const std::string &line : lines_of("/proc/cpuinfo")) {
        if (line.compare(0, 5, "flags") != 0) continue;
        const std::string flags = line + ' ';
        for (const char *needed : {" avx2 ", " fma ", " f16c ", " bmi1 ", " bmi2 "})
            if (flags.find(needed) == flags.npos) return "v2";
        return "v3";
    }
    return "v2";
#else
    return ROBO_BENCH_BASE;
#endif
}

void become_best_variant(char **argv, const std::string &wanted) {
    const std::string mine = ROBO_BENCH_VARIANT, base = ROBO_BENCH_BASE;
    const std::string best = wanted.empty() ? best_variant() : wanted;
    if (mine == best || mine != base) {
        if (mine != best && !wanted.empty())
            throw Mistake("--variant " + wanted + ": this program is the variant " + mine + "; start robo-bench");
        return;
    }
    const std::string path = own_path() + "-" + best;
    execv(path.c_str(), argv);
    if (!wanted.empty()) throw Mistake("--variant " + wanted + ": " + path + ": " + std::strerror(errno));
}

}  // namespace bench
