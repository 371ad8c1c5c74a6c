"""The prediction: known terms come back from made-up samples, and a wrong law is seen to be wrong."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from robo_runtime.errors import RoboError
from robo_runtime.files import ConfigError

from benchmarks.predict.devices import LABEL, Chip, predict, read_published
from benchmarks.predict.fit import CACHES, Sample, Terms, error_of, fit, hold_out, missing
from benchmarks.predict.outcome import outcome_of, read_outcome, read_shapes
from benchmarks.predict.random_model import write_random_model
from benchmarks.predict.work import Work, work_of

TRUE = Terms(start=2e-5, layer=8e-6, sync=1.1e-5, weight=5e-11, share=1.4, miss=2e-5, cache=CACHES[73])
SHAPES, TIERS = read_shapes()
WAYS = ((1, False, 1.5e10), (1, True, 1.5e10), (2, False, 3e10))  # threads, cold, bytes a second


def samples(terms: Terms = TRUE, noise: float = 0.0, power: float = 1.0) -> list[Sample]:
    """What a machine with these terms would measure; another `power` than 1 is another law."""
    rng = np.random.default_rng(4)
    made = []
    for name, shape in SHAPES.items():
        for precision in ("q4_0", "q8_0"):
            work = work_of(shape, precision)
            for threads, cold, bandwidth in WAYS:
                seconds = terms.seconds(work, threads, bandwidth, cold=cold) ** power * float(
                    rng.uniform(1 - noise, 1 + noise)
                )
                made.append(
                    Sample(
                        model=name, precision=precision, threads=threads, cold=cold, work=work,
                        bandwidth=bandwidth, seconds=seconds, tokens=48,
                    )
                )  # fmt: skip
    return made


def test_known_terms_come_back() -> None:
    found = fit(samples())
    for name, value in TRUE.model_dump().items():
        assert getattr(found, name) == pytest.approx(value, rel=1e-4), name


def test_a_machine_without_some_cost_gets_none_and_never_a_negative_one() -> None:
    found = fit(samples(TRUE.model_copy(update={"start": 0.0, "miss": 0.0}), noise=0.02))
    assert min(found.model_dump().values()) >= 0
    assert 4 * found.miss + found.start < 0.05 * samples()[0].seconds


def test_every_tier_is_told_from_the_others_where_the_law_holds() -> None:
    found = hold_out(samples(noise=0.05))
    assert {tier.model for tier in found} == {*SHAPES} and {*TIERS} <= {*SHAPES}
    assert max(tier.worst_error for tier in found) < 0.2


def test_holding_out_fits_on_the_others_alone() -> None:
    seen: list[set[str]] = []

    def fitted(some: list[Sample]) -> Terms:
        seen.append({sample.model for sample in some})
        return TRUE

    names = [tier.model for tier in hold_out(samples(), fitted)]  # type: ignore[arg-type]
    assert seen == [{*SHAPES} - {name} for name in names]


def test_another_law_is_seen_to_be_another() -> None:
    """Seconds that grow with the third power of the work cannot be told from models of other sizes."""
    made = outcome_of(samples(power=3.0), SHAPES, TIERS, read_published(), 2.6e9, {})
    assert not made.holds
    assert outcome_of(samples(noise=0.02), SHAPES, TIERS, read_published(), 2.6e9, {}).holds


def test_errors_are_relative() -> None:
    sample = samples()[0]
    assert error_of(TRUE, sample) == pytest.approx(0.0, abs=1e-12)
    assert error_of(TRUE, sample.model_copy(update={"seconds": sample.seconds / 2})) == pytest.approx(1.0)


def test_too_few_samples_are_refused() -> None:
    with pytest.raises(RoboError, match="5 samples are too few for 7 terms"):
        fit(samples()[:5])


@pytest.mark.parametrize("precision", ["q4_0", "q8_0", "f16"])
def test_the_work_is_what_the_file_holds(precision: str, tmp_path: Path) -> None:
    """Bytes and weights against the reader of the gguf package."""
    from gguf import GGUFReader

    shape = dataclasses.replace(
        SHAPES["nano"], vocab_size=512, hidden_size=64, intermediate_size=96, head_dim=16
    )
    shape = dataclasses.replace(shape, heads=4, kv_heads=2)
    write_random_model(tmp_path / "m.gguf", shape, precision)
    tensors = GGUFReader(tmp_path / "m.gguf").tensors
    matrices = [t for t in tensors if len(t.shape) > 1]
    work = work_of(shape, precision)
    assert work.bytes == sum(int(t.n_bytes) for t in tensors)
    assert work.weights == sum(int(t.n_elements) for t in matrices)
    assert work.layers == 4


def test_a_vocabulary_without_room_for_bytes_is_refused(tmp_path: Path) -> None:
    shape = dataclasses.replace(SHAPES["nano"], vocab_size=128)
    with pytest.raises(RoboError, match="no room for"):
        write_random_model(tmp_path / "m.gguf", shape, "q4_0")


@pytest.mark.llama
def test_llama_cpp_runs_a_random_model(tmp_path: Path) -> None:
    from robo_runtime.engine.llama import LlamaEngine

    shape = dataclasses.replace(
        SHAPES["nano"], vocab_size=512, hidden_size=64, intermediate_size=96, head_dim=16
    )
    write_random_model(tmp_path / "m.gguf", dataclasses.replace(shape, heads=4), "q4_0")
    engine = LlamaEngine(tmp_path / "m.gguf")
    engine.feed([300, 301])
    assert len(engine.logits()) == 512 and np.isfinite(np.array(engine.logits())).all()
    engine.close()


WORK = Work(bytes=6_000_000, weights=9_400_000, layers=4)


def chip(**fields: object) -> Chip:
    given = {
        "name": "Phone", "tier": "phone_mid", "core": "A78", "clock_hz": 2.6e9, "vector_bits": 128,
        "bandwidth": {"value": 2e10, "source": "the standard"}, **fields,
    }  # fmt: skip
    return Chip.model_validate(given)


def test_a_prediction_is_a_range_above_the_roofline_and_says_that_nobody_measured_it() -> None:
    published = read_published()
    told = predict(TRUE, published, chip(), "nano", "q4_0", WORK, 2.6e9)
    assert told.label == LABEL == "prediction, never measured"
    assert told.roofline_token_s == pytest.approx(6e6 / 2e10)
    assert told.roofline_token_s <= told.token_s_fast < told.token_s_slow
    assert told.token_s_fast == pytest.approx(TRUE.seconds(WORK, 1, 2e10, cold=True))
    assert told.tokens_100_s_slow == pytest.approx(100 * told.token_s_slow)


@pytest.mark.parametrize("worse", [{"clock_hz": 1.3e9}, {"bandwidth": {"value": 1e9, "source": "x"}}])
def test_slower_chips_are_told_slower(worse: dict[str, object]) -> None:
    published = read_published()
    usual = predict(TRUE, published, chip(), "nano", "q4_0", WORK, 2.6e9)
    slower = predict(TRUE, published, chip(**worse), "nano", "q4_0", WORK, 2.6e9)
    assert slower.token_s_fast > usual.token_s_fast and slower.token_s_slow > usual.token_s_slow


def test_what_a_core_lacks_moves_the_slow_end_only() -> None:
    published = read_published()
    usual = predict(TRUE, published, chip(), "nano", "q4_0", WORK, 2.6e9)
    old = predict(TRUE, published, chip(in_order=True, dot_product=False), "nano", "q4_0", WORK, 2.6e9)
    assert old.token_s_fast == usual.token_s_fast and old.token_s_slow > 2 * usual.token_s_slow


def test_every_published_figure_names_its_source_and_its_tier() -> None:
    from benchmarks.matrix.devices import read_devices

    tiers = {device.name for device in read_devices()}
    for device in read_published().devices:
        assert device.tier in tiers
        assert len(device.bandwidth.source) > 20


def test_a_bad_file_of_devices_is_named_with_its_key(tmp_path: Path) -> None:
    path = tmp_path / "devices.yaml"
    path.write_text("reference_vector_bits: 0\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"devices.yaml: reference_vector_bits: .*greater than 0"):
        read_published(path)


def test_what_a_cache_misses_is_what_a_simulated_cache_misses() -> None:
    """Lines read in turns through a cache that throws out any of its lines, against the formula."""
    rng = np.random.default_rng(7)
    size = 2000
    for times in (0.9, 1.1, 1.5, 2.5):
        lines = int(size * times)
        slots, where = np.full(size, -1), np.full(lines, -1)
        free, misses = list(range(size)), 0
        for turn in range(40):
            for line in range(lines):
                if where[line] >= 0:
                    continue
                misses += turn >= 20  # until then it fills
                slot = free.pop() if free else int(rng.integers(size))
                if slots[slot] >= 0:
                    where[slots[slot]] = -1
                slots[slot], where[line] = line, slot
        assert missing(times) == pytest.approx(misses / (20 * lines), abs=0.02), times


def test_a_cache_that_holds_the_model_makes_the_fast_end_faster() -> None:
    published = read_published()
    usual = predict(TRUE, published, chip(), "nano", "q4_0", WORK, 2.6e9)
    large = chip(cache={"value": 16e6, "source": "the data sheet"})
    held = predict(TRUE, published, large, "nano", "q4_0", WORK, 2.6e9)
    assert held.token_s_fast < usual.token_s_fast and held.token_s_slow == usual.token_s_slow


@pytest.mark.llama
def test_a_worker_finds_seconds_of_one_thread_and_two_and_of_emptied_caches(tmp_path: Path) -> None:
    from benchmarks.predict import measure

    shape = dataclasses.replace(
        SHAPES["nano"], vocab_size=512, hidden_size=64, intermediate_size=96, head_dim=16
    )
    found = measure.measure({"small": dataclasses.replace(shape, heads=4)}, 1, tmp_path)
    ways = {(s.precision, s.threads, s.cold) for s in found}
    assert ways == {(p, t, c) for p in ("q4_0", "q8_0") for t, c in ((1, False), (2, False), (1, True))}
    assert all(s.seconds > 0 and s.tokens >= 3 and s.bandwidth > 1e8 for s in found)
    for path in tmp_path.glob("*.gguf"):
        path.write_bytes(b"no model")
    again = measure.measure({"small": dataclasses.replace(shape, heads=4)}, 1, tmp_path)
    assert again == found  # what was measured is not measured again
    (tmp_path / "small-q4_0-warm-0.json").unlink()
    with pytest.raises(RoboError, match=r"small-q4_0.gguf \(warm\): .*run it again"):
        measure.measure({"small": dataclasses.replace(shape, heads=4)}, 1, tmp_path)


def test_the_stored_prediction_holds_and_is_what_its_samples_give() -> None:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "prediction.json"
    stored = read_outcome(path)
    again = outcome_of(stored.samples, SHAPES, TIERS, read_published(), stored.clock_hz, stored.provenance)
    assert again.holds == stored.holds
    assert [p.device for p in again.predictions] == [p.device for p in stored.predictions]
    for new, old in zip(again.predictions, stored.predictions, strict=True):
        assert new.token_s_slow == pytest.approx(old.token_s_slow, rel=1e-6), old.device
