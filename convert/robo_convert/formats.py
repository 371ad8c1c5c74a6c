"""The formats a checkpoint is exported to, as data: from it come the commands and `robo-convert all`."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from robo_runtime.errors import RoboError

if TYPE_CHECKING:
    from robo_convert.manifest import Manifest

Export = Callable[..., "Manifest"]
"""`(checkpoint, out, quants, *, board, progress)`; see `robo_convert.gguf_export.export_gguf`."""


@dataclass(frozen=True)
class Format:
    """One format."""

    name: str
    help: str
    quants: tuple[str, ...]
    """Precisions."""
    default: str
    """Those that are written when none is named, comma-separated."""
    module: str
    """Of the converter. A heavy one has `convert(job, progress) -> Made` (see `robo_convert.child`)."""
    needs: tuple[str, ...] = ()
    """Modules of the extra `robo-convert[name]`; a format that has some is heavy: it runs in a child."""
    packages: tuple[str, ...] = ("gguf", "numpy", "sentencepiece")
    """Whose versions the manifest keeps."""
    alias: str = ""
    """Another name of the command."""

    @property
    def suffix(self) -> str:
        """Of the export folder's name."""
        return "" if self.name == "gguf" else f"-{self.name}"

    def load(self) -> Export:
        """The function that exports."""
        if self.needs:
            from robo_convert.heavy import export_heavy

            return functools.partial(export_heavy, self.name)
        found: Export = importlib.import_module(self.module).export_gguf
        return found


FORMATS = {
    form.name: form
    for form in (
        Format(
            "gguf",
            "Write GGUF files for llama.cpp, with grammar, Modelfile and manifest.",
            ("q4_0", "q4_k_m", "q8_0", "f16", "f32"),
            "q4_0",
            "robo_convert.gguf_export",
        ),
        Format(
            "onnx",
            "Write ONNX files for ONNX Runtime, with cache, tokenizer, grammar and manifest.",
            ("f32", "int8", "int8_dynamic", "int4"),
            "int8,int4",
            "robo_convert.onnx.export",
            ("onnx", "onnxruntime"),
            ("onnx", "onnxruntime", "gguf", "numpy", "sentencepiece"),
        ),
        Format(
            "litert",
            "Write TFLite files for LiteRT, with tokenizer, grammar and manifest.",
            ("f32", "int8", "int4", "int4_row", "int4_all"),
            "int8,int4",
            "robo_convert.litert.export",
            ("ai_edge_litert", "flatbuffers"),
            ("ai-edge-litert", "flatbuffers", "gguf", "numpy", "sentencepiece"),
            alias="tflite",
        ),
        Format(
            "coreml",
            "Write Core ML packages for iOS 18 and macOS 15, with grammar and manifest.",
            ("f16", "int8", "int4", "int4_all", "pal4"),
            "int8,int4",
            "robo_convert.coreml.export",
            ("torch", "coremltools"),
            ("coremltools", "torch", "numpy", "sentencepiece"),
        ),
    )
}


def export_folder(name: str, checkpoint: Path, exports: Path) -> Path:
    """Where a checkpoint's export in a format goes: each format has a folder of its own."""
    return exports / f"{checkpoint.resolve().name}{FORMATS[name].suffix}"


def parse_plan(form: Format, quants: Sequence[str]) -> list[str]:
    """The precisions called `quants`, each once, in the order given; the format's own when there are none.

    Raises:
        RoboError: one that the format has not.
    """
    names = list(dict.fromkeys(name.lower() for name in quants)) or form.default.split(",")
    for name in names:
        if name not in form.quants:
            raise RoboError(f"{name}: not a precision of {form.name}; known: {', '.join(form.quants)}")
    return names
