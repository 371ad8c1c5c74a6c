#include "protocols.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "heat.h"
#include "page_cache.h"
#include "processors.h"
#include "sha256.h"
#include "system.h"

namespace bench {

namespace {

constexpr double near_degrees = 1, say_every_s = 5;

/// Lines on standard error while something takes long.
class Progress {
 public:
    Progress(std::string what, size_t total) : what_(std::move(what)), total_(total) {}

    void step() {
        done_++;
        const double now = now_s();
        if (now - said_ < say_every_s || done_ == total_) return;
        said_ = now;
        const double left = (now - start_) / static_cast<double>(done_) * static_cast<double>(total_ - done_);
        std::fprintf(stderr, "%s: %zu of %zu, about %.0f s left\n", what_.c_str(), done_, total_, left);
    }

 private:
    std::string what_;
    size_t total_, done_ = 0;
    double start_ = now_s(), said_ = start_;
};

/// Seconds waited until it is nearly as cool as at the start; all of them where no sensor can be read.
double cool_down(const std::optional<double> &start, double most_s) {
    const double begun = now_s();
    while (now_s() - begun < most_s) {
        const std::optional<double> now = temperature();
        if (start && now && *now <= *start + near_degrees) break;
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
    return now_s() - begun;
}

class Run {
 public:
    Run(const Options &options, const std::vector<Prompt> &prompts) : options_(options), prompts_(prompts) {
        results_.written.resize(prompts.size());
    }

    void cold() {
        Progress progress("cold", static_cast<size_t>(options_.loads));
        for (int i = 0; i < options_.loads; i++) {
            const double model = static_cast<double>(drop_from_cache(options_.model));
            const double data = static_cast<double>(drop_from_cache(options_.data));
            results_.still_cached_bytes.push_back(std::min(model, data) < 0 ? -1 : model + data);
            const double start = now_s();
            Core core(options_);
            results_.cold_load_s.push_back(now_s() - start);
            const Answer answer = ask(core, 0);
            results_.cold_first_token_s.push_back(answer.stats.first_token_s);
            results_.cold_program_s.push_back(answer.program_s);
            progress.step();
        }
    }

    void warm() {
        std::optional<Core> core(options_);  // may still read from storage
        for (int i = 0; i < options_.loads; i++) {
            core.reset();
            const double start = now_s();
            core.emplace(options_);
            results_.warm_load_s.push_back(now_s() - start);
        }
        ask(*core, 0);  // what is allocated once
        Progress progress("warm", prompts_.size() * static_cast<size_t>(options_.runs));
        for (int run = 0; run < options_.runs; run++)
            for (size_t i = 0; i < prompts_.size(); i++) {
                results_.warm.add(ask(*core, i));
                progress.step();
            }
    }

    void sustained() {
        Core core(options_);
        const std::vector<int> cpus = allowed_processors();
        const double start = now_s();
        Progress progress("sustained", static_cast<size_t>(options_.sustained_runs));
        for (int i = 0; i < options_.sustained_runs; i++) {
            const double at = now_s() - start;
            const Answer answer = ask(core, 0);
            const double rate = answer.stats.decode_s > 0 ? answer.stats.tokens / answer.stats.decode_s : 0;
            results_.sustained.push_back({at, answer.program_s, rate, frequency(cpus), temperature()});
            progress.step();
        }
    }

    Results results() {
        results_.peak_rss_bytes = kilobytes_of("/proc/self/status", "VmHWM:");
        return results_;
    }

    void wait(const std::optional<double> &start) {
        if (options_.cool_down_s > 0 && begun_) {
            std::fprintf(stderr, "waiting at most %.0f s for the device to cool down\n", options_.cool_down_s);
            results_.waited_s.push_back(cool_down(start, options_.cool_down_s));
        } else {
            results_.waited_s.push_back(0);
        }
        begun_ = true;
    }

 private:
    Answer ask(Core &core, size_t prompt) {
        const Answer answer = core.ask(prompts_[prompt], options_);
        std::optional<Written> &written = results_.written[prompt];
        const std::string sum = sha256(answer.code);
        if (!written)
            written = Written{sum, options_.with_code ? answer.code : "", answer, true};
        else if (written->sha256 != sum)
            written->same = false;
        const std::string status = "/proc/self/status";
        results_.anonymous_bytes = std::max(results_.anonymous_bytes, kilobytes_of(status, "RssAnon:"));
        results_.file_bytes = std::max(results_.file_bytes, kilobytes_of(status, "RssFile:"));
        return answer;
    }

    const Options &options_;
    const std::vector<Prompt> &prompts_;
    Results results_;
    bool begun_ = false;
};

}  // namespace

void Speeds::add(const Answer &answer) {
    const robo_stats &s = answer.stats;
    program_s.push_back(answer.program_s);
    cpu_s.push_back(answer.cpu_s);
    if (!s.tokens || s.decode_s <= 0 || s.prefill_s <= 0) return;
    first_token_s.push_back(s.first_token_s);
    prefill_tokens_per_s.push_back(s.prompt_tokens / s.prefill_s);
    decode_tokens_per_s.push_back(s.tokens / s.decode_s);
    token_s.push_back(answer.token_s());
    tokens_100_s.push_back(s.prefill_s + 100 * answer.token_s());
}

Results measure(const Options &options, const std::vector<Prompt> &prompts) {
    Run run(options, prompts);
    const std::optional<double> start = temperature();
    for (const std::string &protocol : options.protocols) {
        run.wait(start);
        if (protocol == "cold") run.cold();
        if (protocol == "warm") run.warm();
        if (protocol == "sustained") run.sustained();
    }
    return run.results();
}

}  // namespace bench
