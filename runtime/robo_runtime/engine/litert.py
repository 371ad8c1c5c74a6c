"""LiteRT behind the interface of engines: a file of `robo-convert litert`, its tokenizer beside it.

The file's `decode` gives the scores after one token, its `prefill` only reads tokens, many at a time. Both
read the rows of earlier tokens from caches of a fixed length, which are filled here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from robo_runtime.engine import EngineError
from robo_runtime.engine.arrays import ArrayEngine
from robo_runtime.engine.beside import context_of, tokenizer_beside
from robo_runtime.engine.gguf import ModelError
from robo_runtime.engine.pieces import IdsAlone
from robo_runtime.errors import RoboError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float32]

DECODE, PREFILL = "decode", "prefill"
_FEW = 12
"""So many tokens are as quickly decoded one by one as read in a batch, which has a fixed length."""
_REMEDY = "make a model with: robo-convert litert CHECKPOINT"


class LitertMissing(RoboError):
    """ai-edge-litert is not installed."""


class _Rows(NamedTuple):
    """What one call gave: keys and values of `length` tokens, (1, kv heads, length, size) for each cache."""

    length: int
    caches: list[Array]


class LitertEngine(ArrayEngine):
    """One model in LiteRT with one running text; a state is the rows of all tokens, call by call.

    Args:
        ends: tokens that end a text. With them the engine runs ids alone, whatever the model's tokenizer.
    """

    batch = 1 << 16

    def __init__(
        self, model: Path, *, threads: int = 1, context: int | None = None, ends: Sequence[int] | None = None
    ) -> None:
        self._path = model
        self._library = _library()
        self._interpreter: Any
        self._held: tuple[_Rows, ...] = ()
        """The rows that lie in the caches of `decode`."""
        metadata = _metadata(model)
        self.use_threads(threads)
        trained = context_of(metadata, model, _REMEDY)
        self._signatures = {name: _Signature(self._interpreter, name, model) for name in (DECODE, PREFILL)}
        decode = self._signatures[DECODE]
        if decode.positions != trained:
            raise ModelError(
                f"{model}: its caches have {decode.positions} positions instead of {trained}; {_REMEDY}"
            )
        pieces = tokenizer_beside(model, metadata, decode.n_vocab) if ends is None else IdsAlone(ends)
        super().__init__(pieces, decode.n_vocab, trained=trained, context=context)

    def _start(self) -> tuple[_Rows, ...]:
        return ()

    def _step(self, state: tuple[_Rows, ...], tokens: list[int]) -> tuple[Array, tuple[_Rows, ...]]:
        """The scores are those after the last token alone."""
        while len(tokens) > _FEW:
            part = tokens[: min(len(tokens) - 1, self._signatures[PREFILL].length)]
            state, tokens = self._prefill(state, part), tokens[len(part) :]
        for token in tokens:
            scores, state = self._decode(state, token)
        return scores, state

    def feed_all(self, tokens: Sequence[int]) -> Array:
        """See `ArrayEngine`; one by one."""
        rows: list[Array] = []
        for token in tokens:
            self.feed([token])
            rows.append(self.logits())
        return self._np.stack(rows)

    def _first(self, state: tuple[_Rows, ...], n: int) -> tuple[_Rows, ...]:
        kept: list[_Rows] = []
        for rows in state:
            if rows.length > n:
                rows = _Rows(n, [cache[:, :, :n] for cache in rows.caches])
            if n:
                kept.append(rows)
            n -= rows.length
        return tuple(kept)

    def _decode(self, state: tuple[_Rows, ...], token: int) -> tuple[Array, tuple[_Rows, ...]]:
        signature, run = self._signatures[DECODE], self._interpreter
        self._hold(state)
        run.tensor(signature.tokens)()[:] = token
        run.tensor(signature.position)()[:] = _length(state)
        with _told():
            run.invoke()
        rows = _Rows(1, [run.get_tensor(number) for number in signature.new])
        scores: Array = run.get_tensor(signature.logits)
        return scores[0], (*state, rows)

    def _prefill(self, state: tuple[_Rows, ...], tokens: list[int]) -> tuple[_Rows, ...]:
        signature, run = self._signatures[PREFILL], self._interpreter
        self._hold(state)
        padded = self._np.zeros((1, signature.length), self._np.int32)
        padded[0, : len(tokens)] = tokens
        feeds = {"tokens": padded, "position": self._np.array([_length(state)], self._np.int32)}
        for name, number in self._signatures[DECODE].caches.items():
            feeds[name] = run.tensor(number)()
        with _told():
            found = run.get_signature_runner(PREFILL)(**feeds)
        new = (found[f"new_{name}"] for name in signature.caches)
        return (*state, _Rows(len(tokens), [rows[:, :, : len(tokens)] for rows in new]))

    def _hold(self, state: tuple[_Rows, ...]) -> None:
        """Write into the caches what is not there yet. What lies behind a state's length is not read."""
        if state is self._held:
            return
        same = 0
        for rows, held in zip(state, self._held, strict=False):
            if rows is not held:
                break
            same += 1
        at = _length(state[:same])
        for rows in state[same:]:
            for number, new in zip(self._signatures[DECODE].caches.values(), rows.caches, strict=True):
                self._interpreter.tensor(number)()[:, :, at : at + rows.length] = new
            at += rows.length
        self._held = state

    def _require_open(self) -> None:
        if self._interpreter is None:
            raise EngineError("this model was closed; load it again")

    def use_threads(self, threads: int) -> None:
        """See `robo_runtime.engine.Engine`; the model is loaded anew."""
        if threads < 1:
            raise EngineError(f"threads is {threads}; use 1 or more")
        self._interpreter, self._held = _interpreter(self._library, self._path, threads), ()

    def close(self) -> None:
        """See `robo_runtime.engine.Engine`."""
        super().close()
        self._interpreter, self._held = None, ()


