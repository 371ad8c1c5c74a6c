"""The tokenizer of a Hugging Face folder, as far as llama.cpp can carry it, and its special tokens."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.files import read_data

from robo_convert.foreign import Kind, encoder_of
from robo_convert.imports import byte_level
from robo_convert.imports.sentencepiece import complete, is_converted, json_of, model_of
from robo_convert.vocabulary import vocabulary_of

MODEL, JSON = "tokenizer.model", "tokenizer.json"
PADDING = 128
"""Fewer rows of an embedding than these may have no token: sizes are rounded up for speed."""


@dataclass(frozen=True)
class Tokens:
    """A tokenizer in the checkpoint's form."""

    kind: Kind
    files: dict[str, bytes]
    """What the checkpoint gets."""
    bos: int | None
    eos: tuple[int, ...]
    unk: int | None
    pad: int | None
    add_bos: bool
    add_eos: bool
    chat_template: str | None
    pre: str = "default"
    original: bytes | None = field(default=None, repr=False)
    """The folder's own `tokenizer.json`, where the checkpoint's is made anew."""

    @property
    def serialised(self) -> bytes:
        """What decides the ids."""
        return self.files[MODEL if self.kind == "sentencepiece" else JSON]


def read_tokens(folder: Path, config: dict[str, Any], size: int) -> Tokens:
    """Read the tokenizer that goes with an embedding of `size` rows.

    Raises:
        RoboError: there is none, it belongs to another model, or llama.cpp would cut texts differently.
    """
    try:
        return _read(folder, config, size)
    except (KeyError, TypeError, AttributeError, IndexError) as e:
        raise RoboError(
            f"{folder}: the tokenizer's files are not as their libraries write them"
            f" ({type(e).__name__}: {e}); copy them again"
        ) from None


def _read(folder: Path, config: dict[str, Any], size: int) -> Tokens:
    data = read_data(folder / JSON) if (folder / JSON).is_file() else None
    if data is not None and not (isinstance(data, dict) and isinstance(data.get("model"), dict)):
        raise RoboError(f"{folder / JSON}: not a tokenizer of the tokenizers library")
    model = (folder / MODEL).read_bytes() if (folder / MODEL).is_file() else None
    if data is None and model is None:
        raise RoboError(f"{folder}: holds neither {MODEL} nor {JSON}; copy the tokenizer beside the weights")
    settings = _optional(folder / "tokenizer_config.json")
    specials = _Specials(folder, config, settings, data)
    if model is not None:
        where = str(folder / MODEL)
        vocabulary_of(model, where)  # what it refuses is better told of the model as it was
        model = complete(model, _added(folder, data, settings), size, where)
    elif data is not None and is_converted(data):
        where = str(folder / JSON)
        model = model_of(data, specials.unk_text(), size, where)
    if model is not None:
        _check_size(len(vocabulary_of(model, where).texts), model, size, where)
        original = None if data is None else (folder / JSON).read_bytes()
        return _sentencepiece(model, specials, original, where)
    assert data is not None
    return _byte_level(folder / JSON, data, specials, size)


def _sentencepiece(model: bytes, specials: _Specials, original: bytes | None, where: str) -> Tokens:
    encoder = encoder_of(model, "sentencepiece")
    ids = {encoder.text_of(i): i for i in range(len(vocabulary_of(model, where)))}
    found = specials.resolve(ids, add_bos=True)
    files = {MODEL: model, JSON: json_of(model, found["bos"], found["add_bos"], where)}
    return Tokens(kind="sentencepiece", files=files, original=original, **found)


def _byte_level(path: Path, data: dict[str, Any], specials: _Specials, size: int) -> Tokens:
    kind = byte_level.model_type(data)
    if kind == "Unigram":
        raise RoboError(f"{path}: a Unigram tokenizer: llama.cpp cuts texts differently from its makers")
    if not byte_level.is_byte_level(data):
        raise RoboError(
            f"{path}: a {kind} tokenizer that is neither SentencePiece's nor byte-level: llama.cpp has none"
            " such for Llama models"
        )
    pre = byte_level.pre_tokenizer(data, str(path))
    ids = dict(data["model"]["vocab"]) | {t["content"]: t["id"] for t in data.get("added_tokens", [])}
    if (top := max(ids.values()) + 1) > size or size - top >= PADDING:
        raise _other_size(path, top, size)
    found = specials.resolve(ids, add_bos=False)
    return Tokens(kind="byte-level", files={JSON: path.read_bytes()}, pre=pre, **found)


