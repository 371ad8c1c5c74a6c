#include "report.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "core.h"
#include "mistake.h"
#include "processors.h"
#include "robo.h"
#include "sha256.h"
#include "summary.h"
#include "system.h"
#include "variant.h"

namespace bench {

namespace {

std::string utc() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

void write_program(Json &json) {
    json.object("program", [&] {
        json.field("version", robo_version());
        json.field("variant", ROBO_BENCH_VARIANT);
        json.field("best_variant", best_variant());
        json.field("llama", ROBO_BENCH_LLAMA);
        json.field("compiler", __VERSION__);
    });
}

void write_settings(Json &json, const Options &options) {
    json.object("settings", [&] {
        json.array("protocols", options.protocols);
        json.field("threads", options.threads);
        json.field("cpus", options.cpus);
        json.array("processors", [&] {
            for (const int cpu : allowed_processors()) json.number(cpu);
        });
        json.field("context", options.context);
        json.field("max_tokens", options.max_tokens);
        json.field("mapped", options.mapped);
        json.field("constrained", options.constrained);
        json.field("runs", options.runs);
        json.field("loads", options.loads);
        json.field("sustained_runs", options.sustained_runs);
        json.field("cool_down_s", options.cool_down_s);
    });
}

void write_file(Json &json, std::string_view name, const File &file) {
    json.object(name, [&] {
        json.field("file", file.name);
        json.field("bytes", file.bytes);
        json.field("sha256", file.sha256);
    });
}

void write_cold(Json &json, const Results &results) {
    json.object("cold", [&] {
        write_summary(json, "load_s", results.cold_load_s);
        write_summary(json, "first_token_s", results.cold_first_token_s);
        write_summary(json, "program_s", results.cold_program_s);
        json.array("still_cached_bytes", results.still_cached_bytes);
    });
}

void write_warm(Json &json, const Results &results) {
    json.object("warm", [&] {
        write_summary(json, "load_s", results.warm_load_s);
        write_summary(json, "first_token_s", results.warm.first_token_s);
        write_summary(json, "prefill_tokens_per_s", results.warm.prefill_tokens_per_s);
        write_summary(json, "decode_tokens_per_s", results.warm.decode_tokens_per_s);
        write_summary(json, "token_s", results.warm.token_s);
        write_summary(json, "program_s", results.warm.program_s);
        write_summary(json, "tokens_100_s", results.warm.tokens_100_s);
        write_summary(json, "cpu_s", results.warm.cpu_s);
    });
}

void write_sustained(Json &json, const Results &results) {
    json.array("sustained", [&] {
        for (const Step &step : results.sustained)
            json.object([&] {
                json.field("at_s", step.at_s);
                json.field("program_s", step.program_s);
                json.field("decode_tokens_per_s", step.decode_tokens_per_s);
                json.field("hz", step.hz);
                if (step.celsius)
                    json.field("celsius", *step.celsius);
                else
                    json.null("celsius");
            });
    });
}

void write_answers(Json &json, const Options &options, const std::vector<Prompt> &prompts, const Results &results) {
    json.array("answers", [&] {
        for (size_t i = 0; i < prompts.size(); i++) {
            const std::optional<Written> &written = results.written[i];
            if (!written) continue;
            json.object([&] {
                json.field("id", prompts[i].id);
                json.field("lang", prompts[i].lang);
                json.field("prompt", prompts[i].prompt);
                json.field("sha256", written->sha256);
                json.field("same_every_time", written->same);
                json.field("bytes", static_cast<uint64_t>(written->answer.code.size()));
                json.field("prompt_tokens", written->answer.stats.prompt_tokens);
                json.field("tokens", written->answer.stats.tokens);
                json.field("refused", written->answer.stats.refused);
                json.field("undone", written->answer.stats.undone);
                json.field("stopped", stop_name(written->answer.stopped));
                if (options.with_code) json.field("code", written->code);
            });
        }
    });
}

}  // namespace

File File::of(const std::string &path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) throw Mistake(path + ": " + std::strerror(errno));
    const size_t slash = path.rfind('/');
    return {slash == path.npos ? path : path.substr(slash + 1), sha256_of_file(path),
            static_cast<uint64_t>(status.st_size)};
}

Moment Moment::now() { return {Heat::now(), number_of("/proc/loadavg").value_or(-1), now_s()}; }

std::string report(const Options &options, const std::vector<Prompt> &prompts, const std::vector<File> &files,
                   const Moment &before, const Others &others, const Results &results) {
    const Moment after = Moment::now();
    const std::optional<double> other_cores = others.cores();
    Json json;
    json.object([&] {
        json.field("kind", "robo-bench-device");
        json.field("schema_version", 1);
        json.field("created", utc());
        json.field("seconds", after.at_s - before.at_s);
        write_program(json);
        write_device(json);
        write_settings(json, options);
        write_file(json, "model", files[0]);
        write_file(json, "data", files[1]);
        write_file(json, "prompts", files[2]);
        for (const std::string &protocol : options.protocols) {
            if (protocol == "cold") write_cold(json, results);
            if (protocol == "warm") write_warm(json, results);
            if (protocol == "sustained") write_sustained(json, results);
        }
        write_answers(json, options, prompts, results);
        json.object("memory", [&] {
            json.field("peak_rss_bytes", results.peak_rss_bytes);
            json.field("anonymous_bytes", results.anonymous_bytes);
            json.field("file_bytes", results.file_bytes);
        });
        before.heat.write(json, "heat_before");
        after.heat.write(json, "heat_after");
        json.array("waited_s", results.waited_s);
        json.array("load_average", {before.load_average, after.load_average});
        if (other_cores)
            json.field("other_cores", *other_cores);
        else
            json.null("other_cores");
    });
    return json.written() + "\n";
}

std::string description() {
    Json json;
    json.object([&] {
        json.field("kind", "robo-bench-device");
        json.field("schema_version", 1);
        write_program(json);
        write_device(json);
        Heat::now().write(json, "heat");
    });
    return json.written() + "\n";
}

}  // namespace bench
