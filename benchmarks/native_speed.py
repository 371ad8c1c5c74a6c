"""What the native core costs over llama.cpp's own loop: time of decoding, memory, a build from a clean tree.

    .venv/bin/python -m benchmarks.native_speed [--rounds 5] [--model FILE] [--build] [--json OUT.json]

Speed: each prompt is answered in turns by llama.cpp's own loop (llama_decode and the best token, in C, in the
same library and process), by the core without a grammar, and by the core with it. A model's table of likely
tokens (`robo_runtime.drafts`) is left out, as that loop knows none, and once more taken, to show what it
gives. Ratios are per token: medians over the rounds, in wall time of decoding and in processor time of whole
calls, prompt included. On a machine that does other work only the latter mean something.

Memory: a process of its own loads a mapped model and answers; what is left of its growth without the mapped
file and the key-value cache is what the core and llama.cpp add, code included. `--build` compiles the library
in a clean folder, llama.cpp's sources being there.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from robo_runtime.command import run as run_command
from robo_runtime.engine.gguf import read_header
from robo_runtime.files import write_json
from robo_runtime.models import default_model
from robo_runtime.progress import tracked

from benchmarks.latency.first_token import load_average, machine
from tests.native.binding import NATIVE, Native, NativeError, Source
from tests.native.mutate import kit_data

app = typer.Typer(add_completion=False)
PROMPTS = (
    "Blink an LED on pin 2 every 500 ms",
    "Read the DHT22 on pin 15 and print the temperature every 2 seconds",
    "Move the servo on pin 13 from 0 to 180 degrees and back",
    "Print the numbers from 1 to 20 and then play a melody",
)
WAYS = ("llama.cpp", "free", "constrained")
_DRAFTS = (b"robolm.drafts.tokens", b"robolm.unused.tokens")


def without_drafts(content: bytes) -> bytes:
    """A model whose table of likely tokens has another name, of the same length."""
    name, other = _DRAFTS
    assert len(name) == len(other)
    return content.replace(name, other)


def turn(native: Native, way: str, prompt: str) -> dict[str, float]:
    """One answer: tokens, wall seconds of decoding, processor seconds of the call."""
    start = time.thread_time()
    if way == "llama.cpp":
        _, stats = native.bare(prompt)
    else:
        _, _, stats = native.generate(prompt, unconstrained=int(way == "free"))
    return {"tokens": stats.tokens, "wall": stats.decode_s, "processor": time.thread_time() - start}


def speed(model: Source, data: bytes, rounds: int, what: str) -> dict[str, Any]:
    """Medians per prompt and way, and their ratios to llama.cpp's own loop."""
    native = Native(model, data)
    turns = [(n, p, w) for n in range(rounds + 1) for p in PROMPTS for w in WAYS[n % 3 :] + WAYS[: n % 3]]
    seen: dict[tuple[str, str], list[dict[str, float]]] = {}
    for n, prompt, way in tracked(turns, len(turns), what):
        found = turn(native, way, prompt)
        if n:  # the first round fills caches
            seen.setdefault((prompt, way), []).append(found)
    native.close()
    figures: dict[str, Any] = {}
    for way in WAYS:
        rows = [seen[prompt, way] for prompt in PROMPTS]
        tokens = sum(row[0]["tokens"] for row in rows)
        figures[way] = {"tokens": tokens}
        for kind in ("wall", "processor"):
            per_prompt = [statistics.median(found[kind] for found in row) for row in rows]
            figures[way][f"{kind}_us_per_token"] = sum(per_prompt) / tokens * 1e6
    for way in WAYS[1:]:
        for kind in ("wall", "processor"):
            key = f"{kind}_us_per_token"
            figures[way][f"{kind}_ratio"] = figures[way][key] / figures[WAYS[0]][key]
    return figures


def status(key: str) -> int:
    """Bytes of this process by a line of /proc/self/status."""
    line = next(s for s in Path("/proc/self/status").read_text().splitlines() if s.startswith(f"{key}:"))
    return int(line.split()[1]) << 10


