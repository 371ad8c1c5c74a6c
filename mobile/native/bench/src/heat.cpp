#include "heat.h"

#include <algorithm>
#include <cctype>

#include "system.h"

namespace bench {

namespace {

const std::string thermal = "/sys/class/thermal/", supplies = "/sys/class/power_supply/";

/// Most kernels tell thousandths of a degree, some tenths or degrees.
double degrees(double told) { return told > 1000 ? told / 1000 : told > 200 ? told / 10 : told; }

bool of_processor(std::string type) {
    std::transform(type.begin(), type.end(), type.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const char *part : {"cpu", "soc", "x86_pkg", "coretemp", "tsens", "cluster", "big", "mid", "little"})
        if (type.find(part) != type.npos) return true;
    return false;
}

}  // namespace

std::vector<Zone> thermal_zones() {
    std::vector<Zone> zones;
    for (const std::string &name : names_in(thermal, "thermal_zone")) {
        const std::optional<double> told = number_of(thermal + name + "/temp");
        if (!told) continue;
        const double celsius = degrees(*told);
        if (celsius <= 0 || celsius > 150) continue;  // a sensor that is switched off
        zones.push_back({line_of(thermal + name + "/type").value_or(name), celsius});
    }
    return zones;
}

std::optional<double> temperature() {
    std::optional<double> processor, any;
    for (const Zone &zone : thermal_zones()) {
        if (!any || zone.celsius > *any) any = zone.celsius;
        if (of_processor(zone.type) && (!processor || zone.celsius > *processor)) processor = zone.celsius;
    }
    return processor ? processor : any;
}

std::vector<Battery> batteries() {
    std::vector<Battery> found;
    for (const std::string &supply : names_in(supplies, "")) {
        const std::string folder = supplies + supply + "/";
        if (line_of(folder + "type") != "Battery") continue;
        const auto told = [&](const char *file, double scale) -> std::optional<double> {
            const std::optional<double> value = number_of(folder + file);
            return value ? std::optional<double>(*value * scale) : std::nullopt;
        };
        found.push_back({supply, line_of(folder + "status").value_or(""), told("capacity", 1), told("temp", 0.1),
                         told("voltage_now", 1e-6), told("current_now", 1e-6)});
    }
    return found;
}

Heat Heat::now() { return {thermal_zones(), temperature(), bench::batteries()}; }

void Heat::write(Json &json, std::string_view name) const {
    const auto maybe = [&](std::string_view key, const std::optional<double> &value) {
        if (value)
            json.field(key, *value);
        else
            json.null(key);
    };
    json.object(name, [&] {
        maybe("celsius", celsius);
        json.array("zones", [&] {
            for (const Zone &zone : zones)
                json.object([&] {
                    json.field("type", zone.type);
                    json.field("celsius", zone.celsius);
                });
        });
        json.array("batteries", [&] {
            for (const Battery &battery : batteries)
                json.object([&] {
                    json.field("name", battery.name);
                    json.field("status", battery.status);
                    maybe("percent", battery.percent);
                    maybe("celsius", battery.celsius);
                    maybe("volts", battery.volts);
                    maybe("amperes", battery.amperes);
                });
        });
    });
}

}  // namespace bench
