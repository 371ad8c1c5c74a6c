"""The benchmark of peers with libraries that need no model: rows, ratios, what goes wrong, going on."""

import json
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError
from robo_runtime.files import ConfigError, write_text

from benchmarks.matrix.schema import Model
from benchmarks.matrix.store import read_results
from benchmarks.peers.registry import Registry, only, read_registry
from benchmarks.peers.run import Run, run
from benchmarks.peers.table import lines
from benchmarks.peers.training import training_cells
from benchmarks.peers.weights import Weights

pytestmark = pytest.mark.llama
ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "robo-nano-q4_0.gguf"
PROMPTS = ["wild-001", "wild-002", "wild-003"]


def toy(name: str, **fields) -> dict:
    row = {"name": name, "library": "tests.benchmarks.toy_peer", "format": "gguf", "precision": "q4_0"}
    return row | {"does": ["decode", "program"]} | fields


PEERS = [
    toy("loop"),
    toy("us", ours=True),
    toy("slow"),
    toy("wrong", does=["program"], options={"wrong": True}),
    toy("refuses", does=["program"], options={"refuses": True}),
    toy("dies", does=["decode"], options={"dies": True}),
    toy("absent", needs=["no_such_library"], install="pip install no-such-library"),
    toy("elsewhere", format="litert", precision="int4"),
]


def registry(peers: list[dict] = PEERS) -> Registry:
    return Registry.model_validate({"raw": "loop", "whole": "us", "prompts": PROMPTS, "peers": peers})


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Weights:
    grammar = tmp_path_factory.mktemp("weights") / "robot.gbnf"
    grammar.write_text('root ::= "x"\n')
    key = "gguf", "q4_0"
    model = Model(file=MODEL.name, bytes=MODEL.stat().st_size)
    return Weights("nano", {key: MODEL}, {key: model}, {("litert", "int4"): "not exported"}, grammar)


def asked(folder: Path, **changes) -> Run:
    peers = changes.pop("peers", registry())
    fields = {
        "registry": peers, "entries": peers.peers, "tier": "nano", "kinds": ["decode", "program"],
        "threads": [1], "prompts": PROMPTS, "rounds": 1, "tokens": 10, "seconds": 30.0,
        "output": folder / "peers.json", "command": "python -m benchmarks.peers", "journals": folder,
        "bandwidth": False,
    }  # fmt: skip
    return Run(**fields | changes)


@pytest.fixture(scope="module")
def results(tmp_path_factory, weights):
    folder = tmp_path_factory.mktemp("peers")
    run(asked(folder), lambda line: None, weights)
    return read_results(folder / "peers.json")


def cell(results, engine, bound):
    return next(c for c in results.cells if c.engine == engine and c.constrained == bound)


def test_peers_that_do_the_same_work_have_a_ratio_with_an_interval(results):
    loop, slow = (cell(results, name, "unconstrained").metrics for name in ("loop", "slow"))
    ratio = loop["decode_to_llama_loop_cpu"]
    assert (ratio.median, ratio.low, ratio.high) == (1.0, 1.0, 1.0)
    assert slow["decode_to_llama_loop_cpu"].n == len(PROMPTS)
    assert slow["same_tokens"].median == 10
    assert cell(results, "slow", "constrained").metrics["grammar_s"].median == 0.25


def test_a_program_that_the_check_refuses_counts_for_no_ratio(results):
    wrong = cell(results, "wrong", "constrained")
    assert wrong.settings["legal"] == 0
    assert wrong.settings["ended"] == 3
    assert "program_time_to_ours_cpu" not in wrong.metrics


def test_a_library_that_is_not_installed_is_a_row_that_says_how_to_install_it(results):
    absent = cell(results, "absent", "unconstrained")
    assert absent.status == "not_installed"
    assert "no_such_library" in absent.reason
    assert "pip install no-such-library" in absent.reason


def test_a_library_that_cannot_take_the_grammar_says_why_in_its_own_words(results):
    refuses = cell(results, "refuses", "constrained")
    assert refuses.status == "failed"
    assert refuses.reason == "ValueError: this grammar is not for me second line"


