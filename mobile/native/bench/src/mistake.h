#pragma once

#include <stdexcept>

namespace bench {

/// What the user can mend; told without more, and the program ends with 2.
class Mistake : public std::runtime_error {
 public:
    using std::runtime_error::runtime_error;
};

}  // namespace bench
