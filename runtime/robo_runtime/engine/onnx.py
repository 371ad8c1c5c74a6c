"""ONNX Runtime behind the interface of engines: a file of `robo-convert onnx`, its tokenizer beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

_REMEDY = "make a model with: robo-convert onnx CHECKPOINT"


class OnnxMissing(RoboError):
    """onnxruntime or numpy is not installed."""


class OnnxEngine(ArrayEngine):
    """One model in ONNX Runtime with one running text; its caches are arrays that a step makes anew.

    Args:
        ends: tokens that end a text. With them the engine runs ids alone, whatever the model's tokenizer.
    """

    def __init__(
        self,
        model: Path,
        *,
        threads: int = 1,
        context: int | None = None,
        ends: Sequence[int] | None = None,
    ) -> None:
        self._path = model
        self._numpy, self._runtime = _libraries()
        self._session: Any
        self.use_threads(threads)
        self._caches, empty = _cache_shapes(self._session, model)
        self._empty = [self._numpy.zeros(size, dtype=self._numpy.float32) for size in empty]
        metadata = self._session.get_modelmeta().custom_metadata_map
        trained = context_of(metadata, model, _REMEDY)
        n_vocab = int(self._session.get_outputs()[0].shape[-1])
        pieces = tokenizer_beside(model, metadata, n_vocab) if ends is None else IdsAlone(ends)
        super().__init__(pieces, n_vocab, trained=trained, context=context)

    def _start(self) -> list[Array]:
        return self._empty

    def _step(self, state: list[Array], tokens: list[int]) -> tuple[Array, list[Array]]:
        feeds = dict(zip(self._caches, state, strict=True))
        feeds["input_ids"] = self._numpy.array([tokens], dtype=self._numpy.int64)
        try:
            logits, *caches = self._session.run(None, feeds)
        except Exception as e:  # the runtime's exceptions have no class in common
            raise EngineError(f"ONNX Runtime could not run the model: {_line(e)}") from None
        return logits[0], caches

    def _first(self, state: list[Array], n: int) -> list[Array]:
        return [self._numpy.ascontiguousarray(array[:, :, :n]) for array in state]

    def _require_open(self) -> None:
        if self._session is None:
            raise EngineError("this model was closed; load it again")

    def use_threads(self, threads: int) -> None:
        """See `robo_runtime.engine.Engine`; the model is loaded anew."""
        if threads < 1:
            raise EngineError(f"threads is {threads}; use 1 or more")
        self._session = _session(self._runtime, self._path, threads)

    def close(self) -> None:
        """See `robo_runtime.engine.Engine`."""
        super().close()
        self._session, self._empty = None, []


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


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
