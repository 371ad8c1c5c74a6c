// robo-bench: prompts in, JSON out. 0: measured; 2: something that the user can mend; 1: anything else.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

#include "mistake.h"
#include "options.h"
#include "others.h"
#include "processors.h"
#include "prompts.h"
#include "protocols.h"
#include "report.h"
#include "variant.h"

namespace {

using namespace bench;

/// Whole or not at all.
void write(const std::string &path, const std::string &text) {
    const std::string target = path.empty() ? "standard output" : path, temporary = path + ".tmp";
    std::FILE *file = path.empty() ? stdout : std::fopen(temporary.c_str(), "wb");
    const auto fail = [&] {
        const std::string why = std::strerror(errno);
        if (!path.empty()) std::remove(temporary.c_str());
        throw Mistake(target + ": cannot be written: " + why);
    };
    if (!file) fail();
    if (std::fwrite(text.data(), 1, text.size(), file) != text.size() || std::fflush(file) != 0) fail();
    if (path.empty()) return;
    if (std::fclose(file) != 0 || std::rename(temporary.c_str(), path.c_str()) != 0) fail();
}

void run(int argc, char **argv) {
    const Options options = read_options(argc, argv);
    become_best_variant(argv, options.variant);
    if (options.describe) return write(options.output, description());
    const std::vector<Prompt> prompts = read_prompts(options.prompts);
    if (!options.cpus.empty()) keep_to(processors(options.cpus));
    const std::vector<File> files{File::of(options.model), File::of(options.data), File::of(options.prompts)};
    const Moment before = Moment::now();
    const Others others;
    const Results results = measure(options, prompts);
    write(options.output, report(options, prompts, files, before, others, results));
}

}  // namespace

int main(int argc, char **argv) {
    try {
        run(argc, argv);
        return 0;
    } catch (const Mistake &e) {
        std::fprintf(stderr, "error: %s\n", e.what());
        return 2;
    } catch (const std::exception &e) {
        std::fprintf(stderr, "error: %s\n", e.what());
        return 1;
    }
}
