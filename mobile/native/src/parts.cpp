#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "error.h"
#include "handle.h"
#include "robo_parts.h"
#include "scope/machine.h"

#ifdef ROBO_PARTS

struct robo_walk {
    std::unique_ptr<robo::Grammar> grammar;
    size_t vocabulary;
};

struct robo_scope {
    explicit robo_scope(robo::Data read)
        : data(std::move(read)), machine(data.table), state(machine.start()) {}
    const robo::Data data;
    robo::scope::Machine machine;
    std::string program;  ///< `state` is behind it
    robo::scope::StatePointer state;
};

namespace {

template <class Number, class Work>
Number guarded(Number failed, Work work) {
    try {
        return work();
    } catch (...) {
        return failed;
    }
}

size_t put(const robo::Tokens &found, int32_t *tokens, size_t room) {
    std::copy_n(found.begin(), std::min(found.size(), room), tokens);
    return found.size();
}

/// The state behind a program of whole lines; null where it is not allowed.
robo::scope::StatePointer behind(robo::scope::Machine &machine, const std::string &program) {
    robo::scope::StatePointer state = machine.start();
    std::string line;
    for (size_t start = 0; start < program.size();) {
        const size_t end = std::min(program.find('\n', start), program.size() - 1) + 1;
        line.append(program, start, end - start);
        start = end;
        const robo::scope::Outcome found = machine.outcome(state, line);
        if (found.kind == robo::scope::Outcome::Kind::never) return nullptr;
        if (found.kind != robo::scope::Outcome::Kind::state) continue;
        state = found.state;
        line.clear();
    }
    return line.empty() ? state : nullptr;
}

}  // namespace

extern "C" {

int64_t robo_parts_encode(robo_handle *handle, const robo_request *request, int32_t *tokens, size_t room) {
    return guarded<int64_t>(-1, [&] {
        const auto text = [](const char *given) { return std::string_view(given ? given : ""); };
        const robo::Request asked = {text(request->prompt), text(request->system), text(request->lang),
                                     text(request->hardware)};
        const std::vector<robo::Part> parts = robo::render(asked, handle->generator.data());
        return static_cast<int64_t>(
            put(handle->generator.engine().encode(parts, 0, parts.size()), tokens, room));
    });
}

robo_walk *robo_parts_walk(robo_handle *handle, int32_t scoped) {
    return guarded<robo_walk *>(nullptr, [&] {
        const auto size = static_cast<size_t>(handle->generator.engine().vocabulary_size());
        return new robo_walk{handle->generator.grammar(scoped != 0, true), size};
    });
}

int32_t robo_parts_allows(robo_walk *walk, int32_t token) {
    return guarded<int32_t>(-1, [&] { return int32_t(walk->grammar->allows(token)); });
}

int32_t robo_parts_accept(robo_walk *walk, int32_t token) {
    return guarded<int32_t>(-1, [&] { return int32_t(walk->grammar->accept(token)); });
}

int32_t robo_parts_allowed(robo_walk *walk, uint8_t *allowed, size_t room) {
    return guarded<int32_t>(-1, [&] {
        std::vector<float> scores(walk->vocabulary, 0.0f);
        walk->grammar->mask(scores);
        for (size_t i = 0; i < std::min(room, scores.size()); i++) allowed[i] = scores[i] == 0.0f;
        return 0;
    });
}

int32_t robo_parts_forced(robo_walk *walk, int32_t *tokens, size_t room) {
    return guarded<int32_t>(-1, [&] { return int32_t(put(walk->grammar->forced(), tokens, room)); });
}

void robo_parts_walk_free(robo_walk *walk) { delete walk; }

robo_scope *robo_parts_scope(const char *data, size_t length, robo_error *error) {
    try {
        return new robo_scope(robo::read_data({data, length}));
    } catch (const robo::Error &e) {
        if (error) {
            error->status = e.status;
            const std::string what = e.what();
            error->message[what.copy(error->message, sizeof error->message - 1)] = '\0';
        }
    } catch (...) {
    }
    return nullptr;
}

int32_t robo_parts_outcome(robo_scope *scope, const char *program, const char *line) {
    return guarded<int32_t>(-2, [&] {
        if (scope->program != program) {
            scope->program = program;
            scope->state = behind(scope->machine, scope->program);
        }
        return scope->state ? int32_t(scope->machine.outcome(scope->state, line).kind) : -1;
    });
}

void robo_parts_scope_free(robo_scope *scope) { delete scope; }

}  // extern "C"

#endif
