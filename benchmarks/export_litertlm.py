"""`.litertlm` bundles of a checkpoint, and whether LiteRT-LM writes with them what our LiteRT engine does.

.venv/bin/python -m pip install litert-lm litert-lm-builder
.venv/bin/python -m benchmarks.export_litertlm [CHECKPOINT] [--quant f32,int8,int4] [--prompts 20] [--out DIR]

Greedy, no grammar, at most 120 tokens for each held-out prompt; the texts and the ids of the prompts count.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from robo_convert.beside import copy_tokenizer, metadata_of
from robo_convert.checkpoint import Checkpoint, find_checkpoint, load_checkpoint
from robo_convert.functional import held_out
from robo_convert.litert.bundle import write_bundle
from robo_convert.litert.graph import build
from robo_convert.parity import load_gate
from robo_runtime.engine import load_engine
from robo_runtime.errors import RoboError
from robo_runtime.prompt import BOS, Part, render

LENGTH = 120


def written(path: Path, prompts: Sequence[Sequence[Part]]) -> list[tuple[list[int], str, int]]:
    """For each prompt its ids, what our engine writes, and how many tokens that is."""
    engine = load_engine(path, threads=1)
    found = []
    for prompt in prompts:
        ids, chosen = engine.encode(prompt), [0] * 0
        engine.reset()
        engine.feed(ids)
        picker = engine.picker(0.0, 0, 0)
        while len(chosen) < LENGTH and (token := picker.pick()) not in engine.ends:
            chosen.append(token)
            engine.feed([token])
        text = b"".join(map(engine.piece, chosen)).decode(errors="replace")
        found.append((ids, text, len(chosen)))
    engine.close()
    return found


def compare(
    path: Path, prompts: Sequence[Sequence[Part]], ours: Sequence[tuple[list[int], str, int]]
) -> tuple[int, int]:
    """How many prompts LiteRT-LM cuts as we do, and how many texts it writes that are ours."""
    try:
        import litert_lm
    except ImportError as e:
        raise RoboError(f"{e.name} is not installed: python -m pip install litert-lm") from None
    litert_lm.set_min_log_severity(litert_lm.LogSeverity.ERROR)
    engine: Any = litert_lm.Engine(str(path), backend=litert_lm.Backend.CPU())
    cut, same = 0, 0
    for prompt, (ids, text, length) in zip(prompts, ours, strict=True):
        asked = "".join(part.text for part in prompt).removeprefix(BOS)
        cut += engine.tokenize(asked) == ids[1:]  # it puts the first token there itself
        session = engine.create_session(apply_prompt_template=False, max_output_tokens=max(length, 1))
        session.run_prefill([asked])
        same += session.run_decode().texts[0] == text
        session.close()
    return cut, same


def measure(source: Checkpoint, quants: Sequence[str], count: int, folder: Path) -> None:
    """Write the bundles into a folder and print a line for each."""
    tasks = held_out(load_gate(), source.training.languages)[:count]
    prompts = [render(task.prompt, lang=task.lang, hardware=task.hardware) for task in tasks]
    with tempfile.TemporaryDirectory() as temporary:
        copy_tokenizer(source, Path(temporary))
        for quant in quants:
            bundle = folder / f"{source.name}-{quant}.litertlm"
            write_bundle(source, quant, bundle)
            plain = Path(temporary) / f"{source.name}-{quant}.tflite"
            plain.write_bytes(build(source.weights, source.shape, quant, metadata_of(source, quant)))
            cut, same = compare(bundle, prompts, written(plain, prompts))
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
    parser.add_argument("--out", type=Path, help="keep the bundles there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.out or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            source = load_checkpoint(find_checkpoint(options.checkpoint))
            measure(source, options.quant.split(","), options.prompts, folder)
        except RoboError as e:
            parser.error(str(e))


if __name__ == "__main__":
    main()
