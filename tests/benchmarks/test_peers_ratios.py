"""Ratios of two peers over prompts, against scipy and numbers that can be worked out by hand."""

import numpy as np
import pytest
import scipy.stats

from benchmarks.peers.ratios import by_prompt, interval, paired


@pytest.mark.parametrize("n", [8, 21, 60])
def test_the_interval_is_scipys_percentile_bootstrap(n):
    values = np.random.default_rng(n).lognormal(0.3, 0.4, n)
    theirs = scipy.stats.bootstrap(
        (values,), np.median, method="percentile", n_resamples=10_000, rng=np.random.default_rng(3)
    ).confidence_interval
    low, high = interval(values)
    width = theirs.high - theirs.low
    assert low == pytest.approx(theirs.low, abs=0.1 * width)
    assert high == pytest.approx(theirs.high, abs=0.1 * width)


def test_the_interval_covers_the_true_median_as_often_as_it_says():
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(200):
        low, high = interval(rng.normal(10, 2, 25), resamples=400)
        hits += low <= 10 <= high
    assert scipy.stats.binomtest(hits, 200, 0.95).pvalue > 0.001


def test_the_same_values_give_the_same_interval():
    values = [1.0, 1.2, 0.9, 1.1, 1.3]
    assert interval(values) == interval(values)


def test_a_prompt_counts_once_with_the_median_of_its_rounds():
    samples = [("a", 3.0), ("b", 5.0), ("a", 1.0), ("a", 2.0)]
    assert by_prompt(samples) == {"a": 2.0, "b": 5.0}


def test_ratios_are_of_prompts_that_both_did():
    found = paired({"a": 2.0, "b": 9.0, "c": 4.0}, {"c": 2.0, "a": 4.0, "d": 1.0})
    assert found is not None
    assert found.values == [0.5, 2.0]
    assert found.low == 0.5
    assert found.high == 2.0


def test_two_who_never_did_the_same_prompt_have_no_ratio():
    assert paired({"a": 2.0}, {"b": 2.0}) is None
    assert paired({"a": 2.0}, {"a": 0.0}) is None