def _check_size(pieces: int, model: bytes, size: int, where: str) -> None:
    from robo_convert.vocabulary import parse

    named = [i for i, p in enumerate(parse(model, where).pieces) if p.piece != f"[PAD{i}]"]
    top = named[-1] + 1 if named else 0
    if pieces > size or size - top >= PADDING:
        raise _other_size(where, top, size)


def _other_size(where: Path | str, found: int, size: int) -> RoboError:
    return RoboError(
        f"{where}: has {found} tokens, config.json has vocab_size {size}; the tokenizer belongs to another"
        " model"
    )


def _added(folder: Path, data: Any, settings: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """Tokens added to a SentencePiece model, wherever they are told."""
    if data is not None:
        return list(data.get("added_tokens", []))
    decoder = settings.get("added_tokens_decoder") or {}
    if decoder:
        return [{"id": int(i), "content": t["content"], "special": t["special"]} for i, t in decoder.items()]
    others = _optional(folder / "added_tokens.json")
    return [{"id": i, "content": text, "special": True} for text, i in others.items()]


class _Specials:
    """Special tokens, which a folder names in several files."""

    def __init__(self, folder: Path, config: dict[str, Any], settings: dict[str, Any], data: Any) -> None:
        self.where, self.config, self.settings = folder, config, settings
        self.generation = _optional(folder / "generation_config.json")
        self.processor = _processor(data)
        self.knows_processor = data is not None
        template = settings.get("chat_template")
        path = folder / "chat_template.jinja"
        if path.is_file():
            template = path.read_text(encoding="utf-8")
        self.template = template if isinstance(template, str) else None

    def unk_text(self) -> str:
        """Text of the token for what is unknown."""
        return _text(self.settings.get("unk_token")) or "<unk>"

    def resolve(self, ids: dict[str, int], *, add_bos: bool) -> dict[str, Any]:
        """Ids of all of them, and what is put around a text.

        Args:
            add_bos: whether texts begin with `bos` when nothing says so.
        """
        bos = self._id("bos", ids)
        eos = self.generation.get("eos_token_id", self.config.get("eos_token_id"))
        ends = eos if isinstance(eos, list) else [self._id("eos", ids) if eos is None else eos]
        top = max(ids.values(), default=-1)
        if not ends or not all(isinstance(i, int) and 0 <= i <= top for i in ends):
            raise RoboError(
                f"{self.where}: eos_token_id is {eos!r}, expected ids up to {top}; without an end token no"
                " answer ends"
            )
        before, after = self._around(add_bos)
        if before and bos is None:
            raise RoboError(f"{self.where}: texts begin with bos_token, which is not named")
        return {
            "bos": bos, "eos": tuple(dict.fromkeys(ends)), "unk": ids.get(self.unk_text()),
            "pad": self._id("pad", ids), "add_bos": before, "add_eos": after, "chat_template": self.template,
        }  # fmt: skip

    def _around(self, add_bos: bool) -> tuple[bool, bool]:
        said = self.settings.get("add_bos_token"), self.settings.get("add_eos_token")
        llama = "Llama" in str(self.settings.get("tokenizer_class", ""))
        if self.knows_processor and not (llama and said[0] is not None):
            return self.processor
        return bool(add_bos if said[0] is None else said[0]), bool(said[1])

    def _id(self, name: str, ids: dict[str, int]) -> int | None:
        text = _text(self.settings.get(f"{name}_token"))
        token = ids.get(text) if text else None
        found = self.config.get(f"{name}_token_id") if token is None else token
        return found if isinstance(found, int) and 0 <= found <= max(ids.values(), default=-1) else None


def _processor(data: Any) -> tuple[bool, bool]:
    """Whether a `tokenizer.json` puts a token before a text, and one behind it."""
    processor = (data or {}).get("post_processor") or {}
    steps = processor.get("processors", [processor]) if processor else []
    for step in steps:
        if step["type"] == "TemplateProcessing":
            kinds = ["Sequence" in part for part in step["single"]]
            return not kinds[0], not kinds[-1]
    return False, False


def _text(token: Any) -> str | None:
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else None


def _optional(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    data = read_data(path)
    if not isinstance(data, dict):
        raise RoboError(f"{path}: an object was expected")
    return data


def settings_of(tokens: Tokens, texts: dict[str, str]) -> bytes:
    """`tokenizer_config.json` of the checkpoint; transformers then reads its `tokenizer.json` as it is."""
    data = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, **texts}
    if tokens.chat_template:
        data["chat_template"] = tokens.chat_template
    return json.dumps(data, ensure_ascii=False, indent=1).encode()
