#include "processors.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>

#include "mistake.h"
#include "system.h"

namespace bench {

namespace {

std::string folder_of(int cpu) { return "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/"; }

double highest_hz(int cpu) {
    return number_of(folder_of(cpu) + "cpufreq/cpuinfo_max_freq").value_or(0) * 1000;
}

/// How fast one is against the others: its capacity where the kernel knows it, else its highest frequency.
double strength(int cpu) {
    return number_of(folder_of(cpu) + "cpu_capacity").value_or(highest_hz(cpu));
}

int count() { return static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_CONF))); }

/// /proc/cpuinfo's fields of a core, or those that stand for all, by name.
std::vector<std::map<std::string, std::string>> cpuinfo() {
    std::vector<std::map<std::string, std::string>> blocks(1);
    for (const std::string &line : lines_of("/proc/cpuinfo")) {
        const size_t colon = line.find(':');
        if (colon == line.npos) {
            if (!blocks.back().empty()) blocks.emplace_back();
            continue;
        }
        const std::string key = line.substr(0, line.find_last_not_of(" \t", colon - 1) + 1);
        const size_t start = line.find_first_not_of(" \t", colon + 1);
        blocks.back()[key] = start == line.npos ? "" : line.substr(start);
    }
    if (blocks.back().empty()) blocks.pop_back();
    return blocks;
}

std::string first(const std::vector<std::map<std::string, std::string>> &blocks, const std::string &key) {
    for (const auto &block : blocks)
        if (const auto found = block.find(key); found != block.end()) return found->second;
    return "";
}

}  // namespace

std::vector<int> processors(const std::string &text) {
    std::vector<int> all = allowed_processors();
    if (text.empty()) return all;
    if (text == "big" || text == "little") {
        const auto weaker = [](int a, int b) { return strength(a) < strength(b); };
        const auto [least, most] = std::minmax_element(all.begin(), all.end(), weaker);
        const double wanted = strength(text == "big" ? *most : *least);
        all.erase(std::remove_if(all.begin(), all.end(), [&](int cpu) { return strength(cpu) != wanted; }), all.end());
        return all;
    }
    std::vector<int> found;
    const auto bad = [&](const std::string &why) {
        return Mistake("--cpus " + text + ": " + why + "; expected big, little, or numbers such as 0-3,5");
    };
    const char *at = text.c_str();
    while (true) {
        char *end = nullptr;
        const long low = std::strtol(at, &end, 10);
        if (end == at) throw bad("no number");
        long high = low;
        if (*end == '-') {
            at = end + 1;
            high = std::strtol(at, &end, 10);
            if (end == at) throw bad("no number");
        }
        if (low < 0 || high < low || high >= count())
            throw bad("this device has the processors 0 to " + std::to_string(count() - 1));
        for (long cpu = low; cpu <= high; cpu++) found.push_back(static_cast<int>(cpu));
        if (*end == '\0') return found;
        if (*end != ',') throw bad(std::string("\"") + *end + "\" is unexpected");
        at = end + 1;
    }
}

void keep_to(const std::vector<int> &cpus) {
    cpu_set_t set;
    CPU_ZERO(&set);
    for (const int cpu : cpus) CPU_SET(static_cast<size_t>(cpu), &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        throw Mistake(std::string("--cpus: the system does not let this program choose them: ") + std::strerror(errno));
}

std::vector<int> allowed_processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    std::vector<int> cpus;
    if (sched_getaffinity(0, sizeof set, &set) != 0) CPU_ZERO(&set);
    for (int cpu = 0; cpu < std::min(count(), CPU_SETSIZE); cpu++)
        if (CPU_ISSET(static_cast<size_t>(cpu), &set)) cpus.push_back(cpu);
    if (cpus.empty()) cpus.push_back(0);
    return cpus;
}

double frequency(const std::vector<int> &cpus) {
    double highest = 0;
    for (const int cpu : cpus)
        highest = std::max(highest, number_of(folder_of(cpu) + "cpufreq/scaling_cur_freq").value_or(0) * 1000);
    return highest;
}

void write_device(Json &json) {
    const auto blocks = cpuinfo();
    utsname system{};
    uname(&system);
    json.object("device", [&] {
        // Raspberry Pi and other boards tell their name in the device tree.
        const std::string tree = line_of("/proc/device-tree/model").value_or(first(blocks, "Model"));
        json.field("model", tree.empty() ? first(blocks, "Hardware") : tree);
        json.field("cpu", first(blocks, "model name"));
        const std::string arm = first(blocks, "Features"), intel = first(blocks, "flags");
        json.field("features", arm.empty() ? intel : arm);
        json.field("arch", system.machine);
        json.field("kernel", std::string(system.sysname) + " " + system.release);
        json.field("cores", count());
        json.array("parts", [&] {
            for (const auto &block : blocks) {
                const auto part = block.find("CPU part");
                if (part == block.end()) continue;
                json.object([&] {
                    const auto maker = block.find("CPU implementer"), number = block.find("processor");
                    json.field("implementer", maker == block.end() ? "" : maker->second);
                    json.field("part", part->second);
                    const int cpu = number == block.end() ? 0 : std::atoi(number->second.c_str());
                    json.field("processor", cpu);
                    json.field("max_hz", highest_hz(cpu));
                });
            }
        });
        json.field("memory_bytes", kilobytes_of("/proc/meminfo", "MemTotal:"));
        json.field("memory_available_bytes", kilobytes_of("/proc/meminfo", "MemAvailable:"));
    });
}

}  // namespace bench
