#!/usr/bin/env python3
"""A GGUF file in node-llama-cpp and in wllama: do they cut the prompts alike and write the same greedy text?

    npm install --prefix /tmp/elsewhere node-llama-cpp @wllama/wllama playwright-core
    .venv/bin/python scripts/gguf_elsewhere.py exports/robo-nano/robo-nano-q4_0.gguf --modules /tmp/elsewhere

Compares with llama-cpp-python on the prompts of configs/convert/parity.yaml, one thread, no grammar. wllama
runs in headless Chromium. It gives text, and ends with an error where a model writes half a character, as one
may that no grammar holds: it is asked for the tokens before that. Ends with status 1 when a text differs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from robo_convert.parity import Case, load_gate
from robo_runtime.engine.llama import LlamaEngine
from robo_runtime.prompt import render

HERE = Path(__file__).resolve().parent / "elsewhere"


def main() -> int:
    """Run both and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--modules", type=Path, required=True, help="where npm installed the packages")
    parser.add_argument("--chromium", default=shutil.which("chromium"), help="the browser's program")
    parser.add_argument("--engines", default="node,browser", help="node, browser or both")
    parser.add_argument("--tokens", type=int, default=64)
    options = parser.parse_args()
    cases = load_gate().cases
    engine = LlamaEngine(options.model)
    expected = [_greedy(engine, case, options.tokens) for case in cases]
    total = sum(len(ids) for _, ids in expected)
    print(f"llama-cpp-python {version('llama-cpp-python')}: {total} tokens behind {len(cases)} prompts")
    same = True
    for name in options.engines.split(","):
        job = {
            "modules": str(options.modules.resolve()), "model": str(options.model.resolve()),
            "prompts": [_text(case, bos=name == "node") for case in cases],
            "tokens": [len(ids) if name == "node" else _whole(engine, ids) for _, ids in expected],
            "context": engine.n_ctx, "chromium": options.chromium,
        }  # fmt: skip
        found = _run(name, job)
        compare = _compare_ids if name == "node" else _compare_texts
        same &= compare(found, expected, engine)
    return 0 if same else 1


def _text(case: Case, *, bos: bool) -> str:
    """A prompt as one text; wllama puts `<bos>` before it by itself."""
    parts = render(case.prompt, system=case.system, lang=case.lang, hardware=case.hardware)
    return "".join(part.text for part in (parts if bos else parts[1:]))


def _greedy(engine: LlamaEngine, case: Case, tokens: int) -> tuple[list[int], list[int]]:
    """Ids of a prompt, and of what follows without the token that ends it."""
    prompt = engine.encode(render(case.prompt, system=case.system, lang=case.lang, hardware=case.hardware))
    engine.reset()
    engine.feed(prompt)
    picker, ids = engine.picker(0.0, 0, 0), [0] * 0
    while len(ids) < tokens and (token := picker.pick()) not in engine.ends:
        ids.append(token)
        engine.feed([token])
    return prompt, ids


def _whole(engine: LlamaEngine, ids: list[int]) -> int:
    """How many of the first tokens are whole characters."""
    data, whole = b"", 0
    for n, token in enumerate(ids, 1):
        data += engine.piece(token)
        try:
            data.decode()
        except UnicodeDecodeError as e:
            if e.reason != "unexpected end of data":
                break
        else:
            whole = n
    return whole


def _run(name: str, job: dict[str, Any]) -> dict[str, Any]:
    start, before = time.perf_counter(), os.times()
    done = subprocess.run(
        ["node", str(HERE / f"{name}.mjs")], input=json.dumps(job), capture_output=True, text=True
    )
    after = os.times()
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr.strip()[-2000:]}")
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    found: dict[str, Any] = json.loads(done.stdout)
    found["took"] = f"{seconds:.1f} processor seconds, {time.perf_counter() - start:.0f} s"
    return found


def _compare_ids(
    found: dict[str, Any], expected: list[tuple[list[int], list[int]]], engine: LlamaEngine
) -> bool:
    cut = sum(a["prompt"] == prompt for a, (prompt, _) in zip(found["answers"], expected, strict=True))
    same = [_alike(a["ids"], ids) for a, (_, ids) in zip(found["answers"], expected, strict=True)]
    return _report("node-llama-cpp", found, cut, same, [len(ids) for _, ids in expected])


def _compare_texts(
    found: dict[str, Any], expected: list[tuple[list[int], list[int]]], engine: LlamaEngine
) -> bool:
    cut, same, lengths = 0, [], []
    for answer, (prompt, ids) in zip(found["answers"], expected, strict=True):
        text = b"".join(map(engine.piece, ids[: _whole(engine, ids)])).decode()
        cut += answer["count"] == len(prompt)
        same.append(_alike(answer["text"], text))
        lengths.append(len(text))
    return _report("wllama", found, cut, same, lengths)


def _alike(a: Any, b: Any) -> int:
    """How many of the first elements are the same; of a whole answer all."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _report(name: str, found: dict[str, Any], cut: int, same: list[int], lengths: list[int]) -> bool:
    whole = sum(a == b for a, b in zip(same, lengths, strict=True))
    unit = "tokens" if name.startswith("node") else "characters"
    print(
        f"{name} {found['version']}: {cut} of {len(same)} prompts have the same"
        f" {'ids' if unit == 'tokens' else 'number of tokens'}, {whole} of {len(same)} texts are the same"
        f" ({sum(same)} of {sum(lengths)} {unit}); {found['took']}"
    )
    return cut == whole == len(same)


if __name__ == "__main__":
    sys.exit(main())
