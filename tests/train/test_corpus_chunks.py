"""Composing in chunks: the same corpus from any engine, and after any interruption."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError
from robo_runtime.files import read_config
from robo_train.config import CorpusConfig
from robo_train.corpus.assemble import Composed, assemble
from robo_train.corpus.chunks import SIZE, Chunk, Result, compose, plan
from robo_train.corpus.engines import Engine, Processes, RayCluster, make_engine
from robo_train.corpus.mix import Mix
from robo_train.corpus.parts import Parts

CHUNKS = plan("train", "en", 3, 40, 1) + plan("iid", "en", 3, 10, 1)


def quiet(*_: object) -> None:
    pass


class Counting:
    """An engine that remembers what it was asked for, and stops after some chunks as a killed run would."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.asked: list[Chunk] = []
        self.stop_after = stop_after

    def results(self, chunks: Sequence[Chunk]) -> Iterator[Result]:
        for chunk in chunks:
            if self.stop_after is not None and len(self.asked) == self.stop_after:
                raise KeyboardInterrupt
            self.asked.append(chunk)
            yield compose(chunk)


def small(parts: Path, engine: Engine, **changes: object) -> Composed:
    fields = {"samples": SIZE + 20, "seed": 5, "phrasings": 2, "validation": 5, **changes}
    return assemble(CorpusConfig.model_validate(fields), Parts(parts, "mark"), engine, quiet, [], [])


def test_a_plan_makes_exactly_the_samples_asked_for() -> None:
    chunks = plan("train", "en", 1, 2 * SIZE + 7, 1)
    assert [c.samples for c in chunks] == [SIZE, SIZE, 7]
    assert len({c.name for c in chunks}) == 3


def test_processes_make_what_one_process_makes() -> None:
    alone = {r.chunk: r.lines for r in Processes(1).results(CHUNKS)}
    together = {r.chunk: r.lines for r in Processes(2).results(CHUNKS)}
    assert alone == together
    assert [len(alone[c]) for c in CHUNKS] == [40, 10]


def test_two_nodes_of_a_ray_cluster_make_what_one_process_makes(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_raylet_start_wait_time_s", "240")  # a busy machine starts a node slowly
    small_node = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=small_node)
    try:
        cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
        cluster.wait_for_nodes(timeout=240)
        found = {r.chunk: r.lines for r in RayCluster(cluster.address).results(CHUNKS)}
    finally:
        cluster.shutdown()
    assert found == {r.chunk: r.lines for r in Processes(1).results(CHUNKS)}


def test_an_interrupted_run_composes_only_what_is_missing_and_ends_with_the_same_corpus(
    tmp_path: Path,
) -> None:
    whole = small(tmp_path / "whole", Counting())
    first, second = Counting(stop_after=4), Counting()
    with pytest.raises(KeyboardInterrupt):
        small(tmp_path / "parts", first)
    resumed = small(tmp_path / "parts", second)
    assert len(first.asked) == 4
    assert not set(first.asked) & set(second.asked)
    assert (resumed.train, resumed.held_out) == (whole.train, whole.held_out)


def test_parts_of_another_recipe_are_not_used(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "parts", "one")
    parts.write(Result(CHUNKS[1], ["{}"], {}, {}, 0.0))
    assert Parts(tmp_path / "parts", "one").has(CHUNKS[1])
    assert not Parts(tmp_path / "parts", "two").has(CHUNKS[1])


def test_the_corpus_has_exactly_what_was_asked_for_and_no_prompt_twice(tmp_path: Path) -> None:
    made = small(tmp_path, Counting())
    prompts = [" ".join(json.loads(line)["prompt"].lower().split()) for line in made.train]
    assert len(prompts) == SIZE + 20
    assert len(set(prompts)) == len(prompts)
    held = {json.loads(line)["prompt"].lower() for line in made.held_out}
    assert not held & set(prompts)
    assert made.short == {}


def test_training_keeps_clear_of_prompts_written_for_evaluation(tmp_path: Path) -> None:
    before = small(tmp_path / "a", Counting())
    prompt = json.loads(before.train[0])["prompt"]
    config = CorpusConfig(samples=SIZE + 20, seed=5, phrasings=2, validation=5)
    after = assemble(config, Parts(tmp_path / "b", "mark"), Counting(), quiet, [f"  {prompt.upper()} ! "], [])
    assert prompt not in {json.loads(line)["prompt"] for line in after.train}
    assert after.left_out["nearly a prompt written by hand for evaluation"] >= 1
    assert len(after.train) == SIZE + 20


def test_a_language_whose_phrases_cannot_be_read_is_left_out_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from robo_train.corpus import assemble as module

    def broken(lang: str) -> object:
        if lang == "hi":
            raise RoboError("hi/led.yaml: rules.led_on_imp: unknown slot {pni}")
        return None

    monkeypatch.setattr(module, "grammar", broken)
    mix = tmp_path / "mix.yaml"
    mix.write_text("languages: [en, hi]\nmixing_strategy: equal\n")
    monkeypatch.setattr(module, "load_mix", lambda _: read_config(mix, Mix))
    refused: list[str] = []
    config = CorpusConfig(samples=40, seed=5, phrasings=2, validation=5)
    made = assemble(config, Parts(tmp_path / "p", "mark"), Counting(), quiet, [], refused)
    assert {json.loads(line)["lang"] for line in made.train} == {"en"}
    assert refused == ["language hi is left out: hi/led.yaml: rules.led_on_imp: unknown slot {pni}"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"workers": 0}, "--workers 0: at least 1"),
        ({"address": "auto"}, "only `--engine ray` has an address"),
    ],
)
def test_an_impossible_engine_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(RoboError, match=message):
        make_engine(**arguments)  # type: ignore[arg-type]
