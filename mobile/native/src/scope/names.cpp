#include "scope/names.h"

#include "scope/text.h"

namespace robo::scope {

namespace {

/// Whether what was done with an `old` could fail with a `made`; `whole`: something relied on whole numbers.
bool wider(const T &old, const T &made, bool whole) {
    if (old == made || old.kind == Kind::NoneYet || old.kind == Kind::None) return false;
    if (is_number(old.kind) && is_number(made.kind)) return whole && !is_whole(made.kind);
    if (old.kind != made.kind || old.of.size() != made.of.size()) return true;
    for (size_t i = 0; i < old.of.size(); i++)
        if (wider(old.of[i], made.of[i], whole)) return true;
    return false;
}

Var changed(const Var &old, const T &value) {
    if (value.kind == Kind::Any || old.type == value) return old;
    const Maybe made = join(old.type, value);
    if (!made || (made->kind == Kind::Any && old.type.kind != Kind::Any) || wider(old.type, *made, old.whole))
        throw Illegal();
    return Var{*made, old.whole};
}

}  // namespace

const Frame::Vars &Frame::names() const {
    static const Vars none;
    return names_ ? *names_ : none;
}

const Var *Frame::find(const std::string &name) const {
    const auto found = names().find(name);
    return found == names().end() ? nullptr : &found->second;
}

void Frame::put(const std::string &name, Var var) {
    auto made = std::make_shared<Vars>(names());
    (*made)[name] = std::move(var);
    names_ = std::move(made);
}

std::set<std::string> Scope::readable() const {
    std::set<std::string> found = local ? local->defined.all() : module.defined.all();
    for (const auto &names : inner)
        for (const auto &[name, type] : names) found.insert(name);
    if (local)
        for (const std::string &name : module.defined.all())
            if (outer(name)) found.insert(name);
    return found;
}

/// Whether a function that reads `name` means the module's.
bool Scope::outer(const std::string &name) const { return local->shared.has(name) || !local->find(name); }

Maybe Scope::look_up(const std::string &name) {
    for (size_t i = inner.size(); i-- > 0;)
        if (const auto found = inner[i].find(name); found != inner[i].end()) return found->second;
    if (local && !outer(name)) {
        if (!local->defined.has(name)) return std::nullopt;
        read.push_back(name);
        return local->find(name)->type;
    }
    if (!module.defined.has(name)) return std::nullopt;
    if (local) local->outer = local->outer.with(name);
    read.push_back(name);
    return module.find(name)->type;
}

/// Whichever the name belongs to when it is assigned.
Frame &Scope::holder(const std::string &name) { return local && !local->shared.has(name) ? *local : module; }

const T *Scope::current(const std::string &name) {
    const Var *found = holder(name).find(name);
    return found ? &found->type : nullptr;
}

void Scope::bind(const std::string &name, const T &value, const std::vector<std::string> &sources) {
    Frame &frame = holder(name);
    if (local && &frame == &*local && frame.outer.has(name)) throw Illegal();
    const Var *before = frame.find(name);
    const std::optional<Var> old = before ? std::optional<Var>(*before) : std::nullopt;
    if (is_whole(value.kind)) {
        std::vector<std::string> others;
        for (const std::string &source : sources)
            if (source != name) others.push_back(source);
        rely(others);
    }
    const Var var = old ? changed(*old, value) : Var{value};
    if (!old || !(var == *old)) frame.put(name, var);
    frame.defined = frame.defined.with(name);
}

void Scope::grow(const std::string &name, const T &old, const T &made) {
    Frame &frame = !local || outer(name) ? module : *local;
    const Var *var = frame.find(name);
    if (!var || var->type != old) throw Illegal();
    frame.put(name, changed(*var, made));
}

void Scope::rely(const std::vector<std::string> &names) {
    for (const std::string &name : names) {
        for (Frame *frame : {local ? &*local : nullptr, &module}) {
            const Var *var = frame ? frame->find(name) : nullptr;
            if (!var) continue;
            if (!var->whole) frame->put(name, Var{var->type, true});
            break;
        }
    }
}

void Scope::share(const std::string &name) {
    if (!local || local->find(name) || local->outer.has(name) || !module.defined.has(name)) throw Illegal();
    local->shared = local->shared.with(name);
}

}  // namespace robo::scope
