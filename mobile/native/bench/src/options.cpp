#include "options.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>

#include "mistake.h"
#include "robo.h"

namespace bench {

namespace {

constexpr const char *usage = R"(robo-bench: how fast a model writes programs on this device; prints JSON.

    robo-bench --model FILE.gguf --data FILE.robo --prompts FILE [options]

    --model FILE         a GGUF file
    --data FILE          made by `robo native-data`
    --prompts FILE       a prompt a line, or JSON lines ({"prompt", "id", "lang", "hardware", "system"}) in *.jsonl
    --protocol LIST      of cold, warm, sustained (default: all)
    --threads N          default 1
    --cpus LIST          run on these processors alone: 0-3,5 or big or little
    --runs N             warm: times that every prompt is asked (5)
    --loads N            cold: times that the model is loaded from storage, and warm from memory (5)
    --sustained-runs N   programs in a row (20)
    --cool-down SECONDS  wait before a protocol until it is as cool as at the start, at most so long (0)
    --context N          tokens of prompt and program (0: the model's limit)
    --max-tokens N       of a program (0: what the context leaves)
    --unconstrained      follow no grammar
    --read               read the model into memory; otherwise the file is mapped
    --with-code          the programs themselves, not their SHA-256 alone
    --variant NAME       run this variant of the program, and no other
    --output FILE        default: standard output
    --describe           only say what this device is and which variant it runs
    --version, --help
)";

int whole(const std::string &option, const std::string &text, int least, int most) {
    char *end = nullptr;
    errno = 0;
    const long value = std::strtol(text.c_str(), &end, 10);
    if (text.empty() || *end || errno || value < least || value > most)
        throw Mistake(option + " is \"" + text + "\", expected a whole number from " + std::to_string(least) +
                      " to " + std::to_string(most));
    return static_cast<int>(value);
}

std::vector<std::string> protocols(const std::string &text) {
    static const std::vector<std::string> known{"cold", "warm", "sustained"};
    std::vector<std::string> found;
    for (size_t at = 0; at <= text.size();) {
        const size_t end = std::min(text.find(',', at), text.size());
        const std::string name = text.substr(at, end - at);
        if (std::find(known.begin(), known.end(), name) == known.end() ||
            std::find(found.begin(), found.end(), name) != found.end())
            throw Mistake("--protocol has \"" + name + "\", expected cold, warm or sustained, each once");
        found.push_back(name);
        at = end + 1;
    }
    return found;
}

}  // namespace

Options read_options(int argc, char **argv) {
    Options o;
    const auto text = [](std::string &to) { return [&to](const std::string &, const std::string &v) { to = v; }; };
    const auto number = [](int &to, int least, int most) {
        return [&to, least, most](const std::string &k, const std::string &v) { to = whole(k, v, least, most); };
    };
    const std::map<std::string, std::function<void(const std::string &, const std::string &)>> valued{
        {"--model", text(o.model)},
        {"--data", text(o.data)},
        {"--prompts", text(o.prompts)},
        {"--output", text(o.output)},
        {"--cpus", text(o.cpus)},
        {"--variant", text(o.variant)},
        {"--threads", number(o.threads, 1, 512)},
        {"--runs", number(o.runs, 1, 10000)},
        {"--loads", number(o.loads, 1, 1000)},
        {"--sustained-runs", number(o.sustained_runs, 1, 10000)},
        {"--context", number(o.context, 0, 1 << 20)},
        {"--max-tokens", number(o.max_tokens, 0, 1 << 20)},
        {"--protocol", [&](const std::string &, const std::string &v) { o.protocols = protocols(v); }},
        {"--cool-down",
         [&](const std::string &k, const std::string &v) { o.cool_down_s = whole(k, v, 0, 3600); }},
    };
    const std::map<std::string, std::function<void()>> flags{
        {"--read", [&] { o.mapped = false; }},
        {"--unconstrained", [&] { o.constrained = false; }},
        {"--with-code", [&] { o.with_code = true; }},
        {"--describe", [&] { o.describe = true; }},
        {"--help", [] { std::fputs(usage, stdout), std::exit(0); }},
        {"--version", [] { std::printf("robo-bench %s (%s)\n", robo_version(), ROBO_BENCH_VARIANT), std::exit(0); }},
    };
    for (int i = 1; i < argc; i++) {
        const std::string given = argv[i];
        if (const auto flag = flags.find(given); flag != flags.end()) {
            flag->second();
        } else if (const auto option = valued.find(given); option != valued.end()) {
            if (++i == argc) throw Mistake(given + " needs a value");
            option->second(given, argv[i]);
        } else {
            throw Mistake("unknown option " + given + "; see --help");
        }
    }
    if (!o.describe && (o.model.empty() || o.data.empty() || o.prompts.empty()))
        throw Mistake("--model, --data and --prompts are needed; see --help");
    return o;
}

}  // namespace bench
