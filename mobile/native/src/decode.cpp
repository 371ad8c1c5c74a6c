#include "decode.h"

#include <algorithm>

#include "error.h"
#include "writing.h"

namespace robo {

namespace {

// Quote before bracket: a string may contain brackets. A name that has no value yet must be given one, and a
// block needs a statement.
constexpr std::string_view closers[] = {"\n",   "\"",   ")",  "]", "}", " = ", ":",
                                        "    ", "pass", ", ", "2", "(", " in "};
constexpr std::string_view once = "\n2";  // or blank lines and digits would go on for ever

/// The token that comes nearest to closing what is open; `token` when none is allowed.
int32_t closing(const Engine &engine, Grammar &grammar, int32_t token, const std::string &text) {
    for (const std::string_view closer : closers) {
        const Tokens ids = engine.encode_text(closer);
        if (ids.empty()) continue;
        const bool again =
            closer.size() == 1 && once.find(closer) != once.npos && !text.empty() && text.back() == closer[0];
        if (!again && grammar.allows(ids[0])) return ids[0];
    }
    return token;
}

/// What likely follows a token, and goes with it in one batch: what mostly follows, or what is forced.
Tokens guesses(const Engine &engine, Grammar *grammar, int32_t token) {
    Tokens before = engine.last(engine.drafts().context() - 1);
    before.push_back(token);
    Tokens found = engine.drafts().after(before);
    if (!found.empty() || !grammar) return found;
    found = grammar->forced();
    if (found.size() > Drafts::most) found.resize(Drafts::most);
    return found;
}

bool legal(const Engine &engine, Grammar &grammar) {
    return std::any_of(engine.ends().begin(), engine.ends().end(),
                       [&](int32_t end) { return grammar.allows(end); });
}

}  // namespace

int32_t Budget::runaway() const { return std::min(soft, std::max(64, hard / 2)); }

Budget Budget::of(int32_t hard) { return {hard - std::max(hard / 8, std::min(24, hard / 2)), hard}; }

Decoded decode(Engine &engine, Picker &picker, std::unique_ptr<Grammar> grammar, const Budget &budget,
               const Written::OnText &on_text, const std::atomic<bool> &cancel) {
    const bool by_line = grammar != nullptr;
    Writing w(engine, std::move(grammar), Written(on_text, by_line));
    Decoded done;
    while (true) {
        if (cancel.load(std::memory_order_relaxed)) {
            done.stopped = ROBO_STOP_CANCELLED;
            break;
        }
        if (done.tokens >= budget.hard || engine.room() < 1) {
            done.stopped = ROBO_STOP_HARD;
            break;
        }
        const Clock::time_point asked = Clock::now();
        const std::optional<int32_t> picked = w.pick(picker);
        done.choosing += Clock::now() - asked;
        done.tokens -= static_cast<int32_t>(w.undone);
        done.undone += static_cast<int32_t>(w.undone);
        const auto begin_again = [&](bool here) {
            const size_t before = w.chosen.size();
            if (!w.begin_again(here)) return false;
            done.undone += static_cast<int32_t>(before - w.chosen.size());
            return true;
        };
        if (!picked) {
            if (w.chosen.empty())
                throw Error(ROBO_GRAMMAR,
                            "the grammar leaves no token to go on with; it does not fit this vocabulary");
            if (begin_again(false)) continue;
            done.stopped = ROBO_STOP_DEAD_END;
            break;
        }
        done.refused += w.refused;
        if (w.lost()) {
            const size_t before = w.chosen.size();
            if (begin_again(true)) {
                done.tokens -= static_cast<int32_t>(before - w.chosen.size());
                continue;
            }
        }
        int32_t token = *picked;
        if (done.tokens == 0) done.first_token_at = Clock::now();
        if (w.grammar && w.legal_at.empty() && done.tokens >= budget.runaway())
            token = closing(engine, *w.grammar, token, w.text.text());
        if (engine.is_end(token) || (!w.grammar && token < Engine::n_control)) break;
        w.write(token);
        done.tokens++;
        const bool whole = w.text.ends_line() && w.grammar && legal(engine, *w.grammar);
        w.text.show();
        if (whole) {
            w.legal_at.push_back(w.text.text().size());
            if (done.tokens >= budget.soft) {
                done.stopped = ROBO_STOP_SOFT;
                break;
            }
        }
        if (!engine.confirm(token)) engine.feed_ahead(token, guesses(engine, w.grammar.get(), token));
    }
    if (done.stopped == ROBO_STOP_END) w.text.finish();
    done.code = w.text.text();
    if (done.stopped != ROBO_STOP_END)
        done.code.resize(w.grammar ? w.last_legal() : done.code.rfind('\n') + 1);
    return done;
}

}  // namespace robo
