"""Packed rows: the samples of a row know nothing of each other, and a step learns what a padded one learns."""

import hashlib
import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch
from robo_train.batches import Draw, TrainBatches, collate, padded_width
from robo_train.checkpoint import load_checkpoint
from robo_train.config import TrainConfig
from robo_train.machine import compile_problem
from robo_train.model import Llama
from robo_train.packing import collate_packed, plan_packed
from robo_train.tokenise import KINDS, TokenFile
from robo_train.tokenizer import Tokenizer
from robo_train.training.run import RunPaths, fingerprint, train

from tests.train.test_devices import apart, losses, weights
from tests.train.test_resume import interrupted
from tests.train.test_step import after_one_step, close


@pytest.fixture
def file(token_folder: Path, tokenizer: Tokenizer) -> TokenFile:
    return TokenFile.open(token_folder, "train", tokenizer)


def one_epoch(stream: TrainBatches) -> list[Draw]:
    draws = list(islice(iter(stream), 400))
    return [d for d in draws if d.cursor.epoch == 0]


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("full_loss", [False, True])
def test_packed_samples_have_the_loss_and_the_gradients_of_padded_ones(
    recipe: TrainConfig, file: TokenFile, full_loss: bool, checkpointing: bool
) -> None:
    torch.manual_seed(0)
    model = Llama(recipe.model_config_)
    model.checkpointing = checkpointing
    rows = [np.array([3, 300, 7]), np.array([11]), np.array([20, 21])]  # 300 is the document
    found = []
    for batch in (
        collate(file, np.concatenate(rows), full_loss),
        collate_packed(file, rows, padded_width(256), full_loss),
    ):
        model.zero_grad()
        loss = model.summed_loss(*batch)
        loss.backward()
        found.append((loss.detach(), [p.grad.clone() for p in model.parameters() if p.grad is not None]))
    (padded, expected), (packed, gradients) = found
    torch.testing.assert_close(packed, padded, atol=1e-5, rtol=1e-5)
    for got, wanted in zip(gradients, expected, strict=True):
        torch.testing.assert_close(got, wanted, atol=1e-5, rtol=1e-5)


def test_a_sample_sees_nothing_of_its_neighbours(recipe: TrainConfig, file: TokenFile) -> None:
    model = Llama(recipe.model_config_).eval()
    left, right = (collate_packed(file, [np.array([first, 5])], 256, False) for first in (3, 9))
    starts = [int((b[2][0] == 0).nonzero()[1]) for b in (left, right)]
    length = int(file.lengths()[5]) - 1
    with torch.no_grad():
        a, b = (
            model.hidden(ids, positions)[0, s : s + length]
            for (ids, _, positions), s in zip((left, right), starts, strict=True)
        )
    torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-5)


def test_an_epoch_packs_every_sample_once_and_leaves_little_empty() -> None:
    lengths = np.random.default_rng(0).integers(20, 300, 5000)
    plan = plan_packed(lengths, 512, 1, np.random.default_rng(1))
    samples = np.concatenate([row for batch in plan for row in batch])
    assert sorted(samples.tolist()) == list(range(5000))
    sizes = [int((lengths[row] - 1).sum()) for batch in plan for row in batch]
    assert max(sizes) <= 512
    assert np.mean(sizes) / 512 > 0.97
    batches = plan_packed(lengths, 512, 6, np.random.default_rng(1))
    assert {len(batch) for batch in batches} == {6}
    assert len(plan_packed(lengths[:3], 512, 6, np.random.default_rng(1))) == 1


def test_a_packed_batch_is_drawn_as_a_padded_one_would_be(file: TokenFile) -> None:
    """Same samples in an epoch, targets counted right, one shape, positions within the context."""
    epochs = []
    for pack_to in (None, 256):
        stream = TrainBatches(file, 512, 3, pack_to=pack_to)
        stream.end_pretraining()
        epochs.append(one_epoch(stream))
    padded, packed = epochs
    assert {d.batch[0].shape for d in packed} == {torch.Size([2, 256])}
    for draw in packed:
        ids, targets, positions = draw.batch  # type: ignore[misc]
        assert draw.counted == int((targets != -100).sum())
        assert draw.tokens == ids.numel()
        assert int(positions.max()) < 256
    counted = [sum(d.counted for d in epoch) for epoch in epochs]
    assert counted[1] > 0.95 * counted[0]
    assert sum(d.tokens for d in packed) < sum(d.tokens for d in padded)


def test_ranks_share_out_packed_rows(file: TokenFile) -> None:
    def draws(rank: int, size: int) -> list[Draw]:
        return list(islice(iter(TrainBatches(file, 768, 3, rank, size, pack_to=256)), 6))

    ranks = [draws(rank, 4) for rank in range(4)]  # a batch has three rows: the fourth rank counts nothing
    for i, whole in enumerate(draws(0, 1)):
        assert [int((rank[i].batch[1] != -100).sum()) for rank in ranks][3] == 0
        assert sum(int((rank[i].batch[1] != -100).sum()) for rank in ranks) == whole.counted
        assert {rank[i].counted for rank in ranks} == {whole.counted}
        for rank in range(3):
            assert torch.equal(ranks[rank][i].batch[0][0], whole.batch[0][rank])


