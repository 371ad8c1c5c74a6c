#include "others.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "core.h"
#include "system.h"

namespace bench {

std::optional<Others::Used> Others::now() {
    const std::optional<std::string> line = line_of("/proc/stat");
    if (!line) return std::nullopt;
    std::istringstream fields(*line);
    std::string name;
    std::array<double, 8> ticks{};  // user nice system idle iowait irq softirq steal
    fields >> name;
    for (double &tick : ticks) fields >> tick;
    if (name != "cpu" || !fields) return std::nullopt;
    const double busy = ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6] + ticks[7];
    return Used{now_s(), busy / static_cast<double>(sysconf(_SC_CLK_TCK)), cpu_s()};
}

std::optional<double> Others::cores() const {
    const std::optional<Used> end = now();
    if (!start_ || !end || end->wall_s <= start_->wall_s) return std::nullopt;
    const double others = end->busy_s - start_->busy_s - (end->own_s - start_->own_s);
    return std::max(0.0, others / (end->wall_s - start_->wall_s));
}

}  // namespace bench
