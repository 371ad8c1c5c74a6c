#pragma once

#include <string>
#include <vector>

#include "heat.h"
#include "json.h"
#include "options.h"
#include "others.h"
#include "prompts.h"
#include "protocols.h"

namespace bench {

/// A file as results name it: without its folder, with its size and SHA-256.
struct File {
    std::string name, sha256;
    uint64_t bytes = 0;
    static File of(const std::string &path);  ///< throws Mistake
};

/// What surrounds a run.
struct Moment {
    Heat heat;
    double load_average;  ///< of the last minute; -1 where the system does not tell
    double at_s;
    static Moment now();
};

/// The results as JSON (kind robo-bench-device, schema_version 1; fields in docs/devices.md).
std::string report(const Options &options, const std::vector<Prompt> &prompts, const std::vector<File> &files,
                   const Moment &before, const Others &others, const Results &results);

/// What --describe prints.
std::string description();

}  // namespace bench
