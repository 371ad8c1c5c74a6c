"""ONNX Runtime behind the interface of engines: a file of `robo-convert onnx`, its tokenizer beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robo_runtime.drafts import Drafts
from robo_runtime.engine import EngineError
from robo_runtime.engine.gguf import ModelError
from robo_runtime.engine.picking import NumpyPicker
from robo_runtime.engine.pieces import Pieces
from robo_runtime.errors import RoboError
from robo_runtime.prompt import N_CONTROL, Part

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from robo_runtime.automaton import AutomatonGrammar

    Array = NDArray[np.float32]

TOKENIZER = "tokenizer.model"
CONTEXT_KEY, TOKENIZER_KEY = "robolm.context", "robolm.tokenizer.sha256"
"""In the file's metadata: tokens of prompt and answer together; hash of the tokenizer it belongs to."""
_BATCH = 256  # tokens at a time: scores are made for each of them
_MAX_CONTEXT = 8192  # bounds the memory that a foreign file can ask for
_REMEDY = "make a model with: robo-convert onnx CHECKPOINT"


class OnnxMissing(RoboError):
    """onnxruntime or numpy is not installed."""


class OnnxEngine:
    """One model in ONNX Runtime with one running text (see `robo_runtime.engine.Engine`).

    The arrays of a cache are never written to: a step makes new ones. So a kept prefix is a reference, and
    going back is cutting.
    """

    def __init__(self, model: Path, *, threads: int = 1, context: int | None = None) -> None:
        self._path = model
        self._np, self._runtime = _libraries()
        self._session: Any
        self.use_threads(threads)
        self._caches, empty = _cache_shapes(self._session, model)
        self._empty = [self._np.zeros(size, dtype=self._np.float32) for size in empty]
        metadata = self._session.get_modelmeta().custom_metadata_map
        trained = min(_context(metadata, model), _MAX_CONTEXT)
        self.n_ctx = min(context or trained, trained)
        if self.n_ctx < 1:
            raise EngineError(f"context is {context}; use 1 to {trained}")
        self.n_vocab = int(self._session.get_outputs()[0].shape[-1])
        tokenizer = model.parent / TOKENIZER
        self._pieces = Pieces(tokenizer, self.n_vocab)
        if metadata.get(TOKENIZER_KEY) != hashlib.sha256(tokenizer.read_bytes()).hexdigest():
            raise ModelError(
                f"{tokenizer}: is not the tokenizer of {model.name}; copy the export folder as a whole"
            )
        self.ends: tuple[int, ...] = self._pieces.ends
        self.drafts = Drafts({}, 1)
        self._cache: list[Array] = self._empty
        self._fed: list[int] = []
        self._scores: Array | None = None
        self._kept: tuple[list[int], list[Array]] = [], self._empty

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """See `robo_runtime.engine.Engine`."""
        return self._pieces.encode(parts)

    def piece(self, token: int) -> bytes:
        """See `robo_runtime.engine.Engine`."""
        return self._pieces.piece(token)

    def is_control(self, token: int) -> bool:
        """See `robo_runtime.engine.Engine`."""
        return token < N_CONTROL

    def reset(self) -> None:
        """See `robo_runtime.engine.Engine`."""
        self._open()
        self._fed, self._cache, self._scores = [], self._empty, None

    def begin(self, prefix: Sequence[int]) -> None:
        """See `robo_runtime.engine.Engine`; a long prefix, too, is kept in memory alone."""
        self.reset()
        if not prefix:
            return
        if self._kept[0] == list(prefix):
            self._fed, self._cache = list(prefix), self._kept[1]
            return
        self.feed(prefix)  # in a batch of its own, so that a kept state is no other than a new one
        self._kept = list(prefix), self._cache

    def room(self) -> int:
        """See `robo_runtime.engine.Engine`."""
        return self.n_ctx - len(self._fed)

    def feed(self, tokens: Sequence[int]) -> None:
        """See `robo_runtime.engine.Engine`."""
        for rows in self._run(tokens):
            self._scores = rows[-1]
        if len(tokens) > 1 and not self._np.isfinite(self.logits()).all():
            raise EngineError("the model gives no finite scores: its weights are broken, export it again")

    def feed_all(self, tokens: Sequence[int]) -> Array:
        """`feed`; returns the scores after each of the tokens, (T, vocabulary)."""
        rows = self._np.concatenate(list(self._run(tokens)))
        self._scores = rows[-1]
        return rows

    def _run(self, tokens: Sequence[int]) -> Iterator[Array]:
        self._open()
        if len(tokens) > self.room():
            raise EngineError(
                f"{len(tokens)} more tokens do not fit: {len(self._fed)} of {self.n_ctx} are in use"
            )
        for start in range(0, len(tokens), _BATCH):
            chunk = list(tokens[start : start + _BATCH])
            feeds = dict(zip(self._caches, self._cache, strict=True))
            feeds["input_ids"] = self._np.array([chunk], dtype=self._np.int64)
            try:
                logits, *self._cache = self._session.run(None, feeds)
            except Exception as e:  # the runtime's exceptions have no class in common
                raise EngineError(f"ONNX Runtime could not run the model: {_line(e)}") from None
            self._fed += chunk
            yield logits[0]

    def feed_ahead(self, token: int, guesses: Sequence[int]) -> None:
        """See `robo_runtime.engine.Engine`: guesses are not run."""
        self.feed([token])

    def confirm(self, token: int) -> bool:
        """See `robo_runtime.engine.Engine`."""
        return False

    def last(self, n: int) -> list[int]:
        """See `robo_runtime.engine.Engine`."""
        return self._fed[-n:]

    def rewind(self, n: int) -> None:
        """See `robo_runtime.engine.Engine`."""
        if not 0 <= n < len(self._fed):
            raise EngineError(f"{n} tokens cannot be taken back: {len(self._fed)} are in use")
        if n:
            kept = self._fed[: len(self._fed) - n]
            self._fed = kept[:-1]
            cut = (array[:, :, : len(self._fed)] for array in self._cache)
            self._cache = [self._np.ascontiguousarray(array) for array in cut]
            self.feed(kept[-1:])  # for the scores behind it

    def logits(self) -> Array:
        """The scores after the last token fed, `n_vocab` of them; not to be written to."""
        if self._scores is None:
            raise EngineError("there are no scores yet: feed the prompt first")
        return self._scores

    def use_threads(self, threads: int) -> None:
        """See `robo_runtime.engine.Engine`; the model is loaded anew."""
        if threads < 1:
            raise EngineError(f"threads is {threads}; use 1 or more")
        self._session = _session(self._runtime, self._path, threads)

    def grammar(self, gbnf: str) -> AutomatonGrammar:
        """See `robo_runtime.engine.Engine`."""
        from robo_runtime.automaton import AutomatonGrammar

        return AutomatonGrammar(gbnf, self)

    def picker(self, temperature: float, top_k: int, seed: int) -> NumpyPicker:
        """See `robo_runtime.engine.Engine`."""
        return NumpyPicker(self, temperature, top_k, seed)

    def close(self) -> None:
        """See `robo_runtime.engine.Engine`."""
        self._session = self._scores = None
        self._cache = self._empty = []
        self._fed, self._kept = [], ([], [])

    def _open(self) -> None:
        if self._session is None:
            raise EngineError("this model was closed; load it again")


