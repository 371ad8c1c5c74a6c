"""A `tokenizer.model` through sentencepiece, for engines whose model files hold no tokenizer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from robo_runtime.engine.gguf import ModelError
from robo_runtime.prompt import EOS, N_CONTROL, UNK, Part, control_tokens

SPACE = "\u2581"
_EXPORT = "export the model again, or copy the folder as a whole"


class Pieces:
    """Texts to token ids and back.

    Args:
        path: a SentencePiece model of ours.
        size: tokens that the model it belongs to has.

    Raises:
        ModelError: it is missing, damaged, or another model's.
    """

    def __init__(self, path: Path, size: int) -> None:
        try:
            from sentencepiece import SentencePieceProcessor
        except ImportError:
            raise ModelError(
                "sentencepiece is not installed: python -m pip install 'robo-runtime[onnx]' (or [litert])"
            ) from None
        if not path.is_file():
            raise ModelError(f"{path}: no such file, and the model beside it needs it; {_EXPORT}")
        try:
            self._processor: Any = SentencePieceProcessor(model_proto=path.read_bytes())
        except (RuntimeError, OSError) as e:
            raise ModelError(f"{path}: is no SentencePiece model ({e}); {_EXPORT}") from None
        if len(self._processor) != size:
            raise ModelError(
                f"{path}: has {len(self._processor)} pieces, the model beside it {size} tokens; {_EXPORT}"
            )
        self._controls = {text: i for i, text in enumerate(control_tokens())}
        for text, i in self._controls.items():
            typed = self._processor.is_control(i) or (text == UNK and self._processor.is_unknown(i))
            if self._processor.id_to_piece(i) != text or not typed:
                raise ModelError(
                    f"{path}: token {i} is {self._processor.id_to_piece(i)!r}, expected the control token"
                    f" {text!r}; this model has another tokenizer or another language list"
                    " (configs/languages/languages.yaml) than this runtime"
                )
        self.ends = (self._controls["[/CODE]"], self._controls[EOS])
        self._known: dict[int, bytes] = {}

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """See `robo_runtime.engine.Engine`."""
        ids: list[int] = []
        for part in parts:
            if part.control:
                ids.append(self._controls[part.text])
            else:
                text = part.text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates
                ids += self._processor.encode(text)
        return ids

    def piece(self, token: int) -> bytes:
        """See `robo_runtime.engine.Engine`."""
        if (known := self._known.get(token)) is None:
            known = self._known[token] = self._bytes(token)
        return known

    def _bytes(self, token: int) -> bytes:
        if token < N_CONTROL:
            return b""
        text = str(self._processor.id_to_piece(token))
        if self._processor.is_byte(token):  # "<0x41>"
            return bytes([int(text[3:-1], 16)])
        return text.replace(SPACE, " ").encode()


class IdsAlone:
    """Stands in for `Pieces` where ids are run and no text is read or written."""

    def __init__(self, ends: Sequence[int]) -> None:
        self.ends = tuple(ends)

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """There is nothing to encode with."""
        raise ModelError("this model was loaded to run token ids alone: it has no texts")

    def piece(self, token: int) -> bytes:
        """See `encode`."""
        raise ModelError("this model was loaded to run token ids alone: it has no texts")