class _Signature:
    """Numbers of a signature's tensors, and their sizes.

    Raises:
        ModelError: it is not there, or has other tensors than a model of ours.
    """

    def __init__(self, interpreter: Any, name: str, model: Path) -> None:
        listed = interpreter.get_signature_list()
        foreign = ModelError(f"{model}: its inputs and outputs are not those of a RoboLM model; {_REMEDY}")
        if name not in listed:
            raise foreign
        runner = interpreter.get_signature_runner(name)
        inputs, outputs = runner.get_input_details(), runner.get_output_details()
        caches = [f"{part}_{n}" for n in range(len(inputs) // 2 - 1) for part in ("keys", "values")]
        wanted = {*(f"new_{cache}" for cache in caches), *(["logits"] if name == DECODE else [])}
        if not caches or set(inputs) != {"tokens", "position", *caches} or set(outputs) != wanted:
            raise foreign
        self.tokens, self.position = inputs["tokens"]["index"], inputs["position"]["index"]
        self.length = int(inputs["tokens"]["shape"][-1])
        self.positions = int(inputs[caches[0]]["shape"][2])
        self.caches = {cache: inputs[cache]["index"] for cache in caches}
        self.new = [outputs[f"new_{cache}"]["index"] for cache in caches]
        if name == DECODE:
            self.logits = outputs["logits"]["index"]
            self.n_vocab = int(outputs["logits"]["shape"][-1])
            if {each["index"] for each in interpreter.get_input_details()} != {
                each["index"] for each in inputs.values()
            }:
                raise foreign


def _length(state: tuple[_Rows, ...]) -> int:
    return sum(rows.length for rows in state)


def _library() -> Any:
    try:
        from ai_edge_litert import interpreter
    except ImportError as e:
        raise LitertMissing(
            f"{e.name} is not installed: python -m pip install 'robo-runtime[litert]'"
        ) from None
    return interpreter


def _interpreter(library: Any, model: Path, threads: int) -> Any:
    try:
        with _quiet():
            found = library.Interpreter(model_path=str(model), num_threads=threads)
            found.allocate_tensors()
        for each in found.get_input_details():  # what is masked must still be a number
            found.tensor(each["index"])()[:] = 0
    except (ValueError, RuntimeError) as e:
        raise ModelError(f"{model}: LiteRT refuses it: {_line(e)}; {_REMEDY}") from None
    return found


def _metadata(model: Path) -> Mapping[str, str]:
    """The texts in a file's metadata; empty for a file that is not one of LiteRT."""
    from ai_edge_litert import schema_py_generated as schema

    if not model.is_file():
        raise ModelError(f"{model}: no such model file; {_REMEDY}")
    content = model.read_bytes()
    found: dict[str, str] = {}
    try:
        root = schema.Model.GetRootAs(content, 0)
        for entry in (root.Metadata(i) for i in range(root.MetadataLength())):
            data = root.Buffers(entry.Buffer()).DataAsNumpy()
            found[entry.Name().decode()] = data.tobytes().decode()
    except Exception as e:  # bytes that are no such file lead anywhere
        raise ModelError(f"{model}: is no LiteRT file ({_line(e)}); {_REMEDY}") from None
    return found


@contextmanager
def _told() -> Iterator[None]:
    """LiteRT's exceptions as ours."""
    try:
        yield
    except (ValueError, RuntimeError) as e:
        raise EngineError(f"LiteRT could not run the model: {_line(e)}") from None


@contextmanager
def _quiet() -> Iterator[None]:
    """Nothing on stderr: LiteRT tells there, past Python, that it uses the processor."""
    try:
        kept = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nothing)


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
