"""Bytes of a tier in every format and precision, beside what they may be at most; random weights do for that.

.venv/bin/python -m benchmarks.export_sizes [TIER] [--formats gguf,onnx,litert,coreml] [--out DIR]

Files are written as `robo-convert` writes them, but not proved: there is nothing learnt to lose. `--out`
keeps them, with their tokenizer, for `benchmarks/latency/engines.py`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from robo_convert.beside import copy_tokenizer, metadata_of
from robo_convert.checkpoint import Checkpoint, load_checkpoint, size_of
from robo_convert.formats import FORMATS
from robo_convert.heavy import require
from robo_runtime.errors import RoboError
from robo_runtime.files import write_json
from robo_runtime.paths import workspace
from robo_train.provenance import provenance

from benchmarks.random_checkpoint import write_checkpoint

BARS = {
    "tiny": {
        "gguf q4_0": 16.5, "gguf q8_0": 27.5, "onnx int8": 28, "onnx int4": 19, "genai int4": 18.5,
        "litert int8": 28, "litert int4": 15.5, "litert int4_row": 15.5, "litert int4_all": 15.5,
        "coreml int8": 26.5, "coreml int4": 15.5, "coreml int4_all": 15.5,
    },
}  # fmt: skip
"""Millions of bytes at most, by tier."""
RESULTS = workspace() / "benchmarks" / "results" / "exports.json"
Written = Iterator[tuple[str, int]]
"""A precision, and the bytes of its file."""


def gguf_files(source: Checkpoint, folder: Path, quants: Sequence[str]) -> Written:
    """GGUF."""
    from robo_convert.gguf_file import write_gguf
    from robo_convert.quants import QUANTS
    from robo_convert.texts import read_vocabulary

    for quant in quants:
        path = folder / f"{source.name}-{quant}.gguf"
        write_gguf(path, source, read_vocabulary(source), QUANTS[quant])
        yield f"gguf {quant}", size_of(path)


def onnx_files(source: Checkpoint, folder: Path, quants: Sequence[str]) -> Written:
    """ONNX, and beside it what makes a folder one of onnxruntime-genai."""
    from robo_convert.onnx.genai import GENAI, genai_config
    from robo_convert.onnx.graph import build

    for quant in quants:
        path = folder / f"{source.name}-{quant}.onnx"
        path.write_bytes(
            build(source.weights, source.shape, quant, metadata_of(source, quant)).SerializeToString()
        )
        yield f"onnx {quant}", size_of(path)
        if quant == "int4":
            write_json(folder / GENAI, genai_config(source, path.name))
            yield f"genai {quant}", size_of(path) + size_of(folder / GENAI)


def litert_files(source: Checkpoint, folder: Path, quants: Sequence[str]) -> Written:
    """LiteRT."""
    from robo_convert.litert.graph import build

    for quant in quants:
        path = folder / f"{source.name}-{quant}.tflite"
        path.write_bytes(build(source.weights, source.shape, quant, metadata_of(source, quant)))
        yield f"litert {quant}", size_of(path)


def coreml_files(source: Checkpoint, folder: Path, quants: Sequence[str]) -> Written:
    """Core ML."""
    from robo_convert.coreml.package import Converter

    converter = Converter(source.weights, source.shape)
    for quant in quants:
        path = folder / f"{source.name}-{quant}.mlpackage"
        converter.write(path, quant, {"robo.precision": quant})
        yield f"coreml {quant}", size_of(path)


WRITERS: dict[str, tuple[Callable[[Checkpoint, Path, Sequence[str]], Written], tuple[str, ...]]] = {
    "gguf": (gguf_files, ("q4_0", "q8_0")),
    "onnx": (onnx_files, ("int8", "int4")),
    "litert": (litert_files, ("int8", "int4", "int4_row", "int4_all")),
    "coreml": (coreml_files, ("int8", "int4", "int4_all", "pal4")),
}
"""What writes a format's files, and at which precisions."""


def measure(tier: str, folder: Path, formats: Sequence[str], tokenizer: Path) -> dict[str, Any]:
    """Write the files into `folder` and print a line for each; the figures by format and precision."""
    checkpoint = folder / f"random-{tier}"
    write_checkpoint(tier, checkpoint, tokenizer)
    source = load_checkpoint(checkpoint)
    print(f"{tier}, random weights: {source.parameters:,} parameters")
    found: dict[str, Any] = {}
    for name in formats:
        (folder / name).mkdir(exist_ok=True)
        copy_tokenizer(source, folder / name)
        write, quants = WRITERS[name]
        try:
            require(FORMATS[name])
        except RoboError as e:
            print(f"{name}: not measured: {e}")
            continue
        for what, n_bytes in write(source, folder / name, quants):
            bar = BARS.get(tier, {}).get(what)
            limit = None if bar is None else round(bar * 1e6)
            found[what] = {"bytes": n_bytes, "at_most": limit}
            beside = "" if limit is None else f"   at most {limit:>11,}: {_verdict(n_bytes, limit)}"
            print(f"{what:16} {n_bytes:>11,}{beside}", flush=True)
    return {"parameters": source.parameters, "files": found}


def _verdict(n_bytes: int, limit: int) -> str:
    return "met" if n_bytes <= limit else f"missed by {n_bytes - limit:,}"


def main() -> None:
    """Print the table, and add it to the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("tier", nargs="?", default="tiny")
    parser.add_argument("--formats", default=",".join(WRITERS))
    parser.add_argument("--tokenizer", type=Path, help="of the tier's size; robo-nano's when left out",
                        default=workspace() / "checkpoints" / "robo-nano" / "tokenizer.model")  # fmt: skip
    parser.add_argument("--out", type=Path, help="keep the files there")
    options = parser.parse_args()
    formats = options.formats.split(",")
    if unknown := [name for name in formats if name not in WRITERS]:
        parser.error(f"--formats {unknown[0]}: known are {', '.join(WRITERS)}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            result = measure(options.tier, folder, formats, options.tokenizer)
        except RoboError as e:
            parser.error(str(e))
    old = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    files = {**old.get("sizes", {}).get(options.tier, {}).get("files", {}), **result["files"]}
    sizes = {**old.get("sizes", {}), options.tier: {**result, "files": files, **provenance()}}
    write_json(RESULTS, {**old, "benchmark": "exports of random weights, a tier each", "sizes": sizes})


if __name__ == "__main__":
    main()