def kv_cache(model: Path) -> int:
    """Bytes of the keys and values of a whole context, 16 bits each."""
    meta = read_header(model).metadata
    heads = meta["llama.attention.head_count"]
    width = meta.get("llama.attention.key_length", meta["llama.embedding_length"] // heads)
    width *= meta.get("llama.attention.head_count_kv", heads)
    return int(meta["llama.context_length"] * meta["llama.block_count"] * width * 2 * 2)


def memory(model: Path, data: Path) -> dict[str, int]:
    """How this process grows by a handle and its answers. Call it in one that has done nothing else."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts again
    kinds = ("VmRSS", "RssAnon", "RssFile")
    before = {kind: status(kind) for kind in kinds}
    native = Native(model, data, mapped=1)
    for prompt in PROMPTS:
        native.generate(prompt)
    figures = {f"grown_{kind}": status(kind) - before[kind] for kind in kinds}
    mapped, cache = file_pages(model), kv_cache(model)
    figures |= {"model_bytes": model.stat().st_size, "model_mapped_in": mapped, "kv_cache": cache}
    figures["added"] = figures["grown_VmRSS"] - mapped - cache
    native.generate(long_prompt(native), max_tokens=1)
    figures["added_by_long_prompt"] = status("VmRSS") - before["VmRSS"] - file_pages(model) - cache
    figures["added_at_peak"] = status("VmHWM") - before["VmRSS"] - file_pages(model) - cache
    native.close()
    return figures


def long_prompt(native: Native) -> str:
    """A prompt that nearly fills the context."""
    n = 64
    while True:
        try:
            native.generate("word " * n * 2, max_tokens=1)
        except NativeError:
            return "word " * n
        n *= 2


def file_pages(path: Path) -> int:
    """Bytes of a mapped file that are in memory; nought where it is not mapped."""
    found, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            inside = line.endswith(str(path.resolve()))
        elif inside and line.startswith("Rss:"):
            found += int(line.split()[1]) << 10
    return found


def build() -> dict[str, float]:
    """Seconds to compile the library in a folder of its own, llama.cpp's sources being there."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with TemporaryDirectory() as folder:
        configure = ["cmake", "-S", str(NATIVE), "-B", folder, "-DCMAKE_BUILD_TYPE=Release"]
        for command in (configure, ["cmake", "--build", folder, "--target", "robo", "--parallel", "2"]):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        size = (Path(folder) / "librobo.so").stat().st_size
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": time.perf_counter() - start, "processor_s": used, "library_bytes": size}


@app.command()
def main(
    model: Annotated[Path | None, typer.Option(help="a GGUF file; the one that ships by default")] = None,
    rounds: Annotated[int, typer.Option(min=1)] = 5,
    with_build: Annotated[
        bool, typer.Option("--build", help="time a build, too, which takes minutes")
    ] = False,
    output: Annotated[Path | None, typer.Option("--json", help="where to write the figures")] = None,
    only_memory: Annotated[Path | None, typer.Option(hidden=True, help="a data file; print JSON")] = None,
) -> None:
    """Measure."""
    path = model or default_model()
    if only_memory:
        print(json.dumps(memory(path, only_memory)))
        return
    data, content = kit_data(), path.read_bytes()
    figures: dict[str, Any] = {
        "without_drafts": speed(without_drafts(content), data, rounds, "without drafts"),
        "with_drafts": speed(content, data, rounds, "with drafts"),
    }
    with TemporaryDirectory() as folder:
        file = Path(folder) / "data.robo"
        file.write_bytes(data)
        command = [
            sys.executable,
            "-m",
            "benchmarks.native_speed",
            "--model",
            str(path),
            "--only-memory",
            str(file),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures["memory"] = json.loads(done.stdout)
    if with_build:
        figures["build"] = build()
    figures |= {"rounds": rounds, "machine": machine(), "load": load_average()}
    report(figures)
    if output:
        write_json(output, figures)


def report(figures: dict[str, Any]) -> None:
    """The figures in words."""
    for kind in ("without_drafts", "with_drafts"):
        for way in WAYS[1:]:
            found = figures[kind][way]
            print(
                f"{kind.replace('_', ' ')}, {way}: {found['processor_ratio']:.3f} of the processor time of"
                f" llama.cpp's own loop per token, {found['wall_ratio']:.3f} of its time of decoding"
                f" ({found['tokens']} tokens)"
            )
    m = {key: f"{value / 1e6:.1f} MB" for key, value in figures["memory"].items()}
    print(
        f"memory: {m['added']} beyond the {m['model_mapped_in']} of the model that are mapped in and"
        f" {m['kv_cache']} of keys and values;"
        f" {m['added_by_long_prompt']} after a prompt that fills the context."
        f" {m['grown_RssAnon']} in all are not of files"
    )
    if "build" in figures:
        b = figures["build"]
        print(f"build: {b['wall_s']:.0f} s with two jobs, {b['processor_s']:.0f} s of processors")


if __name__ == "__main__":
    run_command(app)
