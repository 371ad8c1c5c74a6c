// Everything that is known at the start of a line (scope/state.py).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scope/blocks.h"
#include "scope/names.h"

namespace robo::scope {

using Params = std::vector<std::pair<std::string, std::optional<T>>>;

/// The function that is being written.
struct Writing {
    std::string name = {};
    Params params = {};
    std::string body = {};
    std::vector<T> results = {};  ///< types of the values it returns
};

/// The program before the next line.
struct State {
    Frame module = {};
    std::optional<Frame> local = {};  ///< names of the function that is being written
    Place place = {};
    std::optional<Writing> writing = {};
};

using StatePointer = std::shared_ptr<const State>;

}  // namespace robo::scope
