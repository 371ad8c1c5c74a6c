"""The tokenizer: SentencePiece BPE whose ids are the same in sentencepiece, llama.cpp and `tokenizers`.

Trained with escaped spaces, because SentencePiece refuses real ones while training; the finished model
then stores real spaces in its pieces and escapes nothing (other decoders stumble over U+2581).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import sentencepiece as spm
from robo_runtime.errors import RoboError
from robo_runtime.files import write_json
from robo_runtime.prompt import CHAT_TEMPLATE, N_CONTROL, Part, control_tokens
from sentencepiece import sentencepiece_model_pb2 as pb

from robo_train.config import TokenizerConfig

USER_SYMBOLS = ["\n", "\t"]
"""Always tokens of their own. No symbol's end may be another's beginning: libraries would cut differently."""


def check_symbols(symbols: Sequence[str]) -> None:
    """Raise when a suffix of one symbol is a prefix of another (sentencepiece and llama.cpp then differ)."""
    for a in symbols:
        for b in symbols:
            for size in range(1, min(len(a), len(b)) + 1):
                if a[-size:] == b[:size] and not (a == b and size == len(a)):
                    raise RoboError(f"tokenizer symbols {a!r} and {b!r} overlap in {b[:size]!r}; remove one")


def training_lines(prompts: Iterable[str], codes: Iterable[str]) -> Iterator[str]:
    """What the merges are learned from: prompts word by word, programs line by line.

    Pieces may then span words in code, where lines repeat, while prompts stay split into words, so that
    an unseen phrasing is made of known pieces.
    """
    for prompt in prompts:
        yield from _words(prompt)
    for code in codes:
        yield from (line for line in code.split("\n") if line)


def _words(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        words = line.split(" ")
        yield from (word if i == 0 else " " + word for i, word in enumerate(words) if word)


def train_tokenizer(lines: Iterable[str], config: TokenizerConfig) -> bytes:
    """Train on `lines` and return the serialised SentencePiece model with real spaces.

    Raises:
        RoboError: there is too little text for the vocabulary asked for.
    """
    check_symbols(USER_SYMBOLS)
    model = io.BytesIO()
    control = control_tokens()
    try:
        spm.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=model,
            model_type="bpe",
            vocab_size=config.vocab_size,
            byte_fallback=True,
            normalization_rule_name="identity",
            add_dummy_prefix=False,
            remove_extra_whitespaces=False,
            split_digits=True,
            split_by_whitespace=False,
            split_by_unicode_script=False,
            allow_whitespace_only_pieces=True,
            max_sentencepiece_length=config.max_piece,
            character_coverage=0.9999,
            pad_id=0, eos_id=1, bos_id=2, unk_id=3,
            pad_piece=control[0], eos_piece=control[1], bos_piece=control[2], unk_piece=control[3],
            control_symbols=control[4:],
            user_defined_symbols=USER_SYMBOLS,
            num_threads=2,
            minloglevel=2,
        )  # fmt: skip
    except RuntimeError as e:
        raise RoboError(
            f"tokenizer {config.name}: vocab_size {config.vocab_size} could not be trained on this text"
            f" ({str(e).splitlines()[-1]}); use a larger corpus or a smaller vocabulary"
        ) from None
    return _with_real_spaces(model.getvalue())


def _with_real_spaces(serialised: bytes) -> bytes:
    proto = pb.ModelProto.FromString(serialised)
    for piece in proto.pieces:
        if piece.type == pb.ModelProto.SentencePiece.NORMAL:
            piece.piece = piece.piece.replace("\u2581", " ")
    proto.normalizer_spec.escape_whitespaces = False
    return proto.SerializeToString()


class Tokenizer:
    """Text and prompt parts to ids and back."""

    def __init__(self, serialised: bytes, where: str = "tokenizer") -> None:
        self.serialised = serialised
        try:
            self.processor = spm.SentencePieceProcessor(model_proto=serialised)
        except RuntimeError:
            raise RoboError(f"{where}: not a SentencePiece model") from None
        expected = control_tokens()
        found = [self.processor.id_to_piece(i) for i in range(min(N_CONTROL, len(self)))]
        if found != expected:
            bad = next(i for i, (a, b) in enumerate(zip(found, expected, strict=False)) if a != b)
            raise RoboError(
                f"{where}: id {bad} is {found[bad]!r}, the prompt format expects {expected[bad]!r};"
                " train the tokenizer again"
            )
        self.control = {text: i for i, text in enumerate(expected)}

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read a `tokenizer.model`."""
        if not path.exists():
            raise RoboError(f"{path}: no such tokenizer")
        return cls(path.read_bytes(), str(path))

    def __len__(self) -> int:
        return self.processor.get_piece_size()

    @property
    def sha256(self) -> str:
        """Hash of the model file: token files and checkpoints name it."""
        return hashlib.sha256(self.serialised).hexdigest()

    def encode(self, text: str) -> list[int]:
        """Ids of plain text; text that looks like a control token stays plain text."""
        return list(self.processor.encode(text))

    def encode_parts(self, parts: Sequence[Part]) -> list[int]:
        """Ids of a rendered prompt."""
        ids: list[int] = []
        for text, control in parts:
            ids += [self.control[text]] if control else self.encode(text)
        return ids

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids, control tokens left out."""
        return str(self.processor.decode([i for i in ids if i >= N_CONTROL]))

    def merges(self) -> list[tuple[str, str]]:
        """Merge rules in order of priority, for `tokenizer.json`.

        SentencePiece stores only pieces with scores; a rule exists for each way to cut a piece in two
        known ones, and rules are ordered by the piece they make, then by their halves.
        """
        proto = pb.ModelProto.FromString(self.serialised)
        normal = pb.ModelProto.SentencePiece.NORMAL
        rank = {p.piece: i for i, p in enumerate(proto.pieces) if p.type == normal}
        rules: list[tuple[float, int, int, str, str]] = []
        for piece in proto.pieces:
            if piece.type == normal and len(piece.piece) > 1:
                for cut in range(1, len(piece.piece)):
                    left, right = piece.piece[:cut], piece.piece[cut:]
                    if left in rank and right in rank:
                        rules.append((-piece.score, rank[left], rank[right], left, right))
        rules.sort()
        return [(left, right) for *_, left, right in rules]

    def save(self, folder: Path) -> None:
        """Write `tokenizer.model`, `tokenizer.json` and `tokenizer_config.json` as the hub expects them."""
        (folder / "tokenizer.model").write_bytes(self.serialised)
        self.to_tokenizers().save(str(folder / "tokenizer.json"))
        names = dict(
            zip(("pad_token", "eos_token", "bos_token", "unk_token"), control_tokens(), strict=False)
        )
        write_json(
            folder / "tokenizer_config.json",
            {
                "tokenizer_class": "PreTrainedTokenizerFast", **names, "chat_template": CHAT_TEMPLATE,
                "clean_up_tokenization_spaces": False, "add_bos_token": False,
            },
        )  # fmt: skip

    def to_tokenizers(self):  # type: ignore[no-untyped-def]
        """The same tokenizer as a `tokenizers.Tokenizer`; identical ids are proved by a test."""
        from tokenizers import AddedToken, Regex, decoders, models, pre_tokenizers
        from tokenizers import Tokenizer as Fast

        proto = pb.ModelProto.FromString(self.serialised)
        vocab = {p.piece: i for i, p in enumerate(proto.pieces)}
        fast = Fast(
            models.BPE(
                vocab, self.merges(), unk_token=control_tokens()[3], byte_fallback=True, fuse_unk=False
            )
        )
        # Newlines and tabs never merge with anything: a piece of their own, as user symbols are.
        fast.pre_tokenizer = pre_tokenizers.Split(Regex("[\n\t]"), "isolated")
        fast.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
        fast.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in control_tokens()])
        return fast


def characters_per_token(tokenizer: Tokenizer, texts: Iterable[str]) -> float:
    """Average characters of plain text one token stands for."""
    characters = tokens = 0
    for text in texts:
        characters += len(text)
        tokens += len(tokenizer.encode(text))
    return characters / max(tokens, 1)
