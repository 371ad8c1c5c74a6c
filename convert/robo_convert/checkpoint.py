"""The only thing that comes in: a Hugging Face Llama folder plus `training.json`, checked before use."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict, Field
from robo_runtime.drafts import FILE
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.gguf_file import Shape, expected_tensors
from robo_runtime.paths import workspace
from robo_runtime.prompt import EOS, control_tokens

from robo_convert.foreign import Imported
from robo_convert.reference import Weights

FILES = (
    "config.json", "model.safetensors", "tokenizer.model", "tokenizer.json", "generation_config.json",
    "training.json",
)  # fmt: skip
"""What makes a checkpoint complete."""
_IMPORT = ". A Hugging Face folder that others made is first imported: robo-convert import FOLDER"


class HubConfig(Strict):
    """The keys of `config.json` that decide what the model computes; others are not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    architectures: tuple[Literal["LlamaForCausalLM"]]
    vocab_size: int = Field(ge=1)
    hidden_size: int = Field(ge=1)
    intermediate_size: int = Field(ge=1)
    num_hidden_layers: int = Field(ge=1)
    num_attention_heads: int = Field(ge=1)
    num_key_value_heads: int = Field(ge=1)
    head_dim: int | None = Field(default=None, ge=2, multiple_of=2)
    max_position_embeddings: int = Field(ge=1)
    rms_norm_eps: float = Field(gt=0)
    rope_theta: float | None = Field(default=None, gt=0)
    rope_parameters: dict[str, float | str] | None = None
    tie_word_embeddings: bool
    hidden_act: Literal["silu"] = "silu"
    attention_bias: Literal[False] = False
    mlp_bias: Literal[False] = False

    def shape(self, where: str) -> Shape:
        """The shape in the terms of this package.

        Raises:
            RoboError: a scaled RoPE, no RoPE base, or heads that do not divide.
        """
        rope = self.rope_parameters or {}
        theta = rope.get("rope_theta", self.rope_theta)
        if rope.get("rope_type", "default") != "default":
            raise RoboError(f"{where}: rope_parameters: rope_type {rope['rope_type']!r} is not exported")
        if not isinstance(theta, (int, float)):
            raise RoboError(f"{where}: rope_theta: this key is missing")
        undivided = self.head_dim is None and self.hidden_size % self.num_attention_heads
        if undivided or self.num_attention_heads % self.num_key_value_heads:
            raise RoboError(
                f"{where}: hidden_size {self.hidden_size} must divide by num_attention_heads"
                f" {self.num_attention_heads}, and that by num_key_value_heads {self.num_key_value_heads}"
            )
        return Shape(
            vocab_size=self.vocab_size,
            hidden_size=self.hidden_size,
            intermediate_size=self.intermediate_size,
            layers=self.num_hidden_layers,
            heads=self.num_attention_heads,
            kv_heads=self.num_key_value_heads,
            head_dim=self.head_dim or self.hidden_size // self.num_attention_heads,
            context=self.max_position_embeddings,
            rope_theta=float(theta),
            norm_eps=self.rms_norm_eps,
            tied=self.tie_word_embeddings,
        )


class Git(Strict):
    """The code that trained a checkpoint."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    commit: str = ""
    dirty: bool = False
    """True when files differed from the commit."""


class Training(Strict):
    """The keys of `training.json` an export repeats; the file holds many more."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    qat: Literal["none", "q4_0"] = "none"
    """With "q4_0" the weights are what a Q4_0 file stores, and the export must hold them exactly."""
    git: Git = Git()
    time: str = ""
    """When training ended, UTC, ISO 8601."""
    licence: str = "apache-2.0"
    """SPDX identifier in lower case, as the hub writes it."""
    languages: tuple[str, ...] = ("en",)
    """Codes of configs/languages the model was trained on."""
    description: str = "Writes MicroPython programs for ESP32 robotics kits."
    imported: Imported | None = None
    """For a model that others made (`robo-convert import`): it knows no prompt format."""


@dataclass(frozen=True)
class Checkpoint:
    """A complete, consistent checkpoint in memory."""

    path: Path
    shape: Shape
    weights: Weights
    """Hugging Face names to float32 arrays, (out, in) for matrices."""
    tokenizer: bytes
    """`tokenizer.model`; `tokenizer.json` of an imported model whose tokenizer is no SentencePiece one."""
    training: Training
    sha256: str
    """Of model.safetensors."""
    drafts: tuple[tuple[int, ...], ...] = ()
    """Rows of a few tokens and what mostly follows them in programs; none in older checkpoints."""

    @property
    def name(self) -> str:
        """The folder's name, which names the export."""
        return self.path.name

    @property
    def parameters(self) -> int:
        """Trained numbers; the tied head is counted once."""
        return sum(w.size for w in self.weights.values())

    @property
    def tokenizer_files(self) -> tuple[str, ...]:
        """What goes beside a model file that holds no tokenizer."""
        return tokenizer_files(self.training)

    @property
    def ends(self) -> tuple[int, ...]:
        """Tokens that end an answer, the most usual first."""
        if self.training.imported:
            return self.training.imported.eos
        return control_tokens().index("[/CODE]"), control_tokens().index(EOS)


def tokenizer_files(training: Training) -> tuple[str, ...]:
    """The tokenizer's files of a checkpoint, the one that decides first."""
    byte_level = training.imported and training.imported.tokenizer == "byte-level"
    return ("tokenizer.json",) if byte_level else ("tokenizer.model", "tokenizer.json")


