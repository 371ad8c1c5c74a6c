// robo.h as a program: requests on standard input, programs on standard output. For apps without JNI.
//
//   robo-exec MODEL DATA [THREADS]
//
// A message is a line of words, the last ones lengths of texts (UTF-8) that follow it at once.
//   in:   write MAX_TOKENS PROMPT LANG HARDWARE     answered by any number of text, then done or error
//         cancel                                    stop what is being written
//   out:  ready VERSION | text N | done STOPPED PROMPT_TOKENS TOKENS PREFILL_US DECODE_US N | error STATUS N
// The end of the input ends the program, so that it does not outlive the app that started it.
#include <array>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

#include "robo.h"

namespace {

constexpr size_t longest = 1 << 20;

struct Job {
    int32_t max_tokens = 0;
    std::array<std::string, 3> texts;  // prompt, language, hardware
};

void send(const std::string &line, const char *text, size_t length) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fwrite(text, 1, length, stdout);
    std::fflush(stdout);
}

void send_error(int status, const std::string &message) {
    send("error " + std::to_string(status) + " " + std::to_string(message.size()) + "\n", message.data(),
         message.size());
}

void on_text(const char *text, size_t length, void *) {
    send("text " + std::to_string(length) + "\n", text, length);
}

/// One request at a time, handed from the reading thread to the writing one.
class Desk {
  public:
    bool put(Job job) {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (job_ || busy_) return false;
        job_ = std::move(job);
        changed_.notify_one();
        return true;
    }

    void close() {
        const std::lock_guard<std::mutex> lock(mutex_);
        closed_ = true;
        changed_.notify_one();
    }

    std::optional<Job> take() {
        std::unique_lock<std::mutex> lock(mutex_);
        busy_ = false;
        changed_.wait(lock, [this] { return job_ || closed_; });
        if (closed_) return std::nullopt;
        std::optional<Job> job;
        job.swap(job_);
        busy_ = true;
        return job;
    }

    /// The answer is about to be sent: whoever reads it may ask again at once.
    void free() {
        const std::lock_guard<std::mutex> lock(mutex_);
        busy_ = false;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Job> job_;
    bool busy_ = false, closed_ = false;
};

void answer(robo_handle *robo, const Job &job, Desk &desk) {
    robo_request request = {};
    request.struct_size = sizeof request;
    request.prompt = job.texts[0].c_str();
    request.lang = job.texts[1].empty() ? nullptr : job.texts[1].c_str();
    request.hardware = job.texts[2].empty() ? nullptr : job.texts[2].c_str();
    request.max_tokens = job.max_tokens;
    request.on_text = on_text;
    robo_answer made = {};
    made.struct_size = sizeof made;
    robo_error error = {};
    error.struct_size = sizeof error;
    const robo_status status = robo_generate(robo, &request, &made, &error);
    desk.free();
    if (status != ROBO_OK) return send_error(status, error.message);
    const auto micro = [](double seconds) { return static_cast<long long>(seconds * 1e6); };
    std::ostringstream line;
    line << "done " << made.stopped << ' ' << made.stats.prompt_tokens << ' ' << made.stats.tokens << ' '
         << micro(made.stats.prefill_s) << ' ' << micro(made.stats.decode_s) << ' ' << made.length << '\n';
    send(line.str(), made.code, made.length);
    robo_answer_free(&made);
}

/// Read messages until the input ends; false where one is not understood.
bool serve(robo_handle *robo, Desk &desk) {
    for (std::string line; std::getline(std::cin, line);) {
        if (line == "cancel") {
            robo_cancel(robo);
            continue;
        }
        std::istringstream words(line);
        std::string verb;
        Job job;
        std::array<size_t, 3> lengths = {};
        words >> verb >> job.max_tokens >> lengths[0] >> lengths[1] >> lengths[2];
        if (verb != "write" || !words) return false;
        for (size_t i = 0; i < lengths.size(); i++) {
            if (lengths[i] > longest) return false;
            job.texts[i].resize(lengths[i]);
            if (!std::cin.read(job.texts[i].data(), static_cast<std::streamsize>(lengths[i]))) return true;
        }
        if (!desk.put(std::move(job))) send_error(ROBO_BUSY, "a program is being written; wait for it, or cancel it");
    }
    return true;
}

}  // namespace

int main(int count, char **given) {
    if (count < 3 || count > 4) {
        std::fputs("usage: robo-exec MODEL DATA [THREADS]\n", stderr);
        return 2;
    }
    robo_options options = {};
    options.struct_size = sizeof options;
    options.model = given[1];
    options.data = given[2];
    options.threads = count > 3 ? std::atoi(given[3]) : 1;
    options.mapped = 1;
    robo_error error = {};
    error.struct_size = sizeof error;
    robo_handle *robo = nullptr;
    if (const robo_status status = robo_load(&options, &robo, &error); status != ROBO_OK) {
        send_error(status, error.message);
        return 1;
    }
    send(std::string("ready ") + robo_version() + "\n", "", 0);
    Desk desk;
    std::thread writer([&] {
        while (const auto job = desk.take()) answer(robo, *job, desk);
    });
    const bool understood = serve(robo, desk);
    desk.close();
    robo_cancel(robo);
    writer.join();
    robo_free(robo);
    if (!understood) std::fputs("robo-exec: a message that is not understood\n", stderr);
    return understood ? 0 : 2;
}
