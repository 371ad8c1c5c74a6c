#include "system.h"

#include <dirent.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <memory>

namespace bench {

namespace {

std::string at_root(const std::string &path) {
    const char *root = std::getenv("ROBO_BENCH_ROOT");
    return root ? root + path : path;
}

}  // namespace

std::vector<std::string> lines_of(const std::string &path) {
    std::ifstream file(at_root(path));
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

std::optional<std::string> line_of(const std::string &path) {
    std::ifstream file(at_root(path));
    std::string line;
    if (!std::getline(file, line)) return std::nullopt;
    while (!line.empty() && (line.back() == '\0' || line.back() == ' ')) line.pop_back();
    return line;
}

std::optional<double> number_of(const std::string &path) {
    const std::optional<std::string> line = line_of(path);
    if (!line) return std::nullopt;
    char *end = nullptr;
    const double value = std::strtod(line->c_str(), &end);
    return end == line->c_str() ? std::nullopt : std::optional<double>(value);
}

std::vector<std::string> names_in(const std::string &folder, const std::string &beginning) {
    std::vector<std::string> names;
    const std::unique_ptr<DIR, int (*)(DIR *)> dir(opendir(at_root(folder).c_str()), closedir);
    if (!dir) return names;
    while (const dirent *entry = readdir(dir.get())) {
        const std::string name = entry->d_name;
        if (name[0] != '.' && name.compare(0, beginning.size(), beginning) == 0) names.push_back(name);
    }
    std::sort(names.begin(), names.end(), [](const std::string &a, const std::string &b) {
        return a.size() != b.size() ? a.size() < b.size() : a < b;
    });
    return names;
}

int64_t kilobytes_of(const std::string &path, const std::string &key) {
    for (const std::string &line : lines_of(path))
        if (line.compare(0, key.size(), key) == 0) return std::strtoll(line.c_str() + key.size(), nullptr, 10) * 1024;
    return 0;
}

}  // namespace bench
