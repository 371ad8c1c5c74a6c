#include "check.h"

#include "error.h"
#include "utf8.h"

namespace robo {

namespace {

constexpr long long unknown_type = 2, control_type = 3, byte_type = 6, least_type = 1, most_type = 6;
constexpr long long most_layers = 256;  // llama.cpp ends the process at more than 512
constexpr long long large = 1 << 24;
constexpr uint32_t f32_type = 0;

[[noreturn]] void refuse(const std::string &why) {
    throw Error(ROBO_MODEL, "the model file: " + why + "; export it again with: ./justw export gguf");
}

long long size(const Header &header, const std::string &name) {
    const long long *value = header.get<long long>("llama." + name);
    if (!value || *value <= 0 || *value >= large) refuse("llama." + name + " is no positive number");
    return *value;
}

void check_decimal(const Header &header, const std::string &name, bool needed) {
    if (!needed && !header.find(name)) return;
    const double *value = header.get<double>(name);
    if (!value || !(*value > 0 && *value < 1e9)) refuse(name + " is no positive number");
}

/// Sizes of the model's parts.
struct Sizes {
    long long width, feed_forward, layers, heads, kv_heads, head;
};

Sizes check_sizes(const Header &header) {
    size(header, "context_length");
    Sizes s{};
    s.width = size(header, "embedding_length");
    s.layers = size(header, "block_count");
    s.feed_forward = size(header, "feed_forward_length");
    s.heads = size(header, "attention.head_count");
    check_decimal(header, "llama.attention.layer_norm_rms_epsilon", true);
    check_decimal(header, "llama.rope.freq_base", false);
    if (s.layers > most_layers) refuse("it has more than " + std::to_string(most_layers) + " layers");
    s.kv_heads =
        header.find("llama.attention.head_count_kv") ? size(header, "attention.head_count_kv") : s.heads;
    const bool told = header.find("llama.attention.key_length") != nullptr;
    if ((!told && s.width % s.heads) || s.heads % s.kv_heads)
        refuse("its attention heads do not fit its width");
    s.head = told ? size(header, "attention.key_length") : s.width / s.heads;
    return s;
}

/// Each tensor the sizes call for is there, in the shape they call for (inputs first), and no other; of a
/// type that can be multiplied: llama.cpp ends the process on norms that are not decimal numbers.
void check_tensors(const Header &header, const Sizes &s, uint64_t vocabulary) {
    using Shape = std::vector<uint64_t>;
    const auto n = [](long long value) { return static_cast<uint64_t>(value); };
    const uint64_t width = n(s.width), ff = n(s.feed_forward);
    const uint64_t q = n(s.head * s.heads), kv = n(s.head * s.kv_heads);
    size_t checked = 0;
    const auto check = [&](const std::string &name, const Shape &shape) {
        const auto found = header.tensors.find(name + ".weight");
        if (found == header.tensors.end() || found->second.shape != shape)
            refuse("tensor " + name + ".weight is missing or has another shape");
        const Format *format = format_of(found->second.type);
        const bool norm = shape.size() == 1;
        if (!format || shape[0] % format->weights || (norm && found->second.type != f32_type))
            refuse("tensor " + name + ".weight has a type that its shape cannot have");
        checked++;
    };
    check("token_embd", {width, vocabulary});
    check("output_norm", {width});
    if (header.tensors.count("output.weight")) check("output", {width, vocabulary});
    for (long long layer = 0; layer < s.layers; layer++) {
        const std::string at = "blk." + std::to_string(layer) + ".";
        check(at + "attn_norm", {width});
        check(at + "attn_q", {width, q});
        check(at + "attn_k", {width, kv});
        check(at + "attn_v", {width, kv});
        check(at + "attn_output", {q, width});
        check(at + "ffn_norm", {width});
        check(at + "ffn_gate", {width, ff});
        check(at + "ffn_up", {width, ff});
        check(at + "ffn_down", {ff, width});
    }
    if (checked != header.tensors.size()) refuse("it has tensors that no model of ours has");
}

/// The control tokens have their ids and are typed CONTROL, or user text could produce one. llama.cpp ends
/// the process on tokens that are not distinct, and on a missing byte token.
uint64_t check_tokens(const Header &header, const std::vector<std::string> &controls) {
    if (const std::string *kind = header.get<std::string>("tokenizer.ggml.model"); !kind || *kind != "llama")
        refuse("it has another tokenizer than SentencePiece's");
    const auto *tokens = header.get<std::vector<std::string_view>>("tokenizer.ggml.tokens");
    const auto *scores = header.get<std::vector<double>>("tokenizer.ggml.scores");
    const auto *types = header.get<std::vector<long long>>("tokenizer.ggml.token_type");
    if (!tokens || !scores || !types || tokens->size() != scores->size() || tokens->size() != types->size())
        refuse("it holds no tokens, scores and types of one length");
    if (tokens->size() < controls.size()) refuse("its vocabulary is smaller than the control tokens");
    std::map<std::string_view, size_t> ids;
    for (size_t i = 0; i < tokens->size(); i++) {
        const std::string_view token = (*tokens)[i];
        if (token.empty() || token.find('\0') != token.npos || whole_characters(token).used != token.size())
            refuse("a token is empty or no text");
        if ((*types)[i] < least_type || (*types)[i] > most_type) refuse("a token has an unknown type");
        if (!ids.emplace(token, i).second) refuse("a token occurs twice");
    }
    for (size_t i = 0; i < controls.size(); i++) {
        if ((*tokens)[i] != controls[i])
            refuse("token " + std::to_string(i) + " is not " + controls[i] +
                   ": this model has other control tokens");
        const bool unknown = (*types)[i] == unknown_type && controls[i] == "<unk>";
        if ((*types)[i] != control_type && !unknown) refuse("a control token could stand in a prompt's text");
    }
    constexpr char digits[] = "0123456789ABCDEF";
    for (unsigned byte = 0; byte < 256; byte++) {
        const std::string text = {'<', '0', 'x', digits[byte >> 4], digits[byte & 15], '>'};
        const auto found = ids.find(text);
        if (found == ids.end() || (*types)[found->second] != byte_type)
            refuse("the byte token " + text + " is missing");
    }
    const std::pair<std::string, std::string> wanted[] = {{"eos", "<eos>"}, {"eot", "[/CODE]"}};
    for (const auto &[key, text] : wanted) {
        const long long *id = header.get<long long>("tokenizer.ggml." + key + "_token_id");
        const auto found = ids.find(text);
        if (!id || found == ids.end() || static_cast<uint64_t>(*id) != found->second)
            refuse("tokenizer.ggml." + key + "_token_id is not that of " + text);
    }
    return tokens->size();
}

}  // namespace

void check_model(const Header &header, const std::vector<std::string> &controls) {
    const std::string *type = header.get<std::string>("general.type");
    if (type && *type == "adapter") refuse("this is a LoRA adapter, no model");
    const std::string *architecture = header.get<std::string>("general.architecture");
    if (!architecture || *architecture != "llama") refuse("another architecture than 'llama'");
    const Sizes sizes = check_sizes(header);
    check_tensors(header, sizes, check_tokens(header, controls));
}

}  // namespace robo
