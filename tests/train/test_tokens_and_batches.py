"""Token files keep sample boundaries and prompts; batches carry the loss where it belongs."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from robo_runtime.errors import RoboError
from robo_train.batches import Draw, TrainBatches, padded_width, plan_epoch, validation_batches
from robo_train.tokenise import TokenFile, sample_parts
from robo_train.tokenizer import Tokenizer

from tests.train.conftest import make_records


def test_a_sample_can_be_read_back_from_the_token_file(token_folder: Path, tokenizer: Tokenizer) -> None:
    file = TokenFile.open(token_folder, "train", tokenizer)
    record = make_records(300)[5]
    ids = file.tokens[file.starts[5] : file.starts[6]].tolist()
    prompt, answer = sample_parts(record, 5)
    assert ids == tokenizer.encode_parts(prompt) + tokenizer.encode_parts(answer)
    assert tokenizer.decode(ids[file.prompts[5] :]) == record.code


def test_the_loss_of_an_instruction_is_on_its_program_alone(token_folder: Path, tokenizer: Tokenizer) -> None:
    file = TokenFile.open(token_folder, "val", tokenizer)
    for ids, targets in validation_batches(file, 512):
        for row, goal in zip(ids.tolist(), targets.tolist(), strict=True):
            first = next(i for i, t in enumerate(goal) if t != -100)
            assert row[first] == tokenizer.control["[CODE]"]
            written = [t for t in goal if t != -100]
            assert written[-2:] == [tokenizer.control["[/CODE]"], tokenizer.control["<eos>"]]
            assert tokenizer.decode(written).startswith("from machine import Pin")


def test_targets_are_the_next_tokens(token_folder: Path, tokenizer: Tokenizer) -> None:
    stream = TrainBatches(TokenFile.open(token_folder, "train", tokenizer), 512, seed=1)
    ids, targets = next(iter(stream)).batch
    for row, goal in zip(ids.tolist(), targets.tolist(), strict=True):
        assert goal[0] != -100  # pretraining counts every token
        end = max(i for i, g in enumerate(goal) if g != -100)
        assert goal[:end] == row[1 : end + 1]
        assert goal[end] == tokenizer.control["<eos>"]


def test_an_epoch_has_every_sample_once_within_the_token_limit() -> None:
    lengths = np.random.default_rng(0).integers(20, 300, 1000)
    plan = plan_epoch(lengths, 1024, np.random.default_rng(1))
    assert sorted(np.concatenate(plan).tolist()) == list(range(1000))
    sizes = [len(batch) * padded_width(lengths[batch].max()) for batch in plan]
    assert max(sizes) <= 1024
    assert sum(sizes) / lengths.sum() < 1.1


def test_training_batches_come_in_few_shapes() -> None:
    """A CPU compiles its kernels anew for every shape."""
    lengths = np.random.default_rng(0).integers(20, 300, 5000)
    plan = plan_epoch(lengths, 2048, np.random.default_rng(1), keep_last=False)
    shapes = {(len(batch), padded_width(lengths[batch].max())) for batch in plan}
    assert len(shapes) <= 19
    assert sum(len(batch) for batch in plan) > 0.99 * len(lengths)


def test_a_stream_goes_on_where_a_cursor_says(token_folder: Path, tokenizer: Tokenizer) -> None:
    file = TokenFile.open(token_folder, "train", tokenizer)
    whole = TrainBatches(file, 512, seed=3)
    whole.end_pretraining()
    batches = list(islice(iter(whole), 150))  # several passes
    resumed = TrainBatches(file, 512, seed=3)
    resumed.cursor = batches[99].cursor
    for left, right in zip(batches[100:], islice(iter(resumed), 50), strict=True):
        assert left.batch[0].tolist() == right.batch[0].tolist()


@pytest.mark.parametrize("pretraining", [True, False])
def test_ranks_share_out_the_rows_of_each_batch(
    token_folder: Path, tokenizer: Tokenizer, pretraining: bool
) -> None:
    """And know without asking how many targets the whole batch has; a rank without a row counts nothing."""

    def draws(rank: int, size: int) -> list[Draw]:
        stream = TrainBatches(TokenFile.open(token_folder, "train", tokenizer), 512, 3, rank, size)
        if not pretraining:
            stream.end_pretraining()
        return list(islice(iter(stream), 12))

    def samples(draw: Draw) -> list[list[int]]:
        pairs = zip(*(t.tolist() for t in draw.batch), strict=True)
        return [[*ids, *goal] for ids, goal in pairs if any(g != -100 for g in goal)]

    ranks = [draws(rank, 7) for rank in range(7)]  # more than a batch of the widest samples has rows
    for i, whole in enumerate(draws(0, 1)):
        assert whole.counted == int((whole.batch[1] != -100).sum())
        assert {rank[i].counted for rank in ranks} == {whole.counted}
        assert {rank[i].cursor for rank in ranks} == {whole.cursor}
        counts = [int((rank[i].batch[1] != -100).sum()) for rank in ranks]
        assert sum(counts) == whole.counted
        assert sum(len(samples(rank[i])) for rank in ranks) == len(samples(whole))


def test_another_tokenizer_is_noticed(token_folder: Path, tokenizer: Tokenizer) -> None:
    from sentencepiece import sentencepiece_model_pb2 as pb

    proto = pb.ModelProto.FromString(tokenizer.serialised)
    proto.pieces[400].score -= 1
    other = Tokenizer(proto.SerializeToString())
    with pytest.raises(RoboError, match="build the data again"):
        TokenFile.open(token_folder, "train", other)


def test_a_cut_token_file_is_noticed(token_folder: Path, tokenizer: Tokenizer, tmp_path: Path) -> None:
    for path in token_folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "train.bin").write_bytes((token_folder / "train.bin").read_bytes()[:-100])
    with pytest.raises(RoboError, match="its index expects"):
        TokenFile.open(tmp_path, "train", tokenizer)
