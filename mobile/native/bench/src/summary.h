#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json.h"

namespace bench {

/// The percentile of sorted values, between two of them in proportion (as numpy's default).
double percentile(const std::vector<double> &sorted, double percent);

/// n, min, p50, p95, p99, max and mean of values, and the values; null where there are too few: p95 of less than 20
/// and p99 of less than 100 would be the maximum under another name.
void write_summary(Json &json, std::string_view name, const std::vector<double> &values);

}  // namespace bench
