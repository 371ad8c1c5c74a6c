// UTF-8 to code points and back, as Python's codecs do it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace robo {

/// Append a code point.
void append_utf8(std::string &to, uint32_t code);

/// Copy as many whole characters as there is room for, and a NUL; `?` for bytes that are none.
void copy_utf8(std::string_view text, char *to, size_t room);

/// How many characters valid UTF-8 has.
size_t characters(std::string_view text);

/// The code points of a text; what is not UTF-8 becomes U+FFFD.
std::vector<uint32_t> code_points(std::string_view text);

/// Whole characters from the start of `data`.
struct Whole {
    std::vector<uint32_t> codes;
    size_t used = 0;      ///< bytes that they took
    bool broken = false;  ///< what follows cannot become a character
};
Whole whole_characters(std::string_view data);

/// Bytes that come in parts; half a character waits for its other half.
class Decoder {
  public:
    /// The characters that these bytes make, as UTF-8; bytes of no character become U+FFFD.
    std::string decode(std::string_view data, bool final = false);
    bool waiting() const { return !pending_.empty(); }
    void reset() { pending_.clear(); }

  private:
    std::string pending_;
};

}  // namespace robo
