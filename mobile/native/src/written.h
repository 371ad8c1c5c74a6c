// Bytes of tokens gathered into text (`_Text` of robo_runtime/decode.py).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "utf8.h"

namespace robo {

class Written {
  public:
    using OnText = std::function<void(std::string_view)>;

    /// `by_line`: hand on whole lines.
    Written(OnText on_text, bool by_line) : on_text_(std::move(on_text)), by_line_(by_line) {}

    const std::string &text() const { return text_; }
    bool ends_line() const { return !text_.empty() && text_.back() == '\n'; }
    size_t shown() const { return shown_; }

    /// Append a token's bytes; the characters that this makes.
    std::string add(std::string_view bytes);
    /// Hand on what is there.
    void show();
    /// Forget all but the first `length` bytes, which `bytes` made; its end may be half a character more.
    void back(size_t length, std::string_view bytes);
    /// Nothing follows.
    void finish();

  private:
    void show_to(size_t to);

    Decoder decoder_;
    std::string text_;
    OnText on_text_;
    bool by_line_;
    size_t shown_ = 0;
};

}  // namespace robo