def _libraries() -> tuple[Any, Any]:
    try:
        import numpy
        import onnxruntime
    except ImportError as e:
        raise OnnxMissing(f"{e.name} is not installed: python -m pip install 'robo-runtime[onnx]'") from None
    onnxruntime.disable_telemetry_events()  # Windows builds have some
    return numpy, onnxruntime


def _session(runtime: Any, model: Path, threads: int) -> Any:
    if not model.is_file():
        raise ModelError(f"{model}: no such model file; {_REMEDY}")
    options = runtime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return runtime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as e:  # the runtime's exceptions have no class in common
        raise ModelError(f"{model}: ONNX Runtime refuses it: {_line(e)}; {_REMEDY}") from None


def _cache_shapes(session: Any, model: Path) -> tuple[list[str], list[tuple[int, ...]]]:
    """Names of the cache's inputs and their shapes when it is empty; the outputs must be as many."""
    inputs = {each.name: each.shape for each in session.get_inputs()}
    outputs = [each.name for each in session.get_outputs()]
    caches = [name.replace("present.", "past_key_values.", 1) for name in outputs[1:]]
    if outputs[:1] != ["logits"] or not caches or {"input_ids", *caches} != set(inputs):
        raise ModelError(f"{model}: its inputs and outputs are not those of a RoboLM model; {_REMEDY}")
    return caches, [tuple(n if isinstance(n, int) else 0 for n in inputs[name]) for name in caches]


def _context(metadata: dict[str, str], model: Path) -> int:
    text = metadata.get(CONTEXT_KEY, "")
    if not text.isdecimal() or not int(text):
        raise ModelError(f"{model}: metadata {CONTEXT_KEY} is {text!r}, expected a number; {_REMEDY}")
    return int(text)


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
