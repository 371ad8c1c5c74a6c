// Types of values (scope/types.py): as far as it takes to know that an operation cannot raise a TypeError.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace robo::scope {

/// In the order of `robo_runtime.native.rules.KINDS`.
enum class Kind : unsigned char {
    // clang-format off
    Int, Float, Bool, Str, Bytes, Bytearray, None, Any, NoneYet, Range, File, Exception, Text, Mixed, Nothing,
    List, Tuple, Many, Set, Iter, Dict, Optional, Instance, Class, Module, Function, Method, Object, User, Bound,
    Builtin, Grown,
    // clang-format on
};
inline constexpr size_t kind_count = 32;
/// Its name in the Python runtime, where annotations use it, too.
std::string_view kind_name(Kind kind);

struct Function;

/// A type: its kind, and what it is made of.
struct T {
    Kind kind = Kind::Any;
    std::vector<T> of = {};
    std::string name = {};                          ///< of what `instance` to `builtin` stand for
    std::shared_ptr<const Function> function = {};  ///< of a `user` function

    bool operator==(const T &other) const;
    bool operator!=(const T &other) const { return !(*this == other); }
};

/// A function of the program: its body is read again for each kind of arguments it is called with.
struct Function {
    std::string name;
    std::vector<std::pair<std::string, std::optional<T>>> params;  ///< with the type of the default, if any
    std::string body;  ///< lines of a `def`; the expression of a `lambda`
    bool is_lambda = false;

    bool operator==(const Function &other) const {
        return name == other.name && params == other.params && body == other.body &&
               is_lambda == other.is_lambda;
    }
};

using Maybe = std::optional<T>;  ///< none: a TypeError

inline T plain(Kind kind) { return T{kind}; }
T made_of(Kind kind, std::vector<T> of);
T named(Kind kind, std::string name);
inline T listed(T element) { return made_of(Kind::List, {std::move(element)}); }
inline T many(T element) { return made_of(Kind::Many, {std::move(element)}); }

bool is_number(Kind kind);    ///< NUMBERS
bool is_whole(Kind kind);     ///< WHOLE
bool is_no_value(Kind kind);  ///< NO_VALUE: what can be called or asked for members, and no more
inline bool whole_or_any(Kind kind) { return is_whole(kind) || kind == Kind::Any; }
inline bool number_or_any(Kind kind) { return is_number(kind) || kind == Kind::Any; }

Maybe join(const T &a, const T &b);
Maybe joined(const std::vector<T> &types);
Maybe element(const T &t);
Maybe item(const T &t, const T &index, std::optional<long long> literal);
Maybe sliced(const T &t);
bool comparable(const T &a, const T &b);
Maybe calculated(const T &a, std::string_view op, const T &b);
bool hashable(const T &t);
bool fits(const T &t, std::string_view word);

}  // namespace robo::scope
