"""Intervals of medians and ratios, beside scipy's and numpy's."""

import numpy as np
import pytest
from scipy import stats

from benchmarks.matrix.intervals import median_interval, paired_ratio, ratio_of_medians


@pytest.mark.parametrize("n", [6, 7, 8, 9, 17, 20, 50, 101, 1500])
def test_the_interval_of_a_median_is_scipys(n: int) -> None:
    values = np.random.default_rng(n).lognormal(size=n)
    expected = stats.quantile_test(values, p=0.5).confidence_interval(0.95)
    assert median_interval(values.tolist()) == (expected.low, expected.high)


@pytest.mark.parametrize("n", [0, 1, 5])
def test_few_values_give_no_interval(n: int) -> None:
    assert median_interval([1.0] * n) is None


def test_a_paired_ratio_takes_the_spread_of_the_prompts_out() -> None:
    rng = np.random.default_rng(0)
    base = rng.lognormal(sigma=2.0, size=40)  # long and short programs
    new = base * 1.2 * rng.lognormal(sigma=0.02, size=40)
    found = paired_ratio(new.tolist(), base.tolist())
    assert found is not None
    logs = np.log(new / base)
    interval = stats.quantile_test(logs, p=0.5).confidence_interval(0.95)
    assert found.value == pytest.approx(np.exp(np.median(logs)))
    assert (found.low, found.high) == pytest.approx((np.exp(interval.low), np.exp(interval.high)))
    assert found.low > 1.15 and found.high < 1.25


def test_values_that_cannot_be_divided_give_no_ratio() -> None:
    assert paired_ratio([1.0, 0.0], [1.0, 1.0]) is None
    assert paired_ratio([1.0], [1.0, 1.0]) is None
    assert paired_ratio([], []) is None
    assert ratio_of_medians((1, 1, 1), (0, 0, 0)) is None


def test_independent_medians_are_compared_as_a_bootstrap_does() -> None:
    rng = np.random.default_rng(1)
    base, new = rng.lognormal(0, 0.2, 80), rng.lognormal(0.3, 0.3, 60)

    def known(values: np.ndarray) -> tuple[float, float, float]:
        low, high = median_interval(values.tolist()) or (0, 0)
        return float(np.median(values)), low, high

    found = ratio_of_medians(known(new), known(base))
    assert found is not None
    assert found.value == pytest.approx(np.median(new) / np.median(base))

    def statistic(a: np.ndarray, b: np.ndarray, axis: int) -> np.ndarray:
        return np.log(np.median(a, axis=axis) / np.median(b, axis=axis))

    reference = stats.bootstrap(
        (new, base), statistic, n_resamples=2000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    ours, theirs = np.log(found.high / found.low), reference.high - reference.low
    assert 0.7 < ours / theirs < 1.5


def test_ratios_of_equal_runs_enclose_one_as_often_as_they_promise() -> None:
    rng, missed, rounds = np.random.default_rng(3), 0, 300
    for _ in range(rounds):
        first, second = rng.lognormal(0, 0.5, (2, 20))
        sides = [(float(np.median(v)), *(median_interval(v.tolist()) or (0, 0))) for v in (first, second)]
        found = ratio_of_medians(*sides)
        assert found is not None
        missed += not found.low <= 1 <= found.high
    assert missed / rounds <= 0.08
