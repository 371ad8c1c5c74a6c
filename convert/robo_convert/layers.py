"""Where a file goes another way than its checkpoint: what comes out of each layer, compared.

Layers add to a sum that runs through the model. The relative error of that sum behind the embedding and each
layer, over the gate's texts, tells which of them drifts first, and which adds most.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.gguf_file import Shape, read_gguf
from robo_runtime.paths import workspace

from robo_convert import llama_parity, reference
from robo_convert.checkpoint import Checkpoint, load_checkpoint
from robo_convert.formats import FORMATS
from robo_convert.heavy import require
from robo_convert.manifest import PARITY, Manifest, Reference, read_manifest
from robo_convert.parity import Encoded, ParityError, TensorFigures
from robo_convert.reference import Array, Weights

DRIFT = 0.01
"""Relative error from which an output is said to drift."""
States = list[list[Array]]
"""For each text what comes out of the embedding and of each layer, (T, hidden size) each."""


class Drift(Strict):
    """How far the outputs of a file's layers are from its checkpoint's."""

    file: str
    engine: str
    """Who ran the file."""
    errors: dict[str, float]
    """Root mean square of the difference over that of the checkpoint's output, from the embedding on."""

    @property
    def first(self) -> str | None:
        """The first output that is off by more than `DRIFT`."""
        return next((name for name, error in self.errors.items() if error > DRIFT), None)

    @property
    def most(self) -> str:
        """The one that the error grows most in."""
        errors = [0.0, *self.errors.values()]
        grown = dict(zip(self.errors, np.diff(errors), strict=True))
        return max(grown, key=lambda name: grown[name])

    def __str__(self) -> str:
        if self.first is None:
            return f"no layer's output is off by more than {DRIFT:.0%}"
        most = f"; {self.most} adds most" if self.most != self.first else ""
        return f"{self.first} drifts first (relative error {self.errors[self.first]:.2g}){most}"


def states_of(
    weights: Weights, shape: Shape, cases: Sequence[Encoded], *, interleaved: bool = False
) -> States:
    """Outputs of the layers in numpy."""
    found: States = []
    for case in cases:
        states: list[Array] = []
        reference.step(
            weights, shape, case.tokens(shape.context), interleaved_rope=interleaved, states=states
        )
        found.append(states)
    return found


def relative_errors(found: States, expected: States) -> dict[str, float]:
    """By output: see `Drift.errors`."""
    names = ["embedding", *(f"layer {n}" for n in range(len(expected[0]) - 1))]
    errors = {}
    for i, name in enumerate(names):
        a, b = (
            np.concatenate([case[i] for case in states]).astype(np.float64) for states in (found, expected)
        )
        errors[name] = float(f"{np.sqrt(np.square(a - b).sum() / np.square(b).sum()):.3g}")
    return errors


def drift_of_weights(
    file: str, found: Weights, expected: Weights, shape: Shape, cases: Sequence[Encoded]
) -> Drift:
    """What the rounding of the weights alone does, both in numpy."""
    a, b = (states_of(weights, shape, cases) for weights in (found, expected))
    return Drift(file=file, engine="numpy", errors=relative_errors(a, b))


def unlike(
    file: str,
    found: Sequence[str],
    tensors: TensorFigures,
    weights: Weights,
    source: Checkpoint,
    cases: Sequence[Encoded],
    how: str = "like its checkpoint",
) -> ParityError:
    """What to raise of a file that fails its gate, with the tensor and the layer to look at first.

    Args:
        found: what is beyond its limits.
        weights: as read back from the file, by Hugging Face names.
    """
    drift = drift_of_weights(file, weights, source.weights, source.shape, cases)
    return ParityError(
        f"{file}: does not answer {how}: {'; '.join(found)}; worst tensor {tensors.worst} (relative error"
        f" {tensors.worst_error:.3g}); {drift}; nothing was written. Train with qat: q4_0, or export a higher"
        " precision"
    )


def compare_layers(
    folder: Path, checkpoint: Path | None = None, progress: Callable[[str], None] = lambda step: None
) -> list[Drift]:
    """Every file of an export against its checkpoint, layer by layer, in the file's own engine.

    Args:
        checkpoint: its folder; `checkpoints/<name>` when None. What the layers of a checkpoint give is too
            much to be kept beside the files.

    Raises:
        RoboError: that is another checkpoint, or layers of this format cannot be looked into.
    """
    manifest = read_manifest(folder)
    source = load_checkpoint(checkpoint or workspace() / "checkpoints" / manifest.checkpoint.name)
    if source.sha256 != manifest.checkpoint.sha256:
        raise RoboError(
            f"{source.path}: is not the checkpoint of {folder}; name that with --checkpoint (its"
            f" model.safetensors has sha256 {manifest.checkpoint.sha256[:12]}…)"
        )
    cases = read_config(folder / PARITY, Reference).sequences
    progress("running the checkpoint layer by layer")
    expected = states_of(source.weights, source.shape, cases)
    found = []
    for name in manifest.models():
        progress(f"running {name} layer by layer")
        engine, states = _states_of_file(folder / name, manifest, cases)
        found.append(Drift(file=name, engine=engine, errors=relative_errors(states, expected)))
    return found


def _states_of_file(path: Path, manifest: Manifest, cases: Sequence[Encoded]) -> tuple[str, States]:
    if manifest.kind == "gguf":
        file = read_gguf(path)
        if llama_parity.available():
            return "llama.cpp", llama_parity.llama_layers(path, file.shape(), cases)
        return "numpy", states_of(file.weights(), file.shape(), cases, interleaved=True)
    form = FORMATS.get(manifest.kind)
    package = form.module.rpartition(".")[0] if form else ""
    if form is None or importlib.util.find_spec(f"{package}.layers") is None:
        raise RoboError(
            f"{path}: the layers of {manifest.kind} cannot be looked into; gguf, onnx, litert and coreml can"
        )
    require(form)
    module = importlib.import_module(f"{package}.layers")
    engines = {"coreml": "evaluator", "litert": "LiteRT", "onnx": "onnxruntime"}
    return engines[form.name], module.layer_outputs(path, cases)
