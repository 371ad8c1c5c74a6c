// Reading little-endian numbers and strings out of bytes, never beyond their end.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "error.h"

namespace robo {

class Reader {
  public:
    /// `status` and `what` are said when the bytes end too early.
    Reader(std::string_view data, robo_status status, std::string what)
        : data_(data), status_(status), what_(std::move(what)) {}

    template <class Number>
    Number number() {
        Number value;
        std::memcpy(&value, bytes(sizeof value).data(), sizeof value);
        return value;
    }

    uint32_t u32() { return number<uint32_t>(); }

    /// A count of things that take at least `least` bytes each, which must be there.
    size_t count(size_t least) {
        const uint32_t n = u32();
        if (n > left() / least) fail();
        return n;
    }

    std::string_view bytes(uint64_t n) {
        if (n > left()) fail();
        const std::string_view found = data_.substr(at_, static_cast<size_t>(n));
        at_ += static_cast<size_t>(n);
        return found;
    }

    std::string string() { return std::string(bytes(u32())); }

    size_t at() const { return at_; }
    size_t left() const { return data_.size() - at_; }
    [[noreturn]] void fail() const { throw Error(status_, what_); }

  private:
    std::string_view data_;
    size_t at_ = 0;
    robo_status status_;
    std::string what_;
};

}  // namespace robo
