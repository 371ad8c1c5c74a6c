#include "data.h"

#include <array>

#include "reader.h"

namespace robo {

namespace {

constexpr std::string_view magic = "ROBODATA";
constexpr uint32_t version = 1;
constexpr int deepest_type = 16;

/// As zlib's.
uint32_t crc32(std::string_view data) {
    std::array<uint32_t, 256> table;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xEDB88320 : value >> 1;
        table[i] = value;
    }
    uint32_t found = 0xFFFFFFFF;
    for (const char c : data) found = table[(found ^ static_cast<unsigned char>(c)) & 0xFF] ^ found >> 8;
    return found ^ 0xFFFFFFFF;
}

Normalisation read_normalisation(Reader &in) {
    Normalisation made;
    for (size_t n = in.count(12); n > 0; n--) {
        const uint32_t code = in.u32(), first = in.u32();
        made.apart[code] = {first, in.u32()};
    }
    for (size_t n = in.count(8); n > 0; n--) {
        const uint32_t code = in.u32();
        made.classes[code] = in.u32();
    }
    for (size_t n = in.count(12); n > 0; n--) {
        const uint64_t first = in.u32(), second = in.u32();
        made.pairs[first << 32 | second] = in.u32();
    }
    return made;
}

Rules read_rules(Reader &in) {
    Rules made;
    made.sets.resize(in.count(4));
    for (Chars &chars : made.sets) {
        chars.ranges.resize(in.count(8));
        for (auto &[low, high] : chars.ranges) low = in.u32(), high = in.u32();
        chars.note_ascii();
    }
    made.positions.resize(in.count(4));
    for (uint32_t &position : made.positions) position = in.u32();
    made.rules.resize(in.count(4));
    for (auto &starts : made.rules) {
        starts.resize(in.count(4));
        for (uint32_t &start : starts) {
            start = in.u32();
            if (start >= made.positions.size()) in.fail();
        }
    }
    made.root = in.u32();
    if (made.root >= made.rules.size() || made.positions.empty()) in.fail();
    if ((made.positions.back() & 3) != Rules::end) in.fail();  // there is always one behind another
    for (const uint32_t position : made.positions) {
        const uint32_t kind = position & 3, number = position >> 2;
        if (kind == Rules::character && number >= made.sets.size()) in.fail();
        if (kind == Rules::reference && number >= made.rules.size()) in.fail();
        if (kind > Rules::reference) in.fail();
    }
    return made;
}

scope::Words read_words(Reader &in) {
    scope::Words made;
    for (size_t n = in.count(4); n > 0; n--) made.insert(in.string());
    return made;
}

/// How many types one of this kind is made of at the least.
size_t least_parts(scope::Kind kind) {
    using scope::Kind;
    switch (kind) {
        case Kind::List:
        case Kind::Many:
        case Kind::Set:
        case Kind::Iter:
        case Kind::Optional:
            return 1;
        case Kind::Dict:
            return 2;
        default:
            return 0;
    }
}

scope::T read_type(Reader &in, int depth = 0) {
    scope::T made;
    const uint32_t kind = in.u32();
    made.kind = static_cast<scope::Kind>(kind);
    // What a program makes itself is never in a file.
    const bool known = kind < scope::kind_count && made.kind != scope::Kind::User &&
                       made.kind != scope::Kind::Bound && made.kind != scope::Kind::Grown;
    if (!known || depth > deepest_type) in.fail();
    made.name = in.string();
    for (size_t n = in.count(12); n > 0; n--) made.of.push_back(read_type(in, depth + 1));
    if (made.of.size() < least_parts(made.kind)) in.fail();
    return made;
}

template <class Map, class Read>
Map read_table(Reader &in, Read read) {
    Map made;
    for (size_t n = in.count(8); n > 0; n--) {
        std::string name = in.string();
        made.emplace(std::move(name), read());
    }
    return made;
}

scope::Members read_members(Reader &in) {
    return read_table<scope::Members>(in, [&] { return read_type(in); });
}

std::vector<scope::Overload> read_overloads(Reader &in) {
    std::vector<scope::Overload> made(in.count(8));
    for (scope::Overload &overload : made) {
        overload.params.resize(in.count(16));
        for (scope::Param &param : overload.params) {
            param.name = in.string();
            for (size_t n = in.count(4); n > 0; n--) param.words.push_back(in.string());
            const uint32_t kind = in.u32();
            if (kind > static_cast<uint32_t>(scope::Given::varkw)) in.fail();
            param.kind = static_cast<scope::Given>(kind);
            param.required = in.u32() != 0;
        }
        const uint32_t returns = in.u32();
        if (returns > scope::Overload::type) in.fail();
        overload.returns = static_cast<scope::Overload::Returns>(returns);
        if (returns == scope::Overload::type) overload.returned = read_type(in);
    }
    return made;
}

/// What can be called is in the list of calls: nobody looks it up in vain.
void check_calls(const Reader &in, const scope::Table &table, const scope::Members &members) {
    using scope::Kind;
    for (const auto &[name, t] : members) {
        const bool called = t.kind == Kind::Function || t.kind == Kind::Method || t.kind == Kind::Class;
        if (called && !table.calls.count(t.name)) in.fail();
    }
}

scope::Table read_scope(Reader &in) {
    scope::Table made;
    const size_t kinds = in.count(4);
    if (kinds != scope::kind_count) in.fail();
    for (size_t i = 0; i < kinds; i++)
        if (in.string() != scope::kind_name(static_cast<scope::Kind>(i))) in.fail();
    const auto members = [&] { return read_members(in); };
    const auto words = [&] { return read_words(in); };
    using ByName = std::map<std::string, scope::Members>;
    using WordsByName = std::map<std::string, scope::Words, std::less<>>;
    made.modules = read_table<ByName>(in, members);
    made.classes = read_table<ByName>(in, members);
    made.calls = read_table<decltype(made.calls)>(in, [&] { return read_overloads(in); });
    made.items = read_words(in);
    made.kit = read_members(in);
    made.kit_members = read_table<ByName>(in, members);
    made.kit_module = in.string();
    made.callbacks = read_table<decltype(made.callbacks)>(in, [&] {
        std::vector<scope::T> wanted;
        for (size_t n = in.count(12); n > 0; n--) wanted.push_back(read_type(in));
        return wanted;
    });
    made.as_many_as_it_takes = read_words(in);
    made.handed_on = read_words(in);
    made.builtins = read_words(in);
    made.members = read_table<WordsByName>(in, words);
    made.keywords = read_table<WordsByName>(in, words);
    made.resultless = read_words(in);
    check_calls(in, made, made.kit);
    for (const ByName *each : {&made.modules, &made.classes, &made.kit_members})
        for (const auto &[name, found] : *each) check_calls(in, made, found);
    return made;
}

/// Those that prompts and programs are made with are among the control tokens.
void check_controls(const Reader &in, const std::vector<std::string> &controls) {
    if (controls.size() != static_cast<size_t>(control_count)) in.fail();
    const std::set<std::string> known(controls.begin(), controls.end());
    for (const char *needed : {"<bos>", "<eos>", "[SYSTEM]", "[/SYSTEM]", "[HARDWARE]", "[/HARDWARE]",
                               "[USER]", "[/USER]", "[CODE]", "[/CODE]"})
        if (!known.count(needed)) in.fail();
}

}  // namespace

