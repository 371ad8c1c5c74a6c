#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

/// JSON text, written piece by piece: `w.object("machine", [&] { w.field("cores", 4); })`.
class Json {
 public:
    using Body = std::function<void()>;

    void object(const Body &body) { nest('{', '}', body); }
    void object(std::string_view key, const Body &body) { name(key), object(body); }
    void array(std::string_view key, const Body &body) { name(key), nest('[', ']', body); }
    void array(std::string_view key, const std::vector<double> &values);
    void array(std::string_view key, const std::vector<std::string> &values);

    void field(std::string_view key, std::string_view value) { name(key), text(value); }
    void field(std::string_view key, const char *value) { field(key, std::string_view(value)); }
    void field(std::string_view key, bool value) { name(key), put(value ? "true" : "false"); }
    void field(std::string_view key, double value) { name(key), number(value); }
    void field(std::string_view key, int64_t value) { name(key), put(std::to_string(value)); }
    void field(std::string_view key, int value) { field(key, static_cast<int64_t>(value)); }
    void field(std::string_view key, uint64_t value) { name(key), put(std::to_string(value)); }
    void null(std::string_view key) { name(key), put("null"); }
    void number(double value);
    void text(std::string_view value);

    const std::string &written() const { return out_; }

 private:
    void nest(char open, char close, const Body &body);
    void name(std::string_view key);
    void put(std::string_view value);
    void separate();
    void line();

    std::string out_;
    int depth_ = 0;
    bool first_ = true, named_ = false;
};

/// The members of a JSON object that are texts; other members are read over. Throws Mistake where it is none.
std::map<std::string, std::string> read_texts(std::string_view json);

}  // namespace bench
