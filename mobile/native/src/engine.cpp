#include "engine.h"

#include <algorithm>
#include <cmath>

#include "error.h"

namespace robo {

namespace {

int32_t size_of(const Tokens &tokens) { return static_cast<int32_t>(tokens.size()); }

}  // namespace

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
