"""Intervals and tests against figures of the literature."""

import pytest
from robo_train.corpus.records import Record

from benchmarks.quality.cases import Case, stratified
from benchmarks.quality.intervals import mcnemar, paired, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_newcombes_table(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_nothing_asked_says_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert paired([], []).p == 1.0


@pytest.mark.parametrize(
    ("lost", "won", "p"),
    [(5, 0, 2 / 32), (12, 2, 2 * (1 + 14 + 91) / 2**14), (3, 3, 1.0), (0, 0, 1.0), (1, 9, 22 / 1024)],
)
def test_mcnemar_is_the_two_sided_sign_test_of_the_pairs_that_disagree(lost: int, won: int, p: float) -> None:
    assert mcnemar(lost, won) == pytest.approx(p) == mcnemar(won, lost)


def test_the_paired_interval_is_that_of_newcombes_example() -> None:
    # 36 both, 12 and 2 one only, none neither: difference 0.2, 0.0569 to 0.3404 (method 10, 1998b)
    first = [True] * 36 + [False] * 12 + [True] * 2
    second = [True] * 36 + [True] * 12 + [False] * 2
    found = paired(first, second)
    assert (found.difference, found.low, found.high) == pytest.approx((0.2, 0.0569, 0.3404), abs=5e-5)
    assert (found.only_first, found.only_second) == (2, 12)


def test_a_stratified_sample_gives_every_family_its_share_and_is_the_same_for_the_same_seed() -> None:
    def one(i: int, family: str, split: str) -> Case:
        record = Record(
            type="instruction", grade=1, prompt=f"{family} {i} {split}", code="", hardware=[], api_functions=[],
            lang="en", family=family, split=split,
        )  # fmt: skip
        return Case(record, record.prompt)

    cases = [
        one(i, f, s) for s in ("iid", "depth") for f, n in (("a", 60), ("b", 30), ("c", 10)) for i in range(n)
    ]
    chosen = stratified(cases, 20, seed=3)
    for split in ("iid", "depth"):
        families = [c.record.family for c in chosen if c.record.split == split]
        assert len(families) == 20
        for name, n in (("a", 12), ("b", 6), ("c", 2)):
            assert abs(families.count(name) - n) <= 1
    assert [c.key for c in chosen] == [c.key for c in stratified(cases, 20, seed=3)]
    assert [c.key for c in chosen] != [c.key for c in stratified(cases, 20, seed=4)]
    assert len({c.key for c in chosen}) == 40
