#include "automaton/openings.h"

#include <map>
#include <set>

#include "error.h"

namespace robo {

namespace {

constexpr size_t most_steps = 200'000;  // a rule that begins with itself would go on for ever

}  // namespace

const Opening &Openings::at(uint32_t position) {
    const auto found = known_.find(position);
    if (found != known_.end()) return found->second;
    return known_.emplace(position, open(position)).first->second;
}

Opening Openings::open(uint32_t position) const {
    using Place = std::pair<uint32_t, Positions>;
    std::vector<Place> todo = {{position, {}}};
    std::set<Place> seen(todo.begin(), todo.end());
    std::map<Positions, Positions> groups;
    Opening made;
    const auto add = [&](uint32_t at, const Positions &back) {
        Place place(at, back);
        if (seen.insert(place).second) todo.push_back(std::move(place));
    };
    while (!todo.empty()) {
        if (seen.size() > most_steps)
            throw Error(ROBO_DATA, "the grammar has a rule that begins with itself");
        auto [at, back] = std::move(todo.back());
        todo.pop_back();
        switch (rules.kind(at)) {
            case Rules::character:
                groups[back].push_back(at);
                break;
            case Rules::reference: {
                const bool last = rules.kind(at + 1) == Rules::end;  // nothing to come back for
                Positions under = back;
                if (!last) under.push_back(at + 1);
                for (const uint32_t start : rules.starts(at)) add(start, under);
                break;
            }
            case Rules::end:
                if (back.empty()) {
                    made.ends = true;
                    break;
                }
                const uint32_t next = back.back();
                back.pop_back();
                add(next, back);
                break;
        }
    }
    made.groups.assign(groups.begin(), groups.end());
    return made;
}

}  // namespace robo
