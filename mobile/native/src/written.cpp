#include "written.h"

namespace robo {

std::string Written::add(std::string_view bytes) {
    std::string made = decoder_.decode(bytes);
    text_ += made;
    return made;
}

void Written::show() { show_to(by_line_ ? text_.rfind('\n') + 1 : text_.size()); }

void Written::back(size_t length, std::string_view bytes) {
    text_.resize(length);
    decoder_.reset();
    decoder_.decode(bytes);
}

void Written::finish() {
    text_ += decoder_.decode("", true);
    show_to(text_.size());
}

void Written::show_to(size_t to) {
    if (!on_text_ || to <= shown_) return;
    const size_t from = shown_;
    shown_ = to;
    on_text_(std::string_view(text_).substr(from, to - from));
}

}  // namespace robo