void Chars::note_ascii() {
    for (const auto &[low, high] : ranges)
        for (uint32_t code = low; code <= high && code < 128; code++) ascii[code >> 6] |= 1ULL << (code & 63);
}

bool Chars::has(uint32_t code) const {
    if (code < 128) return ascii[code >> 6] >> (code & 63) & 1;
    return meets(code, code);
}

bool Chars::meets(uint32_t low, uint32_t high) const {
    for (const auto &[a, b] : ranges)
        if (low <= b && a <= high) return true;
    return false;
}

Data read_data(std::string_view content) {
    Reader in(content, ROBO_DATA, "the data file is damaged; make it again with: robo native-data FILE");
    if (in.left() < 16 || in.bytes(magic.size()) != magic)
        throw Error(ROBO_DATA, "this is no data file of robo; make one with: robo native-data FILE");
    if (const uint32_t found = in.u32(); found != version)
        throw Error(ROBO_DATA, "the data file has version " + std::to_string(found) +
                                   ", this library reads " + std::to_string(version) +
                                   "; make it again with: robo native-data FILE");
    if (in.u32() != crc32(content.substr(in.at()))) in.fail();
    Data made;
    made.board = in.string();
    for (size_t n = in.count(4); n > 0; n--) made.controls.push_back(in.string());
    check_controls(in, made.controls);
    made.normalisation = read_normalisation(in);
    made.rules = read_rules(in);
    made.table = read_scope(in);
    if (in.left() != 0) in.fail();
    return made;
}

}  // namespace robo
