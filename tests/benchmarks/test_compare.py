"""Recipes compared at a fixed budget: sets of variants, their data, their order and what is made of the runs."""

import json
from pathlib import Path

import pytest
import torch
from robo_runtime.errors import RoboError
from robo_runtime.files import read_config, write_json
from robo_train.checkpoint import save_checkpoint
from robo_train.config import CorpusConfig, TokenizerConfig, TrainConfig
from robo_train.corpus.records import Record, read_records, to_line
from robo_train.model import Llama, count_parameters
from robo_train.tokenise import Metadata, sample_parts, tokenise
from robo_train.tokenizer import Tokenizer, train_tokenizer, training_lines
from typer.testing import CliRunner

from benchmarks.quality.figures import share
from benchmarks.training import busy, compare
from benchmarks.training.corpora import Corpora
from benchmarks.training.losses import Loss, losses
from benchmarks.training.outcome import show, summarise, write_outcome
from benchmarks.training.trial import TRIAL, Training, Trial
from benchmarks.training.variants import FOLDER, VariantSet, jobs, load_set
from tests.train.conftest import VOCABULARY, make_recipe, make_records

SETS = sorted(p.stem for p in FOLDER.glob("*.yaml"))


def silent(name: str, done: int, expected: int) -> None:
    """No progress bar."""


def held_out(n: int) -> list[Record]:
    """Records that can be judged, of two splits."""
    checks = [{"op": "event", "kind": "sleep"}]
    return [
        r.model_copy(update={"split": ("iid", "depth")[i % 2], "checks": checks, "id": f"t{i}"})
        for i, r in enumerate(make_records(n, seed=9)[:-1])
    ]


def write_records(path: Path, records: list[Record]) -> None:
    path.write_text("".join(f"{to_line(r)}\n" for r in records), encoding="utf-8")


@pytest.fixture(scope="module")
def pieces() -> Tokenizer:
    records = make_records(400)
    lines = training_lines([r.prompt for r in records], [r.code for r in records])
    return Tokenizer(train_tokenizer(lines, TokenizerConfig(name="t", vocab_size=VOCABULARY)))