def test_a_library_whose_process_dies_is_a_row_and_the_others_go_on(results):
    dies = cell(results, "dies", "unconstrained")
    assert dies.status == "failed"
    assert "SIGABRT" in dies.reason


def test_a_format_that_is_not_there_is_skipped_with_its_reason(results):
    elsewhere = cell(results, "elsewhere", "unconstrained")
    assert (elsewhere.status, elsewhere.reason) == ("skipped", "not exported")


def test_every_row_is_in_the_table(results):
    text = "\n".join(lines(results))
    for peer in PEERS:
        assert f"{peer['name']}, {peer['precision']}" in text


def test_a_run_that_was_stopped_asks_only_what_is_left(tmp_path, weights):
    peers = registry([toy("loop"), toy("us")])
    first = asked(tmp_path, peers=peers, prompts=PROMPTS[:2], kinds=["decode"])
    run(first, lambda line: None, weights)
    (journal,) = tmp_path.glob("*.jsonl")
    laps = [json.loads(line)["lap"] for line in journal.read_text().splitlines()]
    with journal.open("a") as file:
        file.write('{"lap": "decode/1/12345678/0/wi')  # what was being written when the run was killed
    write_text(tmp_path / "peers.json", "{}")
    said: list[str] = []
    run(asked(tmp_path, peers=peers, kinds=["decode"]), said.append, weights)
    (journal,) = tmp_path.glob("*.jsonl")
    more = [line for line in journal.read_text().splitlines() if "found" in line][len(laps) :]
    assert [json.loads(line)["lap"].split("/")[-1] for line in more] == ["wild-003", "ready"]
    assert "going on from" in said[0]
    found = read_results(tmp_path / "peers.json")
    assert cell(found, "us", "unconstrained").settings["prompts"] == 3


def test_a_slow_peer_sits_out_when_its_seconds_are_spent(tmp_path, weights):
    peers = registry([toy("loop"), toy("us", options={"seconds": 0.2})])
    found = run(asked(tmp_path, peers=peers, kinds=["decode"], seconds=0.1), lambda line: None, weights)
    slow = cell(found, "us", "unconstrained")
    assert slow.settings["prompts"] == 1
    assert "sat out" in slow.reason


def test_the_registry_names_files_that_are_there():
    for entry in read_registry().peers:
        assert (ROOT / (entry.module.replace(".", "/") + ".py")).is_file(), entry.name


def test_a_reference_that_nobody_is_called_is_an_error_with_its_key(tmp_path):
    path = tmp_path / "peers.yaml"
    write_text(path, f"raw: nobody\nwhole: us\nprompts: [wild-001]\npeers: {json.dumps([toy('us')])}\n")
    with pytest.raises(ConfigError, match=r"peers\.yaml.*raw: no peer is called 'nobody'"):
        read_registry(path)


def test_a_word_that_is_in_no_name_lists_the_names():
    with pytest.raises(RoboError, match=r"'vllm'.*loop, us"):
        only(registry(), ["vllm"])


def test_a_prompt_that_is_not_there_is_named(tmp_path, weights):
    with pytest.raises(RoboError, match="no prompt 'wild-9999'"):
        run(asked(tmp_path, prompts=["wild-9999"]), lambda line: None, weights)


def test_the_trainer_comes_from_the_file_of_its_benchmark_with_day_and_machine():
    found = training_cells(ROOT / "benchmarks" / "results" / "training.json", "nano", "another processor")
    stored = json.loads((ROOT / "benchmarks" / "results" / "training.json").read_text())
    assert [c.metrics["training_ratio"].median for c in found] == [f["ratio"] for f in stored["figures"]]
    assert all(stored["machine"]["cpu"] in c.reason and "not on the processor" in c.reason for c in found)


def test_without_that_file_the_trainers_row_says_how_to_make_it(tmp_path):
    (row,) = training_cells(tmp_path / "training.json", "nano", "")
    assert row.status == "skipped"
    assert "against_hf_trainer.py" in row.reason