def test_a_step_of_packed_passes_is_the_step_of_padded_ones(recipe: TrainConfig, file: TokenFile) -> None:
    rows = [np.array([3, 7, 8]), np.array([11, 12]), np.array([20, 21, 22])]
    padded = collate(file, np.concatenate(rows), False)
    packed = [collate_packed(file, [row], 256, False) for row in rows]
    left, loss = after_one_step(recipe, packed, accumulate=3)  # type: ignore[arg-type]
    right, wanted = after_one_step(recipe, [padded])
    close(left, right)
    assert loss == pytest.approx(wanted, abs=1e-5)


def test_an_interrupted_packed_run_ends_as_if_it_had_not_been(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = recipe.model_copy(update={"packing": True, "max_steps": 6, "qat": "none"})
    straight, cut = (RunPaths(token_folder, tmp_path / n / "run", tmp_path / n / "out") for n in "ab")
    train(packed, straight)
    interrupted(packed, cut, monkeypatch, step=3)
    train(packed, cut)
    expected, found = (weights(p.checkpoint) for p in (straight, cut))
    for name, weight in expected.items():
        assert torch.equal(weight, found[name]), name


@pytest.mark.slow
def test_two_processes_learn_from_packed_rows_what_one_learns(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path
) -> None:
    text = (tmp_path / "recipe.yaml").read_text()
    for old, new in (("24", "5"), ("0.01", "0.003")):
        text = text.replace(old, new)
    (tmp_path / "recipe.yaml").write_text(text)
    fields: dict[str, object] = {"packing": "true", "qat": "none"}
    for name, devices in (("one", 1), ("two", 2)):
        done = apart(tmp_path, token_folder, name, f"devices={devices}", **fields)
        assert done.returncode == 0, done.stderr[-3000:]
    assert losses(tmp_path / "two/run") == pytest.approx(losses(tmp_path / "one/run"), abs=1e-4)


@pytest.mark.slow
def test_packed_batches_can_be_compiled(recipe: TrainConfig, file: TokenFile) -> None:
    if problem := compile_problem("cpu"):
        pytest.skip(problem)
    model = Llama(recipe.model_config_)
    compiled = torch.compile(model.summed_loss, dynamic=True)
    for rows in ([np.array([3, 7])], [np.array([3]), np.array([20, 21])]):
        batch = collate_packed(file, rows, 256, False)
        torch.testing.assert_close(compiled(*batch), model.summed_loss(*batch), atol=1e-3, rtol=1e-4)


def test_mixed_text_comes_in_proportion_from_the_first_step_on(
    token_folder: Path, file: TokenFile, tokenizer: Tokenizer
) -> None:
    """A document's loss is on every token, an instruction's on its program, in one phase that never ends."""
    stream = TrainBatches(file, 512, 3, mixed=True)
    first = next(iter(TrainBatches(file, 512, 3, mixed=True)))
    assert not first.cursor.pretraining
    stream.end_pretraining()  # as the module does: nothing changes
    assert torch.equal(next(iter(stream)).batch[0], first.batch[0])
    draws = [first, *one_epoch(stream)]
    bos, code = (tokenizer.control[name] for name in ("<bos>", "[CODE]"))
    documents = instructions = 0
    for draw in draws:
        for row, goal in zip(*(t.tolist() for t in draw.batch), strict=True):
            at = next(i for i, g in enumerate(goal) if g != -100)
            document = code not in row
            assert row[at] == (bos if document else code)
            documents, instructions = documents + document, instructions + (not document)
        assert draw.counted == int((draw.batch[1] != -100).sum())
    assert documents == int((file.kinds != KINDS.index("instruction")).sum())
    assert instructions > 0.9 * (file.kinds == KINDS.index("instruction")).sum()


def test_a_mixed_run_has_one_phase_before_its_weights_are_quantised(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path
) -> None:
    where = RunPaths(token_folder, tmp_path / "run", tmp_path / "checkpoint")
    train(recipe.model_copy(update={"order": "mixed", "pretrain": 0.5, "max_steps": 20}), where)
    text = (where.run / "figures.jsonl").read_text()
    assert '"phase": "mixed"' in text
    assert '"phase": "mixed+qat"' in text
    assert "pretrain" not in text
    assert load_checkpoint(where.checkpoint)[2]["config"]["order"] == "mixed"


def test_keys_at_their_defaults_leave_older_states_resumable(recipe: TrainConfig, token_folder: Path) -> None:
    from robo_runtime.files import read_config
    from robo_train.tokenise import Metadata

    metadata = read_config(token_folder / "metadata.json", Metadata)
    marks = [
        fingerprint(recipe.model_copy(update=changes), metadata, None)
        for changes in ({}, {"packing": True}, {"order": "mixed"})
    ]
    assert len(set(marks)) == 3
    parts = {
        "config": recipe.model_dump(exclude={"save_every", "trackers", "packing", "order"}),
        "model": recipe.model_config_.model_dump(),
        "data": metadata.model_dump(),
        "init": "",
    }
    text = json.dumps(parts, sort_keys=True, default=str)
    assert marks[0] == hashlib.sha256(text.encode()).hexdigest()
