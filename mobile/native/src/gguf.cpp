#include "gguf.h"

#include <algorithm>

#include "error.h"
#include "reader.h"

namespace robo {

namespace {

enum Type : uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, string, array, u64, i64, f64 };

const std::map<uint32_t, Format> formats = {
    {0, {1, 4}},      {1, {1, 2}},      {2, {32, 18}},   {3, {32, 20}},    {6, {32, 22}},
    {7, {32, 24}},    {8, {32, 34}},    {10, {256, 84}}, {11, {256, 110}}, {12, {256, 144}},
    {13, {256, 176}}, {14, {256, 210}}, {20, {32, 18}},  {30, {1, 2}}};
constexpr uint64_t most = 1ULL << 40;

std::string_view text(Reader &in) { return in.bytes(in.number<uint64_t>()); }

template <class Number, class Value>
std::vector<Value> list(Reader &in, uint64_t n) {
    if (n > in.left() / sizeof(Number)) in.fail();
    std::vector<Value> made;
    made.reserve(static_cast<size_t>(n));
    for (uint64_t i = 0; i < n; i++) made.push_back(static_cast<Value>(in.number<Number>()));
    return made;
}

Metadatum read_list(Reader &in) {
    const uint32_t type = in.u32();
    const uint64_t n = in.number<uint64_t>();
    switch (type) {
        case u8:
            return list<uint8_t, long long>(in, n);
        case i8:
            return list<int8_t, long long>(in, n);
        case u16:
            return list<uint16_t, long long>(in, n);
        case i16:
            return list<int16_t, long long>(in, n);
        case u32:
            return list<uint32_t, long long>(in, n);
        case i32:
            return list<int32_t, long long>(in, n);
        case f32:
            return list<float, double>(in, n);
        case boolean:
            return list<uint8_t, long long>(in, n);
        case u64:
            return list<uint64_t, long long>(in, n);
        case i64:
            return list<int64_t, long long>(in, n);
        case f64:
            return list<double, double>(in, n);
        case string:
            break;
        default:
            in.fail();
    }
    if (n > in.left() / 8) in.fail();
    std::vector<std::string_view> made;
    for (uint64_t i = 0; i < n; i++) made.push_back(text(in));
    return made;
}

Metadatum read_value(Reader &in, uint32_t type) {
    const auto whole = [](auto value) { return Metadatum(static_cast<long long>(value)); };
    switch (type) {
        case u8:
            return whole(in.number<uint8_t>());
        case i8:
            return whole(in.number<int8_t>());
        case u16:
            return whole(in.number<uint16_t>());
        case i16:
            return whole(in.number<int16_t>());
        case u32:
            return whole(in.number<uint32_t>());
        case i32:
            return whole(in.number<int32_t>());
        case f32:
            return static_cast<double>(in.number<float>());
        case boolean:
            return in.number<uint8_t>() != 0;
        case u64:
            return whole(in.number<uint64_t>());
        case i64:
            return whole(in.number<int64_t>());
        case f64:
            return in.number<double>();
        case string:
            return std::string(text(in));
        case array:
            return read_list(in);
        default:
            in.fail();
    }
}

template <class Refuse>
uint64_t bytes_of(const Tensor &tensor, const Refuse &refuse) {
    const Format *format = format_of(tensor.type);
    if (!format) refuse("has weights of an unknown type");
    uint64_t n = 1;
    for (const uint64_t extent : tensor.shape) {
        if (extent == 0 || extent > most / n)
            refuse("has a tensor of an impossible size; copy or export it again");
        n *= extent;
    }
    return n / format->weights * format->bytes;
}

}  // namespace

const Format *format_of(uint32_t type) {
    const auto found = formats.find(type);
    return found == formats.end() ? nullptr : &found->second;
}

const Metadatum *Header::find(const std::string &key) const {
    const auto found = metadata.find(key);
    return found == metadata.end() ? nullptr : &found->second;
}

Header read_header(std::string_view content, robo_status status, const char *kind) {
    const std::string file = std::string("the ") + kind + " file ";
    const auto refuse = [&](const std::string &why) { throw Error(status, file + why); };
    if (content.empty()) refuse("is empty");
    Reader in(content, status, file + "is cut short inside its header; copy or export it again");
    if (content.substr(0, 4) != "GGUF") refuse("is no GGUF file");
    in.bytes(4);
    const uint32_t version = in.u32();
    if (version != 2 && version != 3)
        refuse("has GGUF version " + std::to_string(version) +
               "; versions 2 and 3 are read: export it again");
    const uint64_t n_tensors = in.number<uint64_t>(), n_metadata = in.number<uint64_t>();
    Header made;
    for (uint64_t i = 0; i < n_metadata; i++) {
        std::string key(text(in));
        const uint32_t type = in.u32();
        if (!made.metadata.emplace(std::move(key), read_value(in, type)).second) refuse("says one key twice");
    }
    uint64_t end = 0;
    for (uint64_t i = 0; i < n_tensors; i++) {
        std::string name(text(in));
        const uint32_t dimensions = in.u32();
        if (dimensions > 4) in.fail();
        Tensor tensor;
        for (uint32_t d = 0; d < dimensions; d++) tensor.shape.push_back(in.number<uint64_t>());
        tensor.type = in.u32();
        tensor.offset = in.number<uint64_t>();
        const uint64_t bytes = bytes_of(tensor, refuse);
        if (tensor.offset > most) in.fail();
        end = std::max(end, tensor.offset + bytes);
        if (!made.tensors.emplace(std::move(name), std::move(tensor)).second)
            refuse("names one tensor twice");
    }
    const long long *named = made.get<long long>("general.alignment");
    const uint64_t alignment = named ? static_cast<uint64_t>(*named) : 32;
    if (alignment == 0 || alignment > 1 << 16 || (alignment & (alignment - 1)))
        refuse("has an alignment that is no power of two; export it again");
    const uint64_t data = (in.at() + alignment - 1) / alignment * alignment;
    if (data + end > content.size()) refuse("is cut short; copy, download or export it again");
    return made;
}

}  // namespace robo
