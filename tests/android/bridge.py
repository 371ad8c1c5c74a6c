"""LiteRT's interpreter for the Kotlin engine: a file of ours, run here, its tensors through two pipes."""

from __future__ import annotations

import codecs
import hashlib
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from robo_runtime.models import default_model
from robo_runtime.prompt import render

from tests.android import host

MOST_TOKENS = 40


def export(folder: Path) -> Path:
    """The model that ships as a TFLite file, beside its tokenizer, which is there already."""
    from robo_convert.litert.graph import build
    from robo_runtime.engine.beside import CONTEXT_KEY, TOKENIZER_KEY
    from robo_runtime.gguf_file import hub_weights, read_gguf

    file = read_gguf(default_model())
    shape = file.shape()
    sha256 = hashlib.sha256((folder / "tokenizer.model").read_bytes()).hexdigest()
    metadata = {CONTEXT_KEY: str(shape.context), TOKENIZER_KEY: sha256}
    path = folder / "robo-nano-f32.tflite"
    path.write_bytes(build(dict(hub_weights(file.weights(), shape)), shape, "f32", metadata))
    return path


def expected(model: Path, asked: list[tuple[str, str]]) -> list[str]:
    """What the Python engine writes, always the best token, without a grammar."""
    from robo_runtime.engine.litert import LitertEngine

    engine = LitertEngine(model)
    found = []
    for prompt, lang in asked:
        engine.reset()
        engine.feed(engine.encode(render(prompt, lang=lang or None)))
        made: list[int] = []
        while len(made) < MOST_TOKENS and (best := int(np.argmax(engine.logits()))) not in engine.ends:
            made.append(best)
            engine.feed([best])
        text = codecs.getincrementaldecoder("utf-8")("replace")  # as far as characters are whole
        found.append(text.decode(b"".join(map(engine.piece, made))))
    engine.close()
    return found


class Interpreter:
    """A file's signatures, and a way to run them with raw tensors."""

    def __init__(self, model: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter as Litert

        self._interpreter: Any = Litert(model_path=str(model))
        self._runners = {
            name: self._interpreter.get_signature_runner(name)
            for name in self._interpreter.get_signature_list()
        }

    def rows(self) -> list[list[str]]:
        """Names and shapes of all inputs and outputs."""
        return [
            [signature, kind, name, ",".join(map(str, details["shape"]))]
            for signature, runner in self._runners.items()
            for kind, given in (
                ("input", runner.get_input_details()),
                ("output", runner.get_output_details()),
            )
            for name, details in given.items()
        ]

    def serve(self, process: subprocess.Popen[bytes]) -> None:
        """Answer until the other end closes its pipe."""
        assert process.stdin is not None and process.stdout is not None
        while name := process.stdout.readline().decode().strip():
            runner, inputs = self._runners[name], {}
            for key, details in sorted(runner.get_input_details().items()):
                size = int(np.prod(details["shape"])) * np.dtype(details["dtype"]).itemsize
                raw = process.stdout.read(size)
                inputs[key] = np.frombuffer(raw, details["dtype"]).reshape(details["shape"])
            for _, value in sorted(runner(**inputs).items()):
                process.stdin.write(np.ascontiguousarray(value).tobytes())
            process.stdin.flush()


def run(files: Path, model: Path) -> str:
    """What the Kotlin side said."""
    command = host.java("io.robolm.host.SuiteKt", "bridge", str(files))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        Interpreter(model).serve(process)
        _, said = process.communicate(timeout=120)
    return said.decode()
