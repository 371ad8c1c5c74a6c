"""SentencePiece BPE in its two spellings: `tokenizer.model`, and the `tokenizer.json` of a converted one.

In both spellings text becomes characters, and the best pair merges until none is left. A model keeps a score
for each piece, a JSON file a rank for each pair. They agree when every way to cut a piece in two is a rule,
and the rules of a piece follow one another; then either can be made from the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import SPACE, PieceType

from robo_convert.foreign import fill
from robo_convert.imports.byte_level import model_type
from robo_convert.vocabulary import parse


def is_converted(data: dict[str, Any]) -> bool:
    """Whether a `tokenizer.json` is that of a SentencePiece BPE: characters, bytes for what is unknown."""
    return model_type(data) == "BPE" and bool(data["model"].get("byte_fallback"))


def model_of(data: dict[str, Any], unk: str, size: int, where: str) -> bytes:
    """The `tokenizer.model` of such a file.

    Raises:
        RoboError: it does something that a SentencePiece model does not.
    """
    from sentencepiece import sentencepiece_model_pb2 as pb

    vocab: dict[str, int] = data["model"]["vocab"]
    dummy_prefix = _dummy_prefix(data, where)
    scores = _scores(vocab, _rules(data), {t["content"] for t in data.get("added_tokens", [])}, where)
    if unk not in vocab:
        raise RoboError(f"{where}: no token {unk!r} for what is unknown; name it in tokenizer_config.json")
    proto = pb.ModelProto()
    texts: list[str | None] = [None] * (max(vocab.values()) + 1)
    for text, i in vocab.items():
        texts[i] = text
    for i, text in enumerate(fill(texts)):
        if texts[i] is None:
            kind = PieceType.UNUSED
        elif text == unk:
            kind = PieceType.UNKNOWN
        else:
            kind = PieceType.BYTE if _is_byte(text) else PieceType.NORMAL
        proto.pieces.add(piece=text, score=scores.get(text, 0.0), type=int(kind))
    trainer, normalizer = proto.trainer_spec, proto.normalizer_spec
    trainer.model_type, trainer.byte_fallback, trainer.unk_piece = pb.TrainerSpec.BPE, True, unk
    trainer.unk_id, trainer.bos_id, trainer.eos_id, trainer.pad_id = vocab[unk], -1, -1, -1
    normalizer.name, normalizer.add_dummy_prefix = "identity", dummy_prefix
    normalizer.remove_extra_whitespaces, normalizer.escape_whitespaces = False, True
    return complete(proto.SerializeToString(), data.get("added_tokens", []), size, where)


def complete(serialised: bytes, added: Sequence[Mapping[str, Any]], size: int, where: str) -> bytes:
    """A model with the tokens that were added to it later, and with a piece for each row of the embedding.

    Raises:
        RoboError: an added token takes an id that has another text.
    """
    proto = parse(serialised, where)
    for token in sorted(added, key=lambda token: int(token["id"])):
        i, text, special = int(token["id"]), str(token["content"]), bool(token["special"])
        while len(proto.pieces) <= i:
            proto.pieces.add(piece=f"[PAD{len(proto.pieces)}]", type=int(PieceType.UNUSED))
        piece = proto.pieces[i]
        if piece.type == PieceType.UNUSED:
            piece.piece = text
        elif piece.piece != text:
            raise RoboError(
                f"{where}: id {i} is {piece.piece!r}, an added token makes it {text!r}; the files belong to"
                " different models"
            )
        if piece.type in (PieceType.NORMAL, PieceType.UNUSED, PieceType.USER_DEFINED):
            piece.type = int(PieceType.CONTROL if special else PieceType.USER_DEFINED)
    for i in range(len(proto.pieces), size):
        proto.pieces.add(piece=f"[PAD{i}]", type=int(PieceType.UNUSED))
    proto.trainer_spec.vocab_size = len(proto.pieces)
    result: bytes = proto.SerializeToString()
    return result


def json_of(serialised: bytes, bos: int | None, add_bos: bool, where: str) -> bytes:
    """The `tokenizer.json` of a model, for the `tokenizers` library and transformers; identical ids."""
    proto = parse(serialised, where)
    vocab = {p.piece: i for i, p in enumerate(proto.pieces)}
    rank = {p.piece: i for i, p in enumerate(proto.pieces) if p.type == PieceType.NORMAL}
    rules = []
    for text, i in rank.items():
        for cut in range(1, len(text)):
            left, right = text[:cut], text[cut:]
            if left in rank and right in rank:
                rules.append((-proto.pieces[i].score, i, rank[left], rank[right], left, right))
    rules.sort()
    escape = {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}
    prefix = [{"type": "Prepend", "prepend": SPACE}] if proto.normalizer_spec.add_dummy_prefix else []
    unknown = next(p.piece for p in proto.pieces if p.type == PieceType.UNKNOWN)
    strip = [{"type": "Strip", "content": " ", "start": 1, "stop": 0}] if prefix else []
    data: dict[str, Any] = {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [
            {"id": i, "content": p.piece, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": p.type != PieceType.USER_DEFINED}
            for i, p in enumerate(proto.pieces)
            if p.type in (PieceType.CONTROL, PieceType.UNKNOWN, PieceType.USER_DEFINED)
        ],
        "normalizer": {"type": "Sequence", "normalizers": [*prefix, escape]},
        "pre_tokenizer": None,
        "post_processor": _template(proto.pieces[bos].piece, bos) if add_bos and bos is not None else None,
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, *strip,
        ]},
        "model": {
            "type": "BPE", "dropout": None, "unk_token": unknown, "continuing_subword_prefix": None,
            "end_of_word_suffix": None, "fuse_unk": True, "byte_fallback": True, "ignore_merges": False,
            "vocab": vocab, "merges": [[left, right] for *_, left, right in rules],
        },
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False).encode()


def _template(text: str, token: int) -> dict[str, Any]:
    one = [{"SpecialToken": {"id": text, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
    two = [{"SpecialToken": {"id": text, "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}]
    return {
        "type": "TemplateProcessing", "single": one, "pair": one + two,
        "special_tokens": {text: {"id": text, "ids": [token], "tokens": [text]}},
    }  # fmt: skip


def _dummy_prefix(data: dict[str, Any], where: str) -> bool:
    """Whether a space is put before texts; raises when anything else is done to them."""
    normalizer = data.get("normalizer")
    steps = [normalizer] if normalizer else []
    if normalizer and normalizer["type"] == "Sequence":
        steps = normalizer["normalizers"]
    prepends, replaces = False, False
    for step in steps:
        if step == {"type": "Prepend", "prepend": SPACE}:
            prepends = True
        elif step == {"type": "Replace", "pattern": {"String": " "}, "content": SPACE}:
            replaces = True
        else:
            raise RoboError(f"{where}: normalizer {step['type']}: llama.cpp does not change texts so")
    pre = data.get("pre_tokenizer")
    if pre is None and replaces:
        return prepends
    if pre and not steps and pre["type"] == "Metaspace" and pre.get("replacement") == SPACE:
        if pre.get("split", True) is False:
            return bool(pre.get("prepend_scheme", "always") != "never")
        raise RoboError(f"{where}: pre_tokenizer Metaspace splits texts into words, which llama.cpp does not")
    kind = pre["type"] if pre else "none"
    raise RoboError(f"{where}: pre_tokenizer {kind}: not that of a SentencePiece model")


def _rules(data: dict[str, Any]) -> list[tuple[str, str]]:
    rules = (r.split(" ", 1) if isinstance(r, str) else r for r in data["model"]["merges"])
    return [(left, right) for left, right in rules]


def _scores(
    vocab: Mapping[str, int], rules: Sequence[tuple[str, str]], added: set[str], where: str
) -> dict[str, float]:
    """A score for each piece that rules make; raises where scores cannot say what the rules say."""
    scores: dict[str, float] = {}
    known, last = set(rules), ""
    for left, right in rules:
        piece = left + right
        if piece != last and piece in scores:
            raise RoboError(
                f"{where}: the rules that make {piece!r} are not together: llama.cpp, which has one score for"
                " a piece, would cut texts differently"
            )
        scores.setdefault(piece, -float(len(scores)))
        last = piece
    for piece in scores:
        for cut in range(1, len(piece)):
            pair = piece[:cut], piece[cut:]
            if pair[0] in vocab and pair[1] in vocab and pair not in known and added.isdisjoint(pair):
                raise RoboError(
                    f"{where}: {pair[0]!r} and {pair[1]!r} do not merge into {piece!r}: llama.cpp, which"
                    " merges whatever makes a piece, would cut texts differently"
                )
    return scores


def _is_byte(text: str) -> bool:
    return len(text) == 6 and text.startswith("<0x") and text.endswith(">")
