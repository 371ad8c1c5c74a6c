"""The process in which one combination is measured; it hands back raw values.

Each combination gets a process of its own, so that its peak memory is its own, no library is warm from
another, and a crash costs one row. Only the runtime is imported here, or the memory would be the benchmark's.
"""

from __future__ import annotations

import hashlib
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from robo_runtime.errors import RoboError
from robo_runtime.generate import Generator, Result

from benchmarks.matrix.answering import serve
from benchmarks.matrix.energy import Meter

PREFILL = 128
"""Tokens of the batch whose reading is timed."""
MAX_TOKENS = 256
"""Of one program."""
WARM_UP = "turn on the lamp on pin 19"
"""Asked before anything is measured: a process answers its first prompt only once."""
_LEAST_RUNS = 3  # of each kind, however slow


@dataclass(frozen=True)
class Job:
    """What to do."""

    mode: Literal["load", "programs"]
    model: str
    threads: int
    constrained: bool
    spawned: float
    """`time.time()` when the process was started."""
    gpu: bool = False
    """Have llama.cpp keep the whole model on the GPU."""
    prompts: list[str] = field(default_factory=list)
    prefills: int = 0
    sustained: int = 0
    """Runs in a row without a pause."""
    run_seconds: float = 0.0
    """Least length of each: the longest program is written again and again."""
    patience: float = 60.0
    """Seconds after which no further run begins, except the first few of each kind."""


@dataclass
class Answer:
    """Values in the order they were measured, by the names of `schema.METRICS`."""

    values: dict[str, list[float]] = field(default_factory=dict)
    notes: dict[str, str | int | float] = field(default_factory=dict)

    def add(self, name: str, value: float) -> None:
        """Keep one more value."""
        self.values.setdefault(name, []).append(value)


def do(job: Job) -> Answer:
    """Measure.

    Raises:
        RoboError: the model cannot be used, or its engine is not installed.
    """
    start = time.perf_counter()
    if job.gpu:
        put_on_gpu()
    generator = Generator(Path(job.model), threads=job.threads, constrained=job.constrained)
    loaded, answer = time.perf_counter() - start, Answer()
    if job.mode == "load":
        answer.add("load_s", loaded)
        answer.add("start_s", time.time() - job.spawned)
        return answer
    with generator:
        watch = _Tokens(generator)
        generator.generate(WARM_UP, max_tokens=MAX_TOKENS)
        end = time.perf_counter() + job.patience
        longest = _programs(generator, watch, job, end, answer)
        _prefills(generator, job, answer)
        _sustained(generator, longest, job, end, answer)
    if (peak := peak_rss()) is not None:
        answer.add("peak_rss_bytes", peak)
    return answer


class CudaMissing(RoboError):
    """llama.cpp cannot use a GPU."""


def put_on_gpu(*, force: bool = False) -> None:
    """Have llama.cpp load every layer of the next model onto the GPU; the runtime itself asks for none.

    Args:
        force: also where llama.cpp was built without a GPU, and then does not heed it.

    Raises:
        CudaMissing: says how to build it.
    """
    from robo_runtime.engine.bindings import llama

    lc = llama()
    if not (force or lc.llama_supports_gpu_offload()):
        raise CudaMissing(
            "llama-cpp-python was built without CUDA; build it: CMAKE_ARGS=-DGGML_CUDA=on "
            "pip install --force-reinstall --no-cache-dir llama-cpp-python"
        )
    load = lc.llama_model_load_from_file

    def on_gpu(path: bytes, params: Any) -> Any:
        params.n_gpu_layers = 999
        return load(path, params)

    lc.llama_model_load_from_file = on_gpu


def _programs(generator: Generator, watch: _Tokens, job: Job, end: float, answer: Answer) -> str:
    """Write the program of each prompt; returns the prompt of the longest."""
    longest, most, valid, texts = job.prompts[0], 0, 0, hashlib.sha256()
    for n, prompt in enumerate(job.prompts):
        if n >= _LEAST_RUNS and time.perf_counter() > end:
            break
        watch.begin()
        cpu, start = time.process_time(), time.perf_counter()
        result = generator.generate(prompt, max_tokens=MAX_TOKENS)
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
        _note(result, seconds, cpu, answer)
        answer.values.setdefault("token_s", []).extend(watch.gaps())
        valid += result.valid
        texts.update(result.code.encode() + b"\0")
        if result.timings.tokens > most:
            longest, most = prompt, result.timings.tokens
    answer.notes |= {
        "programs": len(answer.values["program_s"]),
        "valid": valid,
        "tokens": round(sum(answer.values.pop("tokens"))),
        "answers_sha256": texts.hexdigest()[:16],
    }
    return longest


def _note(result: Result, seconds: float, cpu: float, answer: Answer) -> None:
    timings = result.timings
    answer.add("program_s", seconds)
    answer.add("cpu_s", cpu)
    answer.add("first_token_s", timings.first_token)
    answer.add("check_s", timings.check)
    answer.add("tokens", timings.tokens)
    if timings.tokens and timings.decode > 0:
        answer.add("decode_tokens_per_s", timings.tokens_per_second)
        around = seconds - timings.decode
        answer.add("tokens_100_s", around + 100 * timings.decode / timings.tokens)


def _prefills(generator: Generator, job: Job, answer: Answer) -> None:
    """Read a prompt of `PREFILL` tokens from an empty context."""
    from robo_runtime.prompt import render

    engine = generator.engine
    ids = engine.encode(render(job.prompts[0]))
    ids = (ids * (1 + PREFILL // len(ids)))[:PREFILL]
    for _ in range(job.prefills):
        engine.reset()
        start = time.perf_counter()
        engine.feed(ids)
        answer.add("prefill_tokens_per_s", PREFILL / (time.perf_counter() - start))


def _sustained(generator: Generator, prompt: str, job: Job, end: float, answer: Answer) -> None:
    """The same two programs without a pause; what they slow down to is the machine's doing.

    Two, as a program that is written twice in a row is checked only once.
    """
    meter, programs = Meter(), 0
    for n in range(job.sustained):
        if n >= _LEAST_RUNS and time.perf_counter() > end:
            break
        start, tokens, spent = time.perf_counter(), 0, 0.0
        while not tokens or spent < job.run_seconds:
            for asked in (prompt, WARM_UP):
                tokens += max(1, generator.generate(asked, max_tokens=MAX_TOKENS).timings.tokens)
            programs, spent = programs + 2, time.perf_counter() - start
        answer.add("sustained_tokens_per_s", tokens / spent)
    if programs and (joules := meter.joules()) is not None:
        answer.add("energy_j", joules / programs)


class _Tokens:
    """When each token of a program was written: the decoder asks the engine to confirm every one."""

    def __init__(self, generator: Generator) -> None:
        self._at: list[float] = []
        engine: Any = generator.engine
        confirm = engine.confirm

        def watched(token: int) -> bool:
            self._at.append(time.perf_counter())
            return bool(confirm(token))

        engine.confirm = watched

    def begin(self) -> None:
        """Another program."""
        self._at.clear()

    def gaps(self) -> list[float]:
        """Seconds between its tokens."""
        return [after - before for before, after in zip(self._at, self._at[1:], strict=False)]


def peak_rss() -> int | None:
    """Most bytes of memory that this process ever held; None where the system does not tell.

    Not getrusage(2) where it can be avoided: on Linux a child begins with the peak of its parent.
    """
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def main() -> None:
    """Do the one job that comes in."""
    serve(lambda job: asdict(do(Job(**job))))


if __name__ == "__main__":
    main()
