"""The tokenizer of a finished model, for data that another run is to start from it with."""

from __future__ import annotations

from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import SPACE, PieceType, Vocabulary, gguf_text, read_gguf
from robo_runtime.prompt import control_tokens
from sentencepiece import sentencepiece_model_pb2 as pb

from robo_train.tokenizer import USER_SYMBOLS, Tokenizer


def tokenizer_at(path: Path) -> Tokenizer:
    """The tokenizer of a `.gguf` file, of a checkpoint folder, or of a `tokenizer.model` file.

    Raises:
        RoboError: there is none at `path`, or not one of this toolkit.
    """
    if path.suffix == ".gguf":
        return Tokenizer(sentencepiece_of(read_gguf(path).vocabulary), str(path))
    return Tokenizer.load(path / "tokenizer.model" if path.is_dir() else path)


def vocabulary_of(serialised: bytes) -> Vocabulary:
    """Pieces, scores and types of a SentencePiece model, in GGUF's spelling."""
    pieces = pb.ModelProto.FromString(serialised).pieces
    return Vocabulary(
        texts=[gguf_text(p.piece, p.type) for p in pieces],
        scores=[p.score for p in pieces],
        types=[int(p.type) for p in pieces],
    )


def sentencepiece_of(vocabulary: Vocabulary) -> bytes:
    """A serialised SentencePiece model with the ids of a GGUF's vocabulary; inverse of `vocabulary_of`."""
    if not len(vocabulary):
        raise RoboError("the GGUF file holds no tokenizer with texts, scores and types; export it again")
    proto = pb.ModelProto()
    for text, score, kind in zip(vocabulary.texts, vocabulary.scores, vocabulary.types, strict=True):
        real = text.replace(SPACE, " ") if kind == PieceType.NORMAL else text
        proto.pieces.add(piece=real, score=score, type=kind)
    trainer, normalizer = proto.trainer_spec, proto.normalizer_spec
    trainer.model_type = pb.TrainerSpec.BPE
    trainer.vocab_size, trainer.byte_fallback = len(vocabulary), True
    trainer.pad_id, trainer.eos_id, trainer.bos_id, trainer.unk_id = 0, 1, 2, 3
    names = control_tokens()
    trainer.pad_piece, trainer.eos_piece, trainer.bos_piece, trainer.unk_piece = names[:4]
    trainer.control_symbols.extend(names[4:])
    trainer.user_defined_symbols.extend(USER_SYMBOLS)
    normalizer.name = "identity"
    normalizer.add_dummy_prefix = normalizer.remove_extra_whitespaces = False
    normalizer.escape_whitespaces = False
    return proto.SerializeToString()