def find_checkpoint(named: Path | None, folder: Path | None = None) -> Path:
    """The folder that was named; `nano` is `checkpoints/robo-nano`, and nothing the newest checkpoint."""
    if named is None:
        return newest_checkpoint(folder)
    tier = (folder or workspace() / "checkpoints") / f"robo-{named.name}"
    return tier if len(named.parts) == 1 and not named.exists() and tier.is_dir() else named


def newest_checkpoint(folder: Path | None = None) -> Path:
    """The complete checkpoint under `checkpoints/` whose training ended last, by its `training.json`."""
    folder = folder or workspace() / "checkpoints"
    found = [p.parent for p in folder.glob("*/training.json") if not p.parent.name.startswith(".")]
    complete = [p for p in found if all((p / name).is_file() for name in FILES)]
    if not complete:
        half = f"; {found[0]} is not complete" if found else ""
        raise RoboError(f"{folder}: no checkpoint here{half}; train one (just train nano) or name a folder")
    return max(complete, key=_trained)


def _trained(folder: Path) -> tuple[str, float]:
    path = folder / "training.json"
    return read_config(path, Training).time, path.stat().st_mtime


def load_checkpoint(folder: Path) -> Checkpoint:
    """Read and check a checkpoint folder.

    Raises:
        RoboError: a file is missing or damaged, a tensor is missing, unknown, misshapen or not finite.
    """
    folder = folder.resolve()
    if not folder.is_dir():
        raise RoboError(f"{folder}: no such checkpoint folder")
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing == ["tokenizer.model"] and missing[0] not in tokenizer_files(_training(folder)):
        missing = []
    if missing:
        raise RoboError(
            f"{folder}: not a complete checkpoint, it lacks {', '.join(missing)}; training writes all of"
            f" {', '.join(FILES)}{_IMPORT if 'training.json' in missing else ''}"
        )
    shape = read_config(folder / "config.json", HubConfig).shape(str(folder / "config.json"))
    path, training = folder / "model.safetensors", _training(folder)
    try:
        return Checkpoint(
            path=folder,
            shape=shape,
            weights=_read_weights(path, shape),
            tokenizer=(folder / tokenizer_files(training)[0]).read_bytes(),
            training=training,
            sha256=sha256_of(path),
            drafts=_read_drafts(folder / FILE, shape.vocab_size),
        )
    except OSError as e:
        raise RoboError(f"{folder}: cannot be read: {e}") from None


def _training(folder: Path) -> Training:
    return read_config(folder / "training.json", Training)


def _read_drafts(path: Path, vocab_size: int) -> tuple[tuple[int, ...], ...]:
    if not path.is_file():
        return ()
    try:
        rows = tuple(
            tuple(int(token) for token in row) for row in json.loads(path.read_text(encoding="utf-8"))
        )
    except (ValueError, TypeError) as e:
        raise RoboError(
            f"{path}: rows of token ids expected ({e}); train again, or remove the file"
        ) from None
    lengths = {len(row) for row in rows}
    if len(lengths) > 1 or min(lengths, default=2) < 2:
        raise RoboError(f"{path}: rows of {sorted(lengths)} tokens; all must have the same length, 2 or more")
    if any(not 0 <= token < min(vocab_size, 1 << 16) for row in rows for token in row):
        raise RoboError(f"{path}: a token id outside 0 to {vocab_size - 1}; it belongs to another tokenizer")
    return rows


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, as hexadecimal.

    For a folder that of its listing, a line "HASH  PATH" for each file: what
    `find * -type f | LC_ALL=C sort | xargs sha256sum | sha256sum` prints inside it.
    """
    digest = hashlib.sha256()
    if path.is_dir():
        for name in sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()):
            digest.update(f"{sha256_of(path / name)}  {name}\n".encode())
        return digest.hexdigest()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    if path.is_dir():
        return sum(p.stat().st_size for p in path.rglob("*") if p.is_file())
    return path.stat().st_size


def _read_weights(path: Path, shape: Shape) -> dict[str, NDArray[np.float32]]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found = load_file(path)
        if any(weight.dtype.name == "bfloat16" for weight in found.values()):
            raise TypeError("data type 'bfloat16'")  # another library has taught it to numpy
    except SafetensorError as e:
        raise RoboError(f"{path}: damaged or cut short ({e}); copy it again or train again") from None
    except TypeError as e:  # numpy has no bfloat16
        raise RoboError(f"{path}: {e}; save the weights as float32 (numpy has no bfloat16)") from None
    return check_weights(found, shape, path)


def check_weights(found: Weights, shape: Shape, path: Path) -> dict[str, NDArray[np.float32]]:
    """The tensors of a shape as float32, in the order of a forward pass.

    Raises:
        RoboError: one is missing, unknown, misshapen or not finite.
    """
    expected = expected_tensors(shape)
    if unknown := sorted(set(found) - set(expected)):
        tied = "a tied Llama" if shape.tied else "a Llama"
        raise RoboError(f"{path}: {unknown[0]} is not a tensor of {tied} without biases")
    weights = {}
    for name, size in expected.items():
        if name not in found:
            head = "" if shape.tied else " (tie_word_embeddings is false)"
            raise RoboError(
                f"{path}: tensor {name} is missing; config.json asks for {len(expected)} tensors{head}"
            )
        if found[name].shape != size:
            raise RoboError(
                f"{path}: tensor {name} is {found[name].shape}, config.json makes it {size}; the two files"
                " belong to different models"
            )
        weights[name] = np.ascontiguousarray(found[name], dtype=np.float32)
        if not np.isfinite(weights[name]).all():
            raise RoboError(f"{path}: tensor {name} holds NaN or infinity; the training diverged")
    return weights
