"""A model that others made: its tokenizer and special tokens, where ours have the prompt format.

Its checkpoint has no control tokens, so nothing here renders a prompt: the gate's texts are given to it as
they are. SentencePiece models go on as `tokenizer.model`. A byte-level BPE (GPT-2's, Llama 3's) has no such
file; it is read from `tokenizer.json` by the `tokenizers` library.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Literal

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict
from robo_runtime.gguf_file import PieceType, Vocabulary
from robo_runtime.prompt import Part, clean_text

from robo_convert.vocabulary import Encoder, check_distinct, check_user_symbols, vocabulary_of

Kind = Literal["sentencepiece", "byte-level"]


class Imported(Strict):
    """What `training.json` of an imported checkpoint keeps."""

    source: str
    """Name of the folder it came from."""
    sha256: dict[str, str]
    """Of the weight files there."""
    tokenizer: Kind
    pre: str = "default"
    """llama.cpp's name for how a byte-level BPE splits texts before it merges."""
    bos: int | None
    eos: tuple[int, ...]
    """Tokens that end an answer, the most usual first."""
    unk: int | None
    pad: int | None
    add_bos: bool
    """Texts begin with `bos`."""
    add_eos: bool = False
    chat_template: str | None = None
    """Jinja, as it came."""


class ByteLevel:
    """A `tokenizer.json` of a byte-level BPE.

    Raises:
        RoboError: the library is missing.
    """

    def __init__(self, serialised: bytes) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise RoboError(
                "tokenizers is not installed, and this model's tokenizer needs it: python -m pip install"
                " 'robo-convert[import]' (in a checkout: python -m pip install -e 'convert[import]')"
            ) from None
        self._tokenizer = Tokenizer.from_buffer(serialised)

    def encode(self, part: Part) -> list[int]:
        """Ids of one part; see `robo_convert.vocabulary.Encoder`."""
        if part.control:
            return [int(self._tokenizer.token_to_id(part.text) or 0)]
        return list(self._tokenizer.encode(part.text, add_special_tokens=False).ids)

    def text_of(self, token: int) -> str:
        """A token as the file spells it."""
        return str(self._tokenizer.id_to_token(token))


class Pieces(Encoder):
    """A `tokenizer.model`."""

    def text_of(self, token: int) -> str:
        """A token as the file spells it."""
        return str(self._processor.id_to_piece(token))


def encoder_of(serialised: bytes, kind: Kind) -> ByteLevel | Pieces:
    """What gives a text's ids."""
    return ByteLevel(serialised) if kind == "byte-level" else Pieces(serialised)


def text_parts(prompt: str, code: str, bos: str | None) -> list[Part]:
    """A text of the gate as a model reads it that knows no prompt format."""
    start = [Part(bos, True)] if bos else []
    return [*start, Part(clean_text(prompt), False), Part("\n" + clean_text(code), False)]


def read_vocabulary(serialised: bytes, imported: Imported, size: int, where: str) -> Vocabulary:
    """The vocabulary of an imported checkpoint's tokenizer, in GGUF's spelling.

    Raises:
        RoboError: pieces that llama.cpp would read differently, or would end the process at.
    """
    if imported.tokenizer == "byte-level":
        vocabulary = _byte_level(json.loads(serialised), size)
    else:
        vocabulary = vocabulary_of(serialised, where)
        check_user_symbols(vocabulary, where)
    if len(vocabulary) != size:
        raise RoboError(f"{where}: has {len(vocabulary)} pieces, config.json has vocab_size {size}")
    check_distinct(vocabulary, where)
    if odd := next((t for t in vocabulary.texts if not t or "\0" in t), None):
        raise RoboError(f"{where}: the piece {odd!r} holds a NUL, where a text ends for llama.cpp")
    return vocabulary


def merges_of(serialised: bytes) -> list[str]:
    """Merge rules of a byte-level BPE, as GGUF spells them."""
    rules = json.loads(serialised)["model"]["merges"]
    return [rule if isinstance(rule, str) else " ".join(rule) for rule in rules]


def adds_space(serialised: bytes) -> bool:
    """Whether a SentencePiece model puts a space before every text."""
    from sentencepiece import sentencepiece_model_pb2 as pb

    return bool(pb.ModelProto.FromString(serialised).normalizer_spec.add_dummy_prefix)


def fill(texts: Sequence[str | None]) -> list[str]:
    """Texts by id; ids that no token has get a name that none will be cut into."""
    return [f"[PAD{i}]" if text is None else text for i, text in enumerate(texts)]


def _byte_level(data: dict[str, Any], size: int) -> Vocabulary:
    texts: list[str | None] = [None] * size
    types = [int(PieceType.UNUSED)] * size
    for text, i in data["model"]["vocab"].items():
        texts[i], types[i] = text, PieceType.NORMAL
    for token in data.get("added_tokens", []):
        kind = PieceType.CONTROL if token["special"] else PieceType.USER_DEFINED
        texts[token["id"]], types[token["id"]] = token["content"], kind
    return Vocabulary(fill(texts), [0.0] * size, types)


def add_tokenizer(writer: Any, serialised: bytes, imported: Imported, vocabulary: Vocabulary) -> None:
    """Write the tokenizer's keys into a GGUF file."""
    byte_level = imported.tokenizer == "byte-level"
    writer.add_tokenizer_model("gpt2" if byte_level else "llama")
    writer.add_tokenizer_pre(imported.pre)
    writer.add_token_list(vocabulary.texts)
    writer.add_token_scores(vocabulary.scores)
    writer.add_token_types(vocabulary.types)
    if byte_level:
        writer.add_token_merges(merges_of(serialised))
    else:
        writer.add_add_space_prefix(adds_space(serialised))
        writer.add_remove_extra_whitespaces(False)
    # llama.cpp takes ids of its own for what is not written.
    writer.add_bos_token_id(imported.eos[0] if imported.bos is None else imported.bos)
    ends = (writer.add_eos_token_id, writer.add_eot_token_id, writer.add_eom_token_id)
    for add, token in zip(ends, imported.eos, strict=False):
        add(token)
    for add, kept in ((writer.add_unk_token_id, imported.unk), (writer.add_pad_token_id, imported.pad)):
        if kept is not None:
            add(kept)
    writer.add_add_bos_token(imported.add_bos)
    writer.add_add_eos_token(imported.add_eos)
    if imported.chat_template:
        writer.add_chat_template(imported.chat_template)
