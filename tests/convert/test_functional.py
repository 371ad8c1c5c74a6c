"""Programs written by files and by their checkpoint, and what a file may lose of its answers."""

import json

import pytest
from robo_convert import functional
from robo_convert.float_engine import FloatEngine
from robo_convert.functional import Kept, ask_again, ask_held_out, failure, held_out
from robo_convert.gguf_export import export_gguf
from robo_convert.manifest import read_manifest
from robo_convert.parity import Functional, ParityError
from robo_convert.reference import Past, logits, step
from robo_convert.verify import verify_export
from robo_runtime.engine.pieces import Pieces
from robo_runtime.errors import RoboError
from robo_runtime.files import read_config
from robo_runtime.generate import Generator


@pytest.fixture(scope="module")
def engine(qat_checkpoint):
    from robo_convert.checkpoint import load_checkpoint

    source = load_checkpoint(qat_checkpoint)
    pieces = Pieces(qat_checkpoint / "tokenizer.model", source.shape.vocab_size)
    return FloatEngine(source.weights, source.shape, pieces)


def test_steps_over_a_past_give_the_logits_of_the_whole(source, encoded):
    import numpy as np

    tokens, past, rows = encoded[0].tokens(60), Past.nothing(source.shape), []
    for part in (tokens[:20], tokens[20:21], tokens[21:60]):
        found, past = step(source.weights, source.shape, part, past)
        rows.append(found)
    np.testing.assert_allclose(np.concatenate(rows), logits(source.weights, source.shape, tokens), atol=1e-4)
    again, _ = step(source.weights, source.shape, tokens[30:31], past.first(30))
    np.testing.assert_allclose(again[0], np.concatenate(rows)[30], atol=1e-4)


@pytest.mark.llama
def test_the_checkpoint_writes_what_its_file_writes_in_llama_cpp(engine, export):
    pytest.importorskip("llama_cpp")
    with Generator(export / "robo-qat-f32.gguf") as generator:
        expected = generator.generate("blink the LED on pin 2", max_tokens=60).code
    own = Generator(export, engine=engine)
    assert own.generate("blink the LED on pin 2", max_tokens=60).code == expected
    for guess in (expected, "import time\n\ntime.sleep(1)\n", ""):
        engine.expect(guess)
        assert own.generate("blink the LED on pin 2", max_tokens=60).code == expected


def test_prompts_are_those_of_the_checkpoints_languages_in_a_mixed_order(gate):
    english, both = held_out(gate, ["en"]), held_out(gate, ["en", "hi"])
    assert {task.lang for task in english} == {"en"}
    assert len(english) >= gate.functional.prompts
    assert len(both) == len(english) + sum(task.lang == "hi" for task in both) > len(english)
    assert 0 < sum(task.lang == "hi" for task in both[:100]) < 20
    assert held_out(gate, ["xx"]) == []


@pytest.mark.parametrize(
    ("passed", "points", "fails"),
    [
        (100, 0.5, False), (99, 0.5, False), (98, 0.5, True), (98, 1.0, False), (97, 1.0, True),
        (94, 3.0, False), (93, 3.0, True), (120, 0.5, False),
    ],
)  # fmt: skip
def test_a_file_may_lose_as_many_programs_as_its_points(passed, points, fails):
    found = Functional(prompts=200, passed=passed, checkpoint=100, lost=0, gained=0, same=0)
    assert bool(failure(found, points)) == fails
    if fails:
        assert f"passes {passed} of 200 held-out prompts, its checkpoint 100" in failure(found, points)


@pytest.fixture(scope="module")
def asked(qat_checkpoint, tmp_path_factory, gate):
    """An export whose files answered two prompts, with at most 48 tokens each."""
    pytest.importorskip("llama_cpp")
    short = gate.functional.model_copy(update={"max_tokens": 48})
    gate = gate.model_copy(update={"functional": short})
    folder = tmp_path_factory.mktemp("asked") / "robo-qat"
    export_gguf(qat_checkpoint, folder, ["q4_0"], gate=gate, functional=2)
    return folder, gate


@pytest.mark.llama
def test_an_export_keeps_the_prompts_and_what_the_checkpoint_answered(asked):
    folder, gate = asked
    manifest = read_manifest(folder)
    assert manifest.files["functional.json"].role == "functional"
    (model,) = manifest.models().values()
    kept = read_config(folder / "functional.json", Kept)
    assert len(kept.tasks) == len(kept.programs) == model.functional.prompts == 2
    assert [t.prompt for t in kept.tasks] == [t.prompt for t in held_out(gate, ["en", "hi"])[:2]]
    assert model.functional.passed <= model.functional.prompts


@pytest.mark.llama
def test_verify_asks_again_from_the_files_alone(asked):
    folder, gate = asked
    (found,) = verify_export(folder, gate=gate, functional=None)
    assert found.functional == read_manifest(folder).models()[found.file].functional
    assert verify_export(folder, gate=gate)[0].functional is None


@pytest.mark.llama
def test_a_file_that_answers_worse_is_not_published(qat_checkpoint, asked, tmp_path, monkeypatch):
    _, gate = asked
    right = [task.code for task in held_out(gate, ["en", "hi"])[:2]]
    monkeypatch.setattr(functional, "_known", {})
    ask = functional.ask

    def answers(command, job, name, progress):
        return ask(command, job | {"programs": right}, name, progress)  # a checkpoint that can do it

    monkeypatch.setattr(functional, "ask", answers)
    message = r"robo-qat-q4_0\.gguf: passes 0 of 2 held-out prompts, its checkpoint 2 \(at most 1 fewer\)"
    with pytest.raises(ParityError, match=message):
        export_gguf(qat_checkpoint, tmp_path / "x", ["q4_0"], gate=gate, functional=2)
    assert not (tmp_path / "x").exists()


def test_what_cannot_be_asked_is_said(source, gate, tmp_path, monkeypatch):
    from robo_convert import llama_parity

    def ask(prompts, kind="gguf"):
        said = []
        options = {"board": "esp32", "gate": gate, "progress": said.append}
        return ask_held_out(source, tmp_path, ["x"], kind, prompts, **options), said

    with pytest.raises(RoboError, match=r"--functional 9999: there are \d+ held-out prompts"):
        ask(9999, "onnx")
    monkeypatch.setattr(llama_parity, "available", lambda: False)
    with pytest.raises(RoboError, match="--functional 5: llama-cpp-python is not installed"):
        ask(5)
    assert ask(None) == (
        ({}, None),
        ["asking no held-out prompts: " + functional.why_not("gguf", source, [1])],
    )
    assert ask(0) == (({}, None), [])


def test_nothing_is_asked_again_where_nothing_was_asked(gate, tmp_path):
    kept = Kept(tasks=[], programs=[])
    assert ask_again(tmp_path, ["x"], "gguf", kept, None, board="esp32", gate=gate) == {}
    assert json.loads(kept.model_dump_json()) == {"tasks": [], "programs": []}
