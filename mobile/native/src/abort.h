// Where llama.cpp would end the process. Files are checked so that it does not come to that; what is left,
// memory running out at the wrong place above all, becomes an error, too.
#pragma once

#include "error.h"

namespace robo {

/// llama.cpp has stopped halfway: what it holds is in no known state.
class Aborted : public Error {
  public:
    using Error::Error;
};

/// As long as one lives, an abort in this thread is thrown as `Aborted`. Other threads of llama.cpp's still
/// end the process: nobody could catch it there.
class AbortGuard {
  public:
    AbortGuard();
    ~AbortGuard();
    AbortGuard(const AbortGuard &) = delete;
    AbortGuard &operator=(const AbortGuard &) = delete;
};

}  // namespace robo
