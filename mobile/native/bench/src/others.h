#pragma once

#include <optional>

namespace bench {

/// Watches from its making on how much other programs use the processors.
class Others {
 public:
    Others() : start_(now()) {}

    /// Mean number of processors in use by others since then; nothing where the system does not tell.
    std::optional<double> cores() const;

 private:
    struct Used {
        double wall_s, busy_s, own_s;
    };
    static std::optional<Used> now();

    std::optional<Used> start_;
};

}  // namespace bench
