// Loading a model and its adapters into llama.cpp, and letting go of them.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "abort.h"
#include "engine.h"
#include "error.h"

namespace robo {

namespace {

// Tokens: fewer take less memory for what is computed between, and give the same scores.
constexpr int32_t computed_at_once = 128;
constexpr int64_t most_context = 8192;  // bounds the memory a foreign header can ask for

thread_local char first_error[256] = "";

void on_log(ggml_log_level level, const char *text, void *) {
    if (level == GGML_LOG_LEVEL_ERROR && !*first_error)
        std::snprintf(first_error, sizeof first_error, "%s", text);
}

/// llama.cpp prints what it does unless it is told not to, which it can be for the whole process alone.
void initialise() {
    static std::once_flag once;
    std::call_once(once, [] {
        llama_log_set(on_log, nullptr);
        llama_backend_init();
    });
}

/// Asked once: llama.cpp writes what it knows of the processor into a string that all threads share.
bool has_amx() {
    static const bool found = std::strstr(llama_print_system_info(), "AMX_INT8 = 1") != nullptr;
    return found;
}

/// What llama.cpp said first, why it did not load a file that seemed well.
[[noreturn]] void refuse(robo_status status, const std::string &name) {
    std::string why = first_error;
    while (!why.empty() && why.back() == '\n') why.pop_back();
    if (why.find("alloc") != why.npos)
        throw Error(ROBO_MEMORY, name + ": out of memory in llama.cpp: " + why);
    throw Error(status, name + ": llama.cpp refuses it: " + why);
}

}  // namespace

Engine::Engine(const Source &model, const Options &options, const std::vector<std::string> &controls) {
    int64_t trained = 0;
    {
        std::string room;
        const Header header = read_header(model.content(room));
        check_model(header, controls);
        for (const auto &[name, tensor] : header.tensors) shapes_[name] = tensor.shape;
        drafts_ = Drafts(header);
        trained = std::min<int64_t>(*header.get<long long>("llama.context_length"), most_context);
    }
    for (size_t i = 0; i < controls.size(); i++) ids_[controls[i]] = static_cast<int32_t>(i);
    ends_ = {ids_.at("[/CODE]"), ids_.at("<eos>")};
    if (options.context < 0) throw Error(ROBO_ARGUMENT, "context is less than nought");
    n_ctx_ = static_cast<int32_t>(options.context ? std::min<int64_t>(options.context, trained) : trained);
    try {
        load(model, options);
    } catch (...) {
        release();
        throw;
    }
}

Engine::~Engine() { release(); }

void Engine::release() {
    if (given_up_) return;
    if (ahead_.token) llama_batch_free(ahead_);
    if (context_) llama_free(context_);
    if (model_) llama_model_free(model_);  // and its adapters
    ahead_ = {};
    context_ = nullptr;
    model_ = nullptr;
}

void Engine::load(const Source &model, const Options &options) {
    initialise();
    llama_model_params params = llama_model_default_params();
    params.n_gpu_layers = 0;
    // Read unless told otherwise: a mapped file that shrinks under us is a bus error.
    params.load_mode = options.mapped ? LLAMA_LOAD_MODE_MMAP : LLAMA_LOAD_MODE_NONE;
    // ggml 0.25 lays Q4_0 weights out for AMX and then reads past them with rows as short as ours.
    if (has_amx()) params.use_extra_bufts = false;
    *first_error = '\0';
    if (model.in_memory()) {
        std::string none;
        const std::string_view content = model.content(none);
        model_ = llama_model_load_from_file_ptr(open_content(content).get(), params);
    } else {
        model_ = llama_model_load_from_file(model.path(), params);
    }
    if (!model_) refuse(ROBO_MODEL, model.name());
    vocab_ = llama_model_get_vocab(model_);
    n_vocab_ = llama_vocab_n_tokens(vocab_);
    llama_context_params wanted = llama_context_default_params();
    wanted.n_ctx = static_cast<uint32_t>(n_ctx_);
    wanted.n_batch = batch_size;
    wanted.n_ubatch = computed_at_once;
    wanted.n_threads = wanted.n_threads_batch = options.threads;
    wanted.no_perf = true;
    context_ = llama_init_from_model(model_, wanted);
    if (!context_)
        throw Error(ROBO_MEMORY,
                    "no memory for a context of " + std::to_string(n_ctx_) + " tokens; use a smaller one");
    memory_ = llama_get_memory(context_);
    ahead_ = llama_batch_init(most_ahead + 1, 0, 1);
    for (int32_t i = 0; i <= most_ahead; i++) {
        ahead_.n_seq_id[i] = 1;
        ahead_.seq_id[i][0] = 0;
        ahead_.logits[i] = 1;
    }
    for (int32_t token = 0; token < n_vocab_; token++) pieces_.push_back(read_piece(token));
}

void Engine::set_adapter(const Source &adapter, float scale) {
    std::string room;
    const std::string_view content = adapter.content(room);
    check_adapter(read_header(content, ROBO_ADAPTER, "adapter"), shapes_);
    *first_error = '\0';
    llama_adapter_lora *made = llama_adapter_lora_init_from_file_ptr(model_, open_content(content).get());
    if (!made) refuse(ROBO_ADAPTER, adapter.name());
    try {
        use_adapter(made, scale);
        feed({ids_.at("<bos>"), ids_.at("[CODE]")});  // there is memory for it, and it gives scores
        reset();
    } catch (const Aborted &) {
        throw;
    } catch (const std::exception &e) {
        use_adapter(adapter_, scale_);
        llama_adapter_lora_free(made);
        const auto *error = dynamic_cast<const Error *>(&e);
        if (!error || error->status != ROBO_MODEL) throw;
        throw Error(ROBO_ADAPTER,
                    adapter.name() + ": with it the model gives no finite scores; train it again");
    }
    std::swap(adapter_, made);
    scale_ = scale;
    if (made) llama_adapter_lora_free(made);
}

void Engine::remove_adapter() {
    use_adapter(nullptr, 0);
    if (adapter_) llama_adapter_lora_free(adapter_);
    adapter_ = nullptr;
}

void Engine::use_adapter(llama_adapter_lora *adapter, float scale) {
    reset();
    llama_set_adapters_lora(context_, &adapter, adapter ? 1 : 0, &scale);
}

std::string Engine::read_piece(int32_t token) const {
    if (token < n_control) return "";
    std::string buffer(64, '\0');
    const auto read = [&] {
        return llama_token_to_piece(vocab_, token, buffer.data(), static_cast<int32_t>(buffer.size()), 0,
                                    false);
    };
    int32_t n = read();
    if (n < 0) {
        buffer.resize(static_cast<size_t>(-n));
        n = read();
    }
    return buffer.substr(0, static_cast<size_t>(std::max(n, 0)));  // no longer than it is
}

}  // namespace robo
