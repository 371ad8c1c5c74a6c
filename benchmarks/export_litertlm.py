"""Bundles of a checkpoint in LiteRT-LM: how many held-out prompts get the text that our LiteRT engine writes.

.venv/bin/python -m pip install -e 'convert[litertlm]'
.venv/bin/python -m benchmarks.export_litertlm [CHECKPOINT] [--quant f32,int8,int4] [--prompts 20]

Greedy, no grammar, at most 120 tokens for each prompt; the texts and the ids of the prompts count. The export
itself (`robo-convert litert --bundle`) asks the few prompts of its gate and publishes nothing that differs.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from robo_convert.beside import copy_tokenizer, metadata_of
from robo_convert.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from robo_convert.functional import held_out
from robo_convert.litert.bundle import SUFFIX, write_bundle
from robo_convert.litert.bundle_proof import Written, compare, write
from robo_convert.litert.graph import build
from robo_convert.parity import load_gate
from robo_runtime.engine import load_engine
from robo_runtime.errors import RoboError
from robo_runtime.prompt import Part, render

LENGTH = 120


def written(path: Path, prompts: Sequence[Sequence[Part]]) -> list[Written]:
    """What our engine writes for each prompt."""
    engine = load_engine(path, threads=1)
    found = []
    for prompt in prompts:
        text = "".join(part.text for part in prompt)
        found.append(write(engine, text, list(engine.encode(prompt)), LENGTH))
    engine.close()
    return found


def measure(source: Checkpoint, quants: Sequence[str], count: int) -> None:
    """Print a line for each precision."""
    tasks = held_out(load_gate(), source.training.languages)[:count]
    prompts = [render(task.prompt, lang=task.lang, hardware=task.hardware) for task in tasks]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        copy_tokenizer(source, folder)
        for quant in quants:
            plain = folder / f"{source.name}-{quant}.tflite"
            plain.write_bytes(build(source.weights, source.shape, quant, metadata_of(source, quant)))
            bundle = plain.with_suffix(SUFFIX)
            write_bundle(source, quant, bundle)
            cut, same = compare(bundle, written(plain, prompts))
            print(
                f"{bundle.name}  {bundle.stat().st_size:,} bytes  prompts cut alike {cut} of {len(prompts)}"
                f"  texts that are the same {same} of {len(prompts)}",
                flush=True,
            )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("checkpoint", nargs="?", type=Path, default=Path("nano"))
    parser.add_argument("--quant", default="f32,int8,int4")
    parser.add_argument("--prompts", type=int, default=20)
    options = parser.parse_args()
    try:
        source = load_checkpoint(find_checkpoint(options.checkpoint))
        measure(source, options.quant.split(","), options.prompts)
    except RoboError as e:
        parser.error(str(e))


if __name__ == "__main__":
    main()
