#include "prompt.h"

#include <algorithm>

#include "error.h"
#include "normalise.h"
#include "utf8.h"

namespace robo {

namespace {

constexpr uint32_t placeholder =
    0x2581;  // SentencePiece formats use it for a space and would not give it back

bool invisible(uint32_t c) {
    return c <= 0x08 || (c >= 0x0B && c <= 0x1F) || c == 0x7F || c == 0xFEFF || c == 0x2028 || c == 0x2029;
}

/// What Python's `str.strip` takes away.
bool space(uint32_t c) {
    return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
           c == 0x3000;
}

void section(std::vector<Part> &parts, const std::string &name, std::string text) {
    parts.push_back({"[" + name + "]", true});
    parts.push_back({std::move(text), false});
    parts.push_back({"[/" + name + "]", true});
}

}  // namespace

std::string clean_text(std::string_view text, const Normalisation &normalisation) {
    std::vector<uint32_t> lines;
    uint32_t before = 0;
    for (const uint32_t code : code_points(text)) {
        if (code == '\r' || code != '\n' || before != '\r') lines.push_back(code == '\r' ? '\n' : code);
        before = code;
    }
    std::vector<uint32_t> codes;
    for (const uint32_t code : nfc(lines, normalisation))
        if (!invisible(code)) codes.push_back(code == placeholder ? '_' : code);
    size_t start = 0, end = codes.size();
    while (start < end && space(codes[start])) start++;
    while (end > start && space(codes[end - 1])) end--;
    std::string made;
    for (size_t i = start; i < end; i++) append_utf8(made, codes[i]);
    return made;
}

std::vector<Part> render(const Request &request, const Data &data) {
    const auto clean = [&](std::string_view text) { return clean_text(text, data.normalisation); };
    std::string user = clean(request.user);
    if (user.empty())
        throw Error(ROBO_ARGUMENT,
                    "the prompt is empty; say what the program should do, e.g. \"blink the LED on pin 2\"");
    std::vector<Part> parts = {{"<bos>", true}};
    if (std::string system = clean(request.system); !system.empty())
        section(parts, "SYSTEM", std::move(system));
    if (!request.lang.empty()) {
        std::string lang = "[LANG:" + std::string(request.lang) + "]";
        if (std::find(data.controls.begin(), data.controls.end(), lang) == data.controls.end())
            throw Error(ROBO_ARGUMENT, "unknown language '" + std::string(request.lang) + "'");
        parts.push_back({std::move(lang), true});
    }
    if (std::string hardware = clean(request.hardware); !hardware.empty())
        section(parts, "HARDWARE", std::move(hardware));
    section(parts, "USER", std::move(user));
    parts.push_back({"[CODE]", true});
    return parts;
}

size_t shared_parts(const std::vector<Part> &parts) {
    for (size_t i = 0; i < parts.size(); i++)
        if (parts[i].control && parts[i].text == "[/SYSTEM]") return i + 1;
    return 0;
}

}  // namespace robo
