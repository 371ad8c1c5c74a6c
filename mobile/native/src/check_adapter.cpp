#include <cmath>

#include "check.h"
#include "error.h"

namespace robo {

namespace {

constexpr uint32_t f32_type = 0, f16_type = 1;
constexpr uint64_t most_rank = 1024;
constexpr double most_alpha = 1e6;

[[noreturn]] void refuse(const std::string &why) {
    throw Error(ROBO_ADAPTER, "the adapter file: " + why + "; make it again with: robo-convert adapter");
}

bool says(const Header &header, const std::string &key, const char *wanted) {
    const std::string *found = header.get<std::string>(key);
    return found && *found == wanted;
}

}  // namespace

void check_adapter(const Header &header, const Shapes &model) {
    if (!says(header, "general.type", "adapter") || !says(header, "adapter.type", "lora"))
        refuse("this is no LoRA adapter");
    if (!says(header, "general.architecture", "llama"))
        refuse("it belongs to another architecture than 'llama'");
    const double *alpha = header.get<double>("adapter.lora.alpha");
    if (!alpha || !std::isfinite(*alpha) || std::abs(*alpha) > most_alpha)
        refuse("adapter.lora.alpha is no number");
    if (header.find("adapter.alora.invocation_tokens")) refuse("it waits for tokens of its own (aLoRA)");
    if (header.tensors.empty()) refuse("it holds no tensors");
    for (const auto &[name, tensor] : header.tensors) {
        const size_t dot = name.rfind(".lora_");
        const std::string base = name.substr(0, dot);
        const auto matrix = model.find(base);
        if (dot == name.npos || matrix == model.end() || base.compare(0, 4, "blk.") != 0 ||
            matrix->second.size() != 2)
            refuse("its tensor " + name + " belongs to no matrix of this model's layers");
        const std::string first = base + ".lora_a", second = base + ".lora_b";
        if (name != first && name != second)
            refuse("its tensor " + name + " is neither a lora_a nor a lora_b");
        const auto a = header.tensors.find(first), b = header.tensors.find(second);
        if (a == header.tensors.end() || b == header.tensors.end())
            refuse("of the two tensors for " + base + " one is missing");
        if (tensor.type != f32_type && tensor.type != f16_type)
            refuse("its tensor " + name + " is no 32- or 16-bit decimal numbers");
        const std::vector<uint64_t> &down = a->second.shape, &up = b->second.shape;
        const bool fits = down.size() == 2 && up.size() == 2 && down[0] == matrix->second[0] &&
                          up[1] == matrix->second[1] && down[1] == up[0] && down[1] <= most_rank;
        if (!fits) refuse("its tensors for " + base + " have another shape than this model's");
    }
}

}  // namespace robo
