"""SentencePiece model to GGUF vocabulary, checked piece by piece.

llama.cpp tokenises `tokenizer.ggml.model = "llama"` as SentencePiece BPE does, and gives the same ids, when
pieces carry U+2581 for a space, newline and tab are user-defined with their real text, control tokens are
typed CONTROL (so that no user can type one), bytes BYTE, and scores are the real ones.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import SPACE, PieceType, Vocabulary, gguf_text
from robo_runtime.prompt import N_CONTROL, UNK, Part, control_tokens


def read_vocabulary(serialised: bytes, vocab_size: int, where: str) -> Vocabulary:
    """The vocabulary of a serialised SentencePiece model, in GGUF's spelling.

    Raises:
        RoboError: not a SentencePiece BPE as the tokenizer contract describes it, or of another size.
    """
    proto = parse(serialised, where)
    if len(proto.pieces) != vocab_size:
        raise RoboError(
            f"{where}: has {len(proto.pieces)} pieces, config.json has vocab_size {vocab_size}; the tokenizer"
            " belongs to another model"
        )
    if proto.normalizer_spec.add_dummy_prefix:
        raise RoboError(f"{where}: add_dummy_prefix is True, a prompt of several parts needs False")
    vocabulary = vocabulary_of(serialised, where)
    check_vocabulary(vocabulary, where)
    return vocabulary


def parse(serialised: bytes, where: str) -> Any:
    """The `ModelProto` of a SentencePiece model."""
    from google.protobuf.message import DecodeError
    from sentencepiece import sentencepiece_model_pb2 as pb

    try:
        return pb.ModelProto.FromString(serialised)
    except DecodeError:
        raise RoboError(f"{where}: not a SentencePiece model; copy it again or train again") from None


def vocabulary_of(serialised: bytes, where: str) -> Vocabulary:
    """The vocabulary of any SentencePiece model that llama.cpp cuts texts as.

    Raises:
        RoboError: it would cut them differently, and why.
    """
    from sentencepiece import sentencepiece_model_pb2 as pb

    proto = parse(serialised, where)
    if proto.trainer_spec.model_type != pb.TrainerSpec.BPE:
        raise RoboError(f"{where}: model_type must be bpe; llama.cpp cuts unigram models differently")
    spec = proto.normalizer_spec
    for key, value, wanted in (
        ("remove_extra_whitespaces", spec.remove_extra_whitespaces, False),
        ("precompiled_charsmap", bool(spec.precompiled_charsmap), False),
        ("byte_fallback", proto.trainer_spec.byte_fallback, True),
    ):
        if value is not wanted:
            raise RoboError(f"{where}: {key} is {value}, llama.cpp gives the same ids only with {wanted}")
    real_spaces = not spec.escape_whitespaces
    vocabulary = Vocabulary(
        texts=[_gguf_text(p.piece, p.type, real_spaces, where) for p in proto.pieces],
        scores=[p.score for p in proto.pieces],
        types=[int(p.type) for p in proto.pieces],
    )
    check_bytes(vocabulary, where)
    return vocabulary


def check_vocabulary(vocabulary: Vocabulary, where: str) -> None:
    """Raise unless the vocabulary is one that llama.cpp cuts as SentencePiece does.

    Controls must be those of the prompt format, all 256 bytes present, user symbols free of overlaps (their
    texts are cut out first, by one library from the left, by the other the longest first), texts unique.
    """
    for i, (text, expected) in enumerate(zip(vocabulary.texts, control_tokens(), strict=False)):
        wanted = PieceType.UNKNOWN if expected == UNK else PieceType.CONTROL
        if text != expected or vocabulary.types[i] != wanted:
            raise RoboError(
                f"{where}: id {i} is {text!r} of type {_name(vocabulary.types[i])}, the prompt format has"
                f" {expected!r} of type {wanted.name}; train the tokenizer again"
            )
    if len(vocabulary) < N_CONTROL:
        raise RoboError(
            f"{where}: has only {len(vocabulary)} pieces, the control tokens alone are {N_CONTROL}"
        )
    for i, kind in enumerate(vocabulary.types[N_CONTROL:], N_CONTROL):
        if kind not in (PieceType.NORMAL, PieceType.USER_DEFINED, PieceType.BYTE):
            raise RoboError(f"{where}: id {i} ({vocabulary.texts[i]!r}) has type {_name(kind)}")
    check_bytes(vocabulary, where)
    check_distinct(vocabulary, where)
    check_user_symbols(vocabulary, where)


def check_bytes(vocabulary: Vocabulary, where: str) -> None:
    """Raise unless all 256 bytes are pieces; llama.cpp ends the process when it needs a missing one."""
    bytes_ = {t for t, k in zip(vocabulary.texts, vocabulary.types, strict=True) if k == PieceType.BYTE}
    if bytes_ != {f"<0x{i:02X}>" for i in range(256)}:
        raise RoboError(f"{where}: byte pieces are not the 256 of <0x00> to <0xFF>")


def check_distinct(vocabulary: Vocabulary, where: str) -> None:
    """Raise when two ids have one text; llama.cpp ends the process at that."""
    seen: dict[str, int] = {}
    for i, text in enumerate(vocabulary.texts):
        if seen.setdefault(text, i) != i:
            raise RoboError(f"{where}: ids {seen[text]} and {i} are both {text!r}")


def check_user_symbols(vocabulary: Vocabulary, where: str) -> None:
    """Raise when user symbols overlap: sentencepiece cuts out the first, llama.cpp the longest."""
    user = [t for t, k in zip(vocabulary.texts, vocabulary.types, strict=True) if k == PieceType.USER_DEFINED]
    _check_overlaps(user, where)


def same_vocabulary(found: Vocabulary, expected: Vocabulary, where: str) -> None:
    """Raise naming the first piece in which `found` differs from `expected`."""
    if len(found) != len(expected):
        raise RoboError(f"{where}: {len(found)} tokens were written, {len(expected)} were expected")
    for i in range(len(expected)):
        a = (found.texts[i], found.types[i], found.scores[i])
        b = (expected.texts[i], expected.types[i], _float32(expected.scores[i]))
        if a != b:
            raise RoboError(f"{where}: token {i} is {a}, sentencepiece has {b} (text, type, score)")


class Encoder:
    """Ids of prompt parts, by sentencepiece itself."""

    def __init__(self, serialised: bytes) -> None:
        from sentencepiece import SentencePieceProcessor

        self._processor = SentencePieceProcessor(model_proto=serialised)

    def encode(self, part: Part) -> list[int]:
        """Ids of one part; plain text never gives a control id."""
        if part.control:
            return [self._processor.piece_to_id(part.text)]
        return list(self._processor.encode(part.text))


def _gguf_text(piece: str, kind: int, real_spaces: bool, where: str) -> str:
    if kind == PieceType.NORMAL and real_spaces and SPACE in piece:
        raise RoboError(
            f"{where}: piece {piece!r} holds U+2581, which GGUF would read as a space; clean the corpus"
        )
    return gguf_text(piece, kind)


def _check_overlaps(symbols: Sequence[str], where: str) -> None:
    for a in symbols:
        for b in symbols:
            for size in range(1, min(len(a), len(b)) + 1):
                if a[-size:] == b[:size] and not (a == b and size == len(a)):
                    raise RoboError(
                        f"{where}: user symbols {a!r} and {b!r} overlap in {b[:size]!r}; remove one"
                    )


def _name(kind: int) -> str:
    return PieceType(kind).name if kind in list(PieceType) else str(kind)


def _float32(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])
