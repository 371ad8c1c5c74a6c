"""A run starts from a finished model: a checkpoint folder, or a GGUF file that is dequantised."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from robo_convert.gguf_export import export_gguf
from robo_runtime.errors import RoboError
from robo_train.checkpoint import load_checkpoint, save_checkpoint
from robo_train.config import TrainConfig
from robo_train.corpus.build import _tokenizer, corpus_fingerprint
from robo_train.model import Llama
from robo_train.qat import fake_quantise
from robo_train.start import start_from
from robo_train.tokenizer import Tokenizer, train_tokenizer, training_lines
from robo_train.training.run import RunPaths, train
from robo_train.vocabulary import sentencepiece_of, tokenizer_at, vocabulary_of

from tests.train.conftest import VOCABULARY, make_records


@pytest.fixture
def finished(recipe: TrainConfig, tokenizer: Tokenizer, tmp_path: Path) -> tuple[Llama, Path]:
    """A model with its checkpoint, trained for Q4_0."""
    torch.manual_seed(4)
    model = Llama(recipe.model_config_)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(fake_quantise(name, parameter * 5))
    save_checkpoint(tmp_path / "robo-old", model, tokenizer, {"qat": "q4_0"}, qat="q4_0")
    return model, tmp_path / "robo-old"


def started(init: Path, recipe: TrainConfig, tokenizer: Tokenizer) -> dict[str, torch.Tensor]:
    model = Llama(recipe.model_config_)
    start_from(init, model, tokenizer)
    return model.state_dict()


def test_weights_come_back_exactly_from_a_folder_and_from_every_export(
    finished: tuple[Llama, Path], recipe: TrainConfig, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    model, folder = finished
    export_gguf(folder, tmp_path / "exports", ["f32", "q4_0"])
    files = sorted((tmp_path / "exports").glob("*.gguf"))
    assert len(files) == 2
    for init in [folder, *files]:
        found = started(init, recipe, tokenizer)
        for name, weight in model.state_dict().items():
            assert torch.equal(found[name], weight), (init, name)


def test_another_vocabulary_is_refused_with_the_remedy(
    finished: tuple[Llama, Path], recipe: TrainConfig
) -> None:
    lines = training_lines([], [r.code.replace("led", "lamp") for r in make_records(300, seed=5)])
    other = Tokenizer(train_tokenizer(lines, recipe.tokenizer_config))
    assert len(other) == VOCABULARY
    with pytest.raises(RoboError, match=r"token \d+ is .*configs/tokenizers"):
        started(finished[1], recipe, other)


def test_another_shape_is_refused_and_named(
    finished: tuple[Llama, Path], recipe: TrainConfig, tokenizer: Tokenizer
) -> None:
    wider = Llama(recipe.model_config_.model_copy(update={"intermediate_size": 96}))
    with pytest.raises(RoboError, match="its intermediate_size is 64, model t has 96"):
        start_from(finished[1], wider, tokenizer)


def test_what_is_no_model_is_refused(recipe: TrainConfig, tokenizer: Tokenizer, tmp_path: Path) -> None:
    with pytest.raises(RoboError, match=r"expected a checkpoint folder or a \.gguf file"):
        started(tmp_path / "nothing", recipe, tokenizer)
    (tmp_path / "cut.gguf").write_bytes(b"GGUF\x03")
    with pytest.raises(RoboError, match="not a readable GGUF file"):
        started(tmp_path / "cut.gguf", recipe, tokenizer)


def test_the_tokenizer_of_a_gguf_gives_the_same_ids(
    finished: tuple[Llama, Path], tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """So that data for a run that starts from a shipped model can be cut into that model's pieces."""
    export_gguf(finished[1], tmp_path / "exports", ["q4_0"])
    again = tokenizer_at(next((tmp_path / "exports").glob("*.gguf")))
    texts = [r.code for r in make_records(50, seed=11)] + ["", "  x\t\n", "größe ▁ 灯 <eos> [USER]", " a  b"]
    for text in texts:
        assert again.encode(text) == tokenizer.encode(text)
        assert again.decode(again.encode(text)) == text
    assert vocabulary_of(sentencepiece_of(vocabulary_of(tokenizer.serialised))) == vocabulary_of(
        tokenizer.serialised
    )


def test_data_may_take_a_models_tokenizer_instead_of_training_one(
    finished: tuple[Llama, Path], recipe: TrainConfig, tokenizer: Tokenizer, tmp_path: Path
) -> None:
    """The remedy for a start from another vocabulary; another tokenizer in that place is another corpus."""
    own = corpus_fingerprint(recipe)
    path = Path(recipe.tokenizer)
    path.write_text(path.read_text() + f"file: {finished[1]}\n")
    borrowing = TrainConfig(**recipe.model_dump())
    (tmp_path / "data").mkdir()
    found = _tokenizer(borrowing, tmp_path / "data", lambda *_: None)
    assert found.serialised == tokenizer.serialised == (tmp_path / "data/tokenizer.model").read_bytes()
    assert corpus_fingerprint(borrowing) != own

    path.write_text(path.read_text().replace(f"vocab_size: {VOCABULARY}", "vocab_size: 512"))
    with pytest.raises(RoboError, match=f"has {VOCABULARY} pieces, .* says vocab_size 512"):
        _tokenizer(TrainConfig(**recipe.model_dump()), tmp_path / "data", lambda *_: None)


def test_training_starts_where_the_other_model_ended(
    recipe: TrainConfig, token_folder: Path, tmp_path: Path
) -> None:
    def trained(name: str, init: Path | None, **fields: object) -> tuple[Path, float]:
        where = RunPaths(token_folder, tmp_path / name / "run", tmp_path / name / "robo-x")
        train(recipe.model_copy(update={"pretrain": 0.0, **fields}), where, init=init)
        return where.checkpoint, load_checkpoint(where.checkpoint)[2]["figures"]["val_loss"]

    first, loss = trained("first", None, max_steps=8)
    export_gguf(first, tmp_path / "exports", ["q4_0"])
    gguf = next((tmp_path / "exports").glob("*.gguf"))
    for name, init in (("folder", first), ("gguf", gguf)):
        standing = {"max_steps": 1, "learning_rate": 1e-9, "qat_start": 0.0}
        assert trained(name, init, **standing)[1] == pytest.approx(loss, abs=1e-4)
        weights = init if init.is_file() else init / "model.safetensors"
        told = json.loads((tmp_path / name / "robo-x" / "training.json").read_text())["init"]
        assert told["sha256"] == hashlib.sha256(weights.read_bytes()).hexdigest()
