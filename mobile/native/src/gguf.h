// Reading a GGUF header (engine/gguf.py), to refuse a bad file with a clear sentence before llama.cpp sees
// it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "robo.h"

namespace robo {

/// A value of a file's metadata.
using Metadatum = std::variant<std::monostate, long long, double, bool, std::string, std::vector<long long>,
                               std::vector<double>, std::vector<std::string_view>>;

struct Tensor {
    std::vector<uint64_t> shape;  ///< fastest dimension first, as in the file
    uint32_t type = 0;
    uint64_t offset = 0;  ///< bytes from the start of the data section
};

/// A format of weights: how many stand in a block, and its bytes.
struct Format {
    uint64_t weights, bytes;
};
/// The format of a type; null where llama.cpp is not known to run it.
const Format *format_of(uint32_t type);

/// Everything of a GGUF file but the weights. Strings in lists point into the file's content.
struct Header {
    std::map<std::string, Metadatum> metadata;
    std::map<std::string, Tensor> tensors;

    const Metadatum *find(const std::string &key) const;
    template <class Value>
    const Value *get(const std::string &key) const {
        const Metadatum *found = find(key);
        return found ? std::get_if<Value>(found) : nullptr;
    }
};

/// Parse a file's content; what is wrong is thrown as `status`, of a "model" or an "adapter" file.
Header read_header(std::string_view content, robo_status status = ROBO_MODEL, const char *kind = "model");

}  // namespace robo
