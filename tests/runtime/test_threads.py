"""The number of CPU threads: who says it, when it is measured, how long it is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest
from robo_runtime import threads
from robo_runtime.errors import RoboError
from robo_runtime.threads import best, counts, default_threads, rates_of, remember, remembered, tuned_threads
from robo_runtime.tune import tune


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """An idle machine of four cores with an empty cache, on which one thread decodes 800 tokens a second."""
    monkeypatch.delenv("ROBO_THREADS", raising=False)
    monkeypatch.setenv("ROBO_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(threads, "cores", lambda: 4)
    monkeypatch.setattr(threads, "busy", lambda: False)
    asked = []

    def measure(model: Path, seconds: float = 1.0) -> dict[int, float]:
        asked.append(model)
        return {1: 800.0, 2: 1400.0, 4: 1450.0}

    monkeypatch.setattr(threads, "measure", measure)
    return asked


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.gguf"
    path.write_bytes(b"x" * 7_000_000)
    return path


def test_the_first_use_measures_tells_it_and_the_second_remembers(machine, file):
    said = []
    assert tuned_threads(file, said.append) == 2
    assert said == [
        "measured once: 2 threads are the best choice here (tokens a second by threads: "
        "1: 800, 2: 1,400, 4: 1,450); `robo tune` measures again"
    ]
    assert tuned_threads(file, said.append) == 2 == default_threads(file)
    assert (len(said), len(machine)) == (1, 1)


def test_another_size_of_model_or_another_machine_measures_again(machine, file, monkeypatch):
    tuned_threads(file, lambda _: None)
    same_size = file.with_name("b.gguf")
    same_size.write_bytes(b"y" * 7_100_000)
    larger = file.with_name("c.gguf")
    larger.write_bytes(b"z" * 16_000_000)
    assert (remembered(same_size), remembered(larger)) == (2, None)
    monkeypatch.setattr(threads, "processor", lambda: "another one")
    assert remembered(file) is None
    assert default_threads(file) == 1


def test_the_environment_wins_and_nothing_is_measured(machine, file, monkeypatch):
    remember(file, 4)
    monkeypatch.setenv("ROBO_THREADS", "3")
    assert tuned_threads(file, pytest.fail) == 3 == default_threads(file)
    monkeypatch.setenv("ROBO_THREADS", "0")
    with pytest.raises(RoboError, match="ROBO_THREADS is '0'; use a whole number"):
        default_threads(file)
    assert machine == []


def test_a_busy_machine_uses_one_thread_and_measures_another_day(machine, file, monkeypatch):
    monkeypatch.setattr(threads, "busy", lambda: True)
    assert tuned_threads(file, pytest.fail) == 1
    assert remembered(file) is None
    monkeypatch.setattr(threads, "busy", lambda: False)
    assert tuned_threads(file, lambda _: None) == 2


def test_one_core_needs_no_measurement(machine, file, monkeypatch):
    monkeypatch.setattr(threads, "cores", lambda: 1)
    assert tuned_threads(file, pytest.fail) == 1


@pytest.mark.parametrize("kept", ["", "many\n", "0\n", "64\n", "\x80"])
def test_a_damaged_entry_is_measured_again(kept, machine, file):
    remember(file, 2)
    entry = next((file.parent / "cache").glob("*.threads"))
    entry.write_text(kept, encoding="latin-1")
    assert remembered(file) is None
    assert tuned_threads(file, lambda _: None) == 2
    assert entry.read_text() == "2\n"


@pytest.mark.parametrize(
    ("rates", "count"),
    [
        ({1: 800, 2: 1412}, 2),
        ({1: 800, 2: 500, 4: 40}, 1),
        ({1: 800, 2: 860}, 1),
        ({1: 100, 2: 190, 4: 195, 8: 60}, 2),
    ],
)
def test_more_threads_must_earn_their_cores(rates, count):
    assert best(rates) == count


def test_counts_go_up_to_the_cores_and_no_further_than_eight():
    assert [counts(n) for n in (1, 2, 3, 4, 6, 64)] == [
        [1], [1, 2], [1, 2, 3], [1, 2, 4], [1, 2, 4, 6], [1, 2, 4, 8]
    ]  # fmt: skip


def test_every_count_is_measured_in_turn_and_a_hopeless_one_is_cut_short(monkeypatch):
    clock = [0.0]

    class Engine:
        used: list[int] = []

        def encode(self, parts):
            return [2]

        def reset(self):
            pass

        def use_threads(self, count):
            self.used.append(count)

        def feed(self, tokens):
            clock[0] += {1: 0.002, 2: 0.001, 4: 0.5}[self.used[-1]]

    monkeypatch.setattr(threads.time, "perf_counter", lambda: clock[0])
    engine = Engine()
    rates = rates_of(engine, [1, 2, 4], 2.0)
    assert rates == pytest.approx({1: 500, 2: 1000, 4: 2})
    assert engine.used == [1, 2, 4] * 2
    assert clock[0] < 3.1


@pytest.mark.llama
def test_a_real_model_is_measured_and_gives_the_same_scores_with_any_count(model):
    pytest.importorskip("llama_cpp")
    from robo_runtime.engine import EngineError, load_engine

    engine = load_engine(model)
    scores = []
    for count in (1, 2):
        engine.use_threads(count)
        engine.reset()
        engine.feed([2, 300, 301])
        scores.append(list(engine.logits()[:50]))
    assert scores[0] == pytest.approx(scores[1], abs=1e-4)
    with pytest.raises(EngineError, match="threads is 0"):
        engine.use_threads(0)
    assert set(rates_of(engine, [1, 2], 0.0)) == {1, 2}
    engine.close()
    with pytest.raises(EngineError, match="was closed"):
        engine.use_threads(1)


def test_tune_keeps_what_it_measured_and_says_what_stands_against_it(machine, file, monkeypatch, capsys):
    monkeypatch.setattr("robo_runtime.tune.measure", threads.measure)
    monkeypatch.setattr("robo_runtime.tune.busy", lambda: True)
    monkeypatch.setenv("ROBO_THREADS", "1")
    tune(model=file, seconds=0.5)
    out = capsys.readouterr().out
    assert out.startswith("a.gguf: 2 threads are the best choice here")
    assert "other programs kept this machine busy" in out
    assert "ROBO_THREADS is set to 1 and wins" in out
    assert remembered(file) == 2


def test_the_processor_has_a_name():
    assert threads.processor().strip()