@pytest.fixture
def corpus(pieces: Tokenizer, tmp_path: Path) -> Path:
    """A built corpus of 60 samples with its records."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "tokenizer.model").write_bytes(pieces.serialised)
    parts = {"train": make_records(60), "val": held_out(12)}
    splits = {name: tokenise(records, pieces, folder, name, 256) for name, records in parts.items()}
    for name, records in parts.items():
        write_records(folder / f"{name}.jsonl", records)
    metadata = Metadata(tokenizer_sha256=pieces.sha256, vocab_size=len(pieces), max_length=256, splits=splits)
    write_json(folder / "metadata.json", metadata.model_dump())
    return folder


@pytest.fixture
def toy_set(tmp_path: Path) -> Path:
    make_recipe(tmp_path)
    path = tmp_path / "toys.yaml"
    path.write_text(
        f"name: toys\nabout: Does this work?\nbase: {tmp_path}/recipe.yaml\nseeds: [1, 2]\n"
        "common: {max_steps: 2, corpus: {augmentation: {pins: 0.5}}}\n"
        "variants:\n  padded: {}\n  packed: {packing: true, corpus: {focus: 0.5}}\n"
    )
    return path


@pytest.mark.parametrize("name", SETS)
def test_every_set_names_recipes_that_can_be_trained(name: str) -> None:
    variants, path = load_set(name)
    assert variants.name == name
    work = jobs(variants, path)
    assert len(work) == len(variants.variants) * len(variants.seeds)
    assert len({job.config.model_dump_json() for job in work}) == len(work)
    assert {job.config.budget for job in work} == {variants.budget}


@pytest.mark.parametrize(
    ("name", "apart"), [("shape-9m", []), ("shape-25m", []), ("vocabulary", ["4k-4-layers"])]
)
def test_shapes_are_compared_at_equal_parameters(name: str, apart: list[str]) -> None:
    work = jobs(*load_set(name), seeds=[1])
    counts = [
        count_parameters(j.config.model_config_)["total"] for j in work if j.variant not in apart
    ]  # fmt: skip
    assert max(counts) / min(counts) < 1.01


def test_runs_alternate_and_variants_change_only_what_they_name(toy_set: Path) -> None:
    variants, path = load_set(str(toy_set))
    work = jobs(variants, path, budget=7.0)
    assert [job.name for job in work] == ["padded-s1", "packed-s1", "padded-s2", "packed-s2"]
    padded, packed = (job.config.model_dump() for job in work[:2])
    assert {k for k in padded if padded[k] != packed[k]} == {"packing", "corpus"}
    assert packed["corpus"] == padded["corpus"] | {"focus": 0.5}
    assert padded["corpus"]["augmentation"]["pins"] == 0.5
    assert padded["budget"] == 7.0
    assert [job.seed for job in jobs(variants, path, seeds=[5])] == [5, 5]


def test_a_key_that_no_recipe_has_and_a_set_that_is_not_there_are_named(toy_set: Path) -> None:
    toy_set.write_text(toy_set.read_text().replace("packing: true", "pakking: true"))
    with pytest.raises(RoboError, match="pakking"):
        jobs(*load_set(str(toy_set)))
    with pytest.raises(RoboError, match=r"no such set of variants; there are: batch, compile"):
        load_set("optimizer")


def test_another_tokenizer_gets_the_same_records_in_its_own_tokens(corpus: Path, tmp_path: Path) -> None:
    base = make_recipe(tmp_path)
    (tmp_path / "small.yaml").write_text("name: small\nvocab_size: 400\n")
    other = TrainConfig(**(base.model_dump() | {"tokenizer": f"{tmp_path}/small.yaml"}))
    corpora = Corpora(tmp_path / "corpora", base, corpus)
    corpora.build([base, other], silent)
    assert corpora.folder(base) == corpus
    folder = corpora.folder(other)
    assert (folder / "train.jsonl").read_bytes() == (corpus / "train.jsonl").read_bytes()
    metadata = read_config(folder / "metadata.json", Metadata)
    assert metadata.vocab_size == 400
    assert metadata.splits["train"].samples == 61


def test_nobody_is_asked_what_another_variant_was_trained_on(corpus: Path, tmp_path: Path) -> None:
    base = make_recipe(tmp_path)
    other = base.model_copy(update={"corpus": CorpusConfig(samples=1, focus=0.5)})
    corpora = Corpora(tmp_path / "corpora", base, corpus)
    folder = corpora.folder(other)
    folder.mkdir(parents=True)
    known = held_out(12)
    write_records(folder / "train.jsonl", [known[0], known[3].model_copy(update={"prompt": "same code"})])
    validation, asked = corpora.questions([base, other], tmp_path / "set", 2)
    left = list(read_records(validation))
    assert {known[0].prompt, known[3].prompt}.isdisjoint({r.prompt for r in left})
    assert {known[0].code, known[3].code}.isdisjoint({r.code for r in left})
    assert len(left) == len({r.prompt for r in known if r.code not in (known[0].code, known[3].code)})
    splits = [r.split for r in read_records(asked)]
    assert splits.count("iid") <= 2 and splits.count("depth") <= 2


def test_corpora_of_other_sources_are_not_mixed(corpus: Path, tmp_path: Path) -> None:
    base = make_recipe(tmp_path)
    others = [base.model_copy(update={"corpus": CorpusConfig(samples=1, focus=f)}) for f in (0.5, 0.6)]
    corpora = Corpora(tmp_path / "corpora", base, corpus)
    for text, other in zip("ab", others, strict=True):
        folder = corpora.folder(other)
        folder.mkdir(parents=True)
        write_json(folder / "metadata.json", {})
        (folder / "sources.txt").write_text(text)
    with pytest.raises(RoboError, match="composed from different sources; remove the folder"):
        corpora.build(others, silent)
    with pytest.raises(RoboError, match="made from other sources, or by another recipe"):
        corpora.build(others[:1], silent)


def test_losses_by_split_are_those_of_each_sample_alone(
    pieces: Tokenizer,
    tmp_path: Path,
) -> None:
    recipe, records = make_recipe(tmp_path), held_out(7)
    torch.manual_seed(0)
    model = Llama(recipe.model_config_).eval()
    save_checkpoint(tmp_path / "checkpoint", model, pieces, {})
    found = losses(tmp_path / "checkpoint", records)
    assert set(found) == {"iid", "depth", "all"}
    nats: list[float] = []
    tokens: list[int] = []
    for position, record in enumerate(records):
        prompt, answer = (pieces.encode_parts(p) for p in sample_parts(record, position))
        with torch.no_grad():
            scores = model(torch.tensor([prompt + answer]))[0].log_softmax(-1)
        at = range(len(prompt), len(prompt) + len(answer))
        nats.append(-sum(float(scores[i - 1, (prompt + answer)[i]]) for i in at))
        tokens.append(len(answer))
    assert found["iid"].nats_per_token == pytest.approx(sum(nats[::2]) / sum(tokens[::2]), abs=1e-4)
    characters = sum(len(r.code) for r in records)
    assert found["all"].nats_per_character == pytest.approx(sum(nats) / characters, abs=1e-4)


def trial(variant: str, seed: int, passes: str, loss: float) -> Trial:
    hits, n = passes.count("1"), len(passes)
    return Trial(
        variant=variant, seed=seed, mark="m", cases=[f"c{i}" for i in range(n)], passes=passes,
        training=Training(
            steps=100 * seed, tokens=1000, seconds=10, tokens_per_s=100, first_step_s=2, val_loss=loss,
            parameters=9_440_640, batch_tokens=512, learning_rate=1e-3, precision="32-true", compile=False,
        ),
        losses={s: Loss(n=9, left_out=0, nats_per_token=loss, nats_per_character=loss / 4) for s in ("iid", "all")},
        passed={"all": share(hits, n)}, copied={"all": share(hits, n)}, copied_wrong={}, evaluating_s=1,
        busy_before=0, provenance={},
    )  # fmt: skip


def test_runs_of_a_variant_are_pooled_and_compared_prompt_by_prompt(tmp_path: Path) -> None:
    variants = VariantSet(
        name="t", about="<why>", base="toy", seeds=[1, 2], variants={"a": {}, "b": {}, "c": {}}
    )
    runs = [trial("a", 1, "1100", 0.5), trial("b", 1, "1110", 0.4), trial("a", 2, "1000", 0.6),
            trial("b", 2, "1011", 0.5)]  # fmt: skip
    first, second = summarise(variants, runs)
    assert (first.variant, first.seeds, first.steps, first.val_loss_spread) == ("a", [1, 2], 150, 0.1)
    assert (first.passed["all"].hits, first.passed["all"].n) == (3, 8)
    assert first.against_first is None
    assert second.nats_per_token["all"] == pytest.approx(0.45)
    assert second.against_first is not None
    assert (second.against_first.n, second.against_first.points) == (8, 37.5)
    assert second.against_first.p == pytest.approx(0.25)  # three prompts won, none lost: 2 / 2**3
    write_outcome(tmp_path / "t.json", variants, runs, {"c-s1": "the loss is nan"}, {"time": "now"})
    stored = json.loads((tmp_path / "t.json").read_text())
    assert [s["variant"] for s in stored["summaries"]] == ["a", "b"]
    assert stored["failed"] == {"c-s1": "the loss is nan"}
    page = (tmp_path / "t.html").read_text()
    assert "&lt;why&gt;" in page and "37.5" in page and "the loss is nan" in page


def test_a_busy_machine_is_waited_for_and_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([1.5, 1.2, 0.1])
    monkeypatch.setattr(busy, "busy_cores", lambda seconds: next(readings))
    monkeypatch.setattr(busy.time, "sleep", lambda seconds: None)
    assert busy.wait_until_idle(0.3, patience=1000) == 0.1
    monkeypatch.setattr(busy, "busy_cores", lambda seconds: 1.7)
    with pytest.raises(RoboError, match=r"other programs use 1\.7 cores.*--max-busy"):
        busy.wait_until_idle(0.3, patience=0)


@pytest.mark.slow
@pytest.mark.llama
def test_a_set_is_trained_exported_asked_and_kept(
    toy_set: Path, corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way in miniature; run again, nothing is trained; a run that fails is told and tried again."""
    toy_set.write_text(toy_set.read_text().replace(", corpus: {focus: 0.5}", ""))
    monkeypatch.setattr(compare, "workspace", lambda: tmp_path)
    arguments = [str(toy_set), "--corpus", str(corpus), "--seed", "1", "--limit", "1", "--max-busy", "99",
                 "--workers", "1", "--output", str(tmp_path / "out.json")]  # fmt: skip
    done = CliRunner().invoke(compare.app, arguments)
    assert done.exit_code == 0, done.output
    assert "1 of 2: padded-s1, about" in done.output
    stored = json.loads((tmp_path / "out.json").read_text())
    for run in stored["trials"]:
        assert run["training"]["steps"] == 2
        assert run["training"]["first_step_s"] > 0
        assert set(run["losses"]) == {"iid", "depth", "all"}
        assert run["passed"]["all"]["n"] == 2
        assert run["copied"]["all"]["n"] == 2
    again = CliRunner().invoke(compare.app, arguments)
    assert again.output.count("is done already") == 2
    folder = tmp_path / "runs/compare/toys/packed-s1"
    (folder / TRIAL).unlink()
    (corpus / "tokenizer.model").write_bytes(b"damaged")
    (folder / "t" / "training.json").unlink()
    broken = CliRunner().invoke(compare.app, arguments)
    assert broken.exit_code == 1
    assert "packed-s1 failed: error: " in broken.output


def test_the_table_has_a_column_for_each_variant(capsys: pytest.CaptureFixture[str]) -> None:
    variants = VariantSet(name="t", about="", base="toy", variants={"a": {}, "b": {}})
    show(summarise(variants, [trial("a", 1, "10", 0.5), trial("b", 1, "11", 0.4)]))
    shown = capsys.readouterr().out
    assert "pass@1, all" in shown and "9.44M" in shown and "0.4000" in shown
