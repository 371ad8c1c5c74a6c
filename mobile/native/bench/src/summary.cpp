#include "summary.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace bench {

double percentile(const std::vector<double> &sorted, double percent) {
    const double at = percent / 100 * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<size_t>(std::floor(at));
    const size_t above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (sorted[above] - sorted[below]) * (at - static_cast<double>(below));
}

void write_summary(Json &json, std::string_view name, const std::vector<double> &values) {
    json.object(name, [&] {
        json.field("n", static_cast<int64_t>(values.size()));
        if (values.empty()) return;
        std::vector<double> sorted = values;
        std::sort(sorted.begin(), sorted.end());
        json.field("min", sorted.front());
        json.field("p50", percentile(sorted, 50));
        const auto rare = [&](std::string_view key, double percent, size_t least) {
            if (sorted.size() < least)
                json.null(key);
            else
                json.field(key, percentile(sorted, percent));
        };
        rare("p95", 95, 20);
        rare("p99", 99, 100);
        json.field("max", sorted.back());
        json.field("mean", std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(sorted.size()));
        json.array("values", values);
    });
}

}  // namespace bench
