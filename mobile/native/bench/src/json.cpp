#include "json.h"

#include <cmath>
#include <cstdio>

namespace bench {

void Json::array(std::string_view key, const std::vector<double> &values) {
    array(key, [&] {
        for (const double value : values) number(value);
    });
}

void Json::array(std::string_view key, const std::vector<std::string> &values) {
    array(key, [&] {
        for (const std::string &value : values) text(value);
    });
}

void Json::number(double value) {
    char digits[32];
    std::snprintf(digits, sizeof digits, "%.9g", value);
    put(std::isfinite(value) ? digits : "null");
}

void Json::text(std::string_view value) {
    std::string quoted = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            quoted += '\\';
            quoted += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            char escaped[8];
            std::snprintf(escaped, sizeof escaped, "\\u%04x", static_cast<unsigned>(c));
            quoted += escaped;
        } else {
            quoted += c;
        }
    }
    put(quoted + '"');
}

void Json::nest(char open, char close, const Body &body) {
    separate();
    out_ += open;
    depth_++;
    first_ = true;
    body();
    depth_--;
    if (!first_) line();
    out_ += close;
    first_ = false;
}

void Json::name(std::string_view key) {
    text(key);
    out_ += ": ";
    named_ = true;
}

void Json::put(std::string_view value) {
    separate();
    out_ += value;
}

/// What stands before a value: nothing after its name.
void Json::separate() {
    if (!named_ && depth_) {
        if (!first_) out_ += ',';
        line();
    }
    named_ = first_ = false;
}

void Json::line() {
    out_ += '\n';
    out_.append(static_cast<size_t>(depth_), ' ');
}

}  // namespace bench
