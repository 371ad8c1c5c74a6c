#include "scope/sets.h"

namespace robo::scope {

const std::set<std::string> &Names::all() const {
    static const std::set<std::string> none;
    return names_ ? *names_ : none;
}

Names Names::with(const std::string &name) const {
    if (has(name)) return *this;
    std::set<std::string> made = all();
    made.insert(name);
    return Names(std::move(made));
}

Names Names::without(const Names &others) const {
    std::set<std::string> made;
    for (const std::string &name : all())
        if (!others.has(name)) made.insert(name);
    return Names(std::move(made));
}

Names Names::united(const Names &others) const {
    std::set<std::string> made = all();
    made.insert(others.all().begin(), others.all().end());
    return Names(std::move(made));
}

Names common(const std::vector<Names> &sets) {
    if (sets.size() == 1) return sets[0];
    std::set<std::string> made;
    for (const std::string &name : sets[0].all()) {
        bool everywhere = true;
        for (const Names &other : sets) everywhere = everywhere && other.has(name);
        if (everywhere) made.insert(name);
    }
    return Names(std::move(made));
}

}  // namespace robo::scope
