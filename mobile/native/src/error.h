// What goes wrong inside the library; api.cpp turns it into codes.
#pragma once

#include <stdexcept>
#include <string>

#include "robo.h"

namespace robo {

class Error : public std::runtime_error {
  public:
    Error(robo_status code, const std::string &message) : std::runtime_error(message), status(code) {}
    const robo_status status;
};

}  // namespace robo
