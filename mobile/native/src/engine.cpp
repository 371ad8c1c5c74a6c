#include "engine.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <mutex>

#include "abort.h"
#include "error.h"

namespace robo {

namespace {

constexpr int32_t most_ahead = 8;       // most guesses in one batch
constexpr int32_t batch_size = 512;     // tokens per llama_decode; a longer one would abort
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

/// What llama.cpp said first, why it did not load a file that seemed well.
[[noreturn]] void refuse(robo_status status, const std::string &name) {
    std::string why = first_error;
    while (!why.empty() && why.back() == '\n') why.pop_back();
    if (why.find("alloc") != why.npos)
        throw Error(ROBO_MEMORY, name + ": out of memory in llama.cpp: " + why);
    throw Error(status, name + ": llama.cpp refuses it: " + why);
}

int32_t size_of(const Tokens &tokens) { return static_cast<int32_t>(tokens.size()); }

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
    if (std::strstr(llama_print_system_info(), "AMX_INT8 = 1")) params.use_extra_bufts = false;
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
    wanted.n_batch = wanted.n_ubatch = batch_size;
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
        throw Error(ROBO_ADAPTER, adapter.name() + ": with it the model gives no finite scores; train it again");
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
    buffer.resize(static_cast<size_t>(std::max(n, 0)));
    return buffer;
}

Tokens Engine::encode(const std::vector<Part> &parts, size_t from, size_t to) const {
    Tokens made;
    for (size_t i = from; i < to; i++) {
        if (parts[i].control) {
            made.push_back(ids_.at(parts[i].text));
            continue;
        }
        const Tokens more = encode_text(parts[i].text);
        made.insert(made.end(), more.begin(), more.end());
    }
    return made;
}

Tokens Engine::encode_text(std::string_view text) const {
    if (text.size() > 1 << 24)
        throw Error(ROBO_TOO_LONG, "a text of more than 16 MiB cannot be encoded; shorten it");
    Tokens made(text.size() + 1);
    const auto tokenize = [&] {
        return llama_tokenize(vocab_, text.data(), static_cast<int32_t>(text.size()), made.data(),
                              size_of(made), false, false);
    };
    int32_t n = tokenize();
    if (n < 0 && n > -(1 << 26)) {  // a space is three bytes in there, each a token where it has none
        made.resize(static_cast<size_t>(-n));
        n = tokenize();
    }
    if (n < 0) throw Error(ROBO_ENGINE, "a text cannot be encoded; shorten it");
    made.resize(static_cast<size_t>(n));
    return made;
}

void Engine::reset() {
    llama_memory_clear(memory_, false);
    fed_.clear();
    guessed_.clear();
    at_ = -1;
    kept_ = 0;
    scored_ = false;
}

void Engine::begin(const Tokens &prefix) {
    const size_t n = prefix.size();
    if (n && kept_ == n && fed_.size() >= n && std::equal(prefix.begin(), prefix.end(), fed_.begin())) {
        forget_guesses();
        llama_memory_seq_rm(memory_, 0, static_cast<int32_t>(n), -1);
        fed_.resize(n);
        scored_ = false;
        return;
    }
    reset();
    if (!n) return;
    feed(prefix);  // in a batch of its own, so that a kept state is no other than a new one
    kept_ = n;
}

Tokens Engine::last(size_t n) const {
    return Tokens(fed_.end() - static_cast<std::ptrdiff_t>(std::min(n, fed_.size())), fed_.end());
}

bool Engine::confirm(int32_t token) {
    if (guessed_.empty() || guessed_[0] != token) return false;
    fed_.push_back(token);
    guessed_.erase(guessed_.begin());
    at_++;
    return true;
}

void Engine::feed_ahead(int32_t token, Tokens guesses) {
    const int32_t fitting = std::max(0, std::min(most_ahead, room() - 1));
    if (size_of(guesses) > fitting) guesses.resize(static_cast<size_t>(fitting));
    if (guesses.empty()) {
        feed({token});
        return;
    }
    forget_guesses();
    ahead_.n_tokens = 1 + size_of(guesses);
    for (int32_t i = 0; i < ahead_.n_tokens; i++) {
        ahead_.token[i] = i ? guesses[static_cast<size_t>(i - 1)] : token;
        ahead_.pos[i] = size_of(fed_) + i;
    }
    decode(ahead_);
    fed_.push_back(token);
    guessed_ = std::move(guesses);
    at_ = 0;
}

void Engine::forget_guesses() {
    if (!guessed_.empty()) {
        llama_memory_seq_rm(memory_, 0, size_of(fed_), -1);
        guessed_.clear();
    }
    at_ = -1;
}

void Engine::feed(const Tokens &tokens) {
    forget_guesses();
    if (size_of(tokens) > room())
        throw Error(ROBO_ENGINE, std::to_string(tokens.size()) + " more tokens do not fit the context");
    for (size_t start = 0; start < tokens.size(); start += batch_size) {
        Tokens chunk(tokens.begin() + static_cast<std::ptrdiff_t>(start),
                     tokens.begin() +
                         static_cast<std::ptrdiff_t>(std::min<size_t>(tokens.size(), start + batch_size)));
        decode(llama_batch_get_one(chunk.data(), size_of(chunk)));
        fed_.insert(fed_.end(), chunk.begin(), chunk.end());
    }
    if (tokens.size() < 2) return;
    const float *scores = logits();
    double sum = 0;
    for (int32_t i = 0; i < n_vocab_; i++) sum += static_cast<double>(scores[i]);
    if (!std::isfinite(sum))
        throw Error(ROBO_MODEL, "the model gives no finite scores: its weights are broken, export it again");
}

void Engine::rewind(size_t n) {
    if (n >= fed_.size()) throw Error(ROBO_INTERNAL, "more tokens taken back than there are");
    if (!n) return;
    forget_guesses();
    const size_t kept = fed_.size() - n;
    kept_ = std::min(kept_, kept - 1);
    llama_memory_seq_rm(memory_, 0, static_cast<int32_t>(kept) - 1, -1);
    const int32_t again = fed_[kept - 1];
    fed_.resize(kept - 1);
    feed({again});  // for the scores behind it
}

void Engine::decode(const llama_batch &batch) {
    int32_t status = 0;
    try {
        status = llama_decode(context_, batch);
    } catch (const std::bad_alloc &) {
        throw;
    } catch (const Error &) {
        throw;
    } catch (const std::exception &e) {
        throw Error(ROBO_ENGINE, "llama.cpp could not run the model: " + std::string(e.what()));
    }
    if (status)
        throw Error(ROBO_ENGINE, "llama.cpp could not run the model (status " + std::to_string(status) + ")");
    scored_ = true;
}

int32_t Engine::scores_at() const {
    if (!scored_) throw Error(ROBO_INTERNAL, "there are no scores yet");
    return at_;
}

const float *Engine::logits() const {
    const float *found = llama_get_logits_ith(context_, scores_at());
    if (!found) throw Error(ROBO_ENGINE, "llama.cpp gives no scores");
    return found;
}

}  // namespace robo
