#include "prompts.h"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "json.h"
#include "mistake.h"

namespace bench {

namespace {

Prompt from_json(const std::string &line) {
    std::map<std::string, std::string> texts = read_texts(line);
    if (texts["prompt"].empty()) throw Mistake("\"prompt\" is missing or no text");
    return {texts["id"], texts["prompt"], texts["lang"], texts["hardware"], texts["system"]};
}

}  // namespace

std::vector<Prompt> read_prompts(const std::string &path) {
    std::ifstream file(path);
    if (!file) throw Mistake(path + ": " + std::strerror(errno));
    const std::string ending = ".jsonl";
    const bool json = path.size() >= ending.size() && path.compare(path.size() - ending.size(), 6, ending) == 0;
    std::vector<Prompt> prompts;
    std::string line;
    for (size_t number = 1; std::getline(file, line); number++) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (line.find_first_not_of(" \t") == line.npos) continue;
        try {
            prompts.push_back(json ? from_json(line) : Prompt{"", line, "", "", ""});
        } catch (const Mistake &e) {
            throw Mistake(path + ": line " + std::to_string(number) + ": " + e.what());
        }
        if (prompts.back().id.empty()) prompts.back().id = std::to_string(prompts.size());
    }
    if (prompts.empty()) throw Mistake(path + ": holds no prompt");
    return prompts;
}

}  // namespace bench
