#pragma once

#include <optional>
#include <string>
#include <vector>

#include "json.h"

namespace bench {

struct Zone {
    std::string type;
    double celsius;
};

/// The thermal zones that can be read (/sys/class/thermal); on phones often none or few.
std::vector<Zone> thermal_zones();

/// The hottest zone of the processor, or else of all; nothing where none can be read.
std::optional<double> temperature();

struct Battery {
    std::string name, status;
    std::optional<double> percent, celsius, volts, amperes;
};

/// Every battery that can be read (/sys/class/power_supply).
std::vector<Battery> batteries();

/// How warm and how charged a device is at a moment.
struct Heat {
    std::vector<Zone> zones;
    std::optional<double> celsius;
    std::vector<Battery> batteries;
    static Heat now();
    void write(Json &json, std::string_view name) const;
};

}  // namespace bench
