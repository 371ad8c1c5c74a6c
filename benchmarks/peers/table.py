"""The results of a run for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.matrix.devices import bits
from benchmarks.matrix.schema import MEASURED, Cell, Metric, Results

RAW_BAR = 0.97
_DECODE = ("decode_to_llama_loop_cpu", "decode_to_llama_loop_wall")
_PROGRAM = ("program_time_to_ours_cpu", "program_time_to_ours_wall")
_OURS = ("constrained_decode_to_llama_loop_cpu", "constrained_decode_to_llama_loop_wall")


def lines(results: Results) -> Iterator[str]:
    """A table for each kind of work; ratios with their 95 % interval over prompts."""
    load = f"load {results.load.before} to {results.load.after}"
    yield f"{results.machine.cpu}, {results.machine.cores} cores, {load}{', noisy' if results.noisy else ''}"
    for threads in sorted({cell.threads for cell in results.cells if cell.threads}):
        cells = [cell for cell in results.cells if cell.threads == threads]
        yield ""
        yield f"raw decoding, {threads} thread(s): speed of llama.cpp's loop in C is 1"
        yield f"{'':46}  {'processor':20} {'clock':20}  ms a token  tokens alike"
        for cell in cells:
            if cell.constrained == "unconstrained":
                yield _row(cell, _DECODE, ("token_cpu_s", 1e3, 3), ("same_tokens", 1, 0))
        yield ""
        yield f"a finished, legal program, {threads} thread(s): time of robo+llama.cpp is 1"
        yield f"{'':46}  {'processor':20} {'clock':20}  s of 100    grammar, s"
        for cell in cells:
            if cell.constrained == "constrained":
                yield _row(cell, _PROGRAM, ("tokens_100_cpu_s", 1, 3), ("grammar_s", 1, 2)) + _legal(cell)
        for cell in cells:
            if any(name in cell.metrics for name in _OURS):
                ratios = ", ".join(_ratio(cell.metrics.get(name)) for name in _OURS)
                yield f"{_name(cell)}: decoding under the grammar against llama.cpp's raw loop: {ratios}"
    yield from bars(results)
    for cell in results.cells:
        if ratio := cell.metrics.get("training_ratio"):
            yield f"training, {cell.settings['case']}: {_ratio(ratio)} of {cell.engine} ({cell.reason})"


def bars(results: Results) -> Iterator[str]:
    """What we ask of ourselves, on one thread with INT4, in processor seconds."""
    one = [cell for cell in results.cells if cell.threads == 1 and bits(cell.precision) == "int4"]
    ours = [cell.metrics.get(_OURS[0]) for cell in one if cell.engine == "robo+llama.cpp"]
    if found := next((metric for metric in ours if metric), None):
        met = "met" if found.median >= RAW_BAR else f"missed by {RAW_BAR - found.median:.2f}"
        yield f"bar: our decoding at least {RAW_BAR} of llama.cpp's raw loop: {_ratio(found)}, {met}"
    others = [
        (metric.median, cell)
        for cell in one
        if "robo" not in cell.engine and (metric := cell.metrics.get(_PROGRAM[0]))
    ]
    if others:
        _, next_one = min(others, key=lambda pair: pair[0])
        ratio = next_one.metrics[_PROGRAM[0]]
        met = "met" if ratio.median > 1 else f"missed by {1 - ratio.median:.2f}"
        yield (
            f"bar: ahead of every other with a finished, legal program: {_name(next_one)} takes"
            f" {_ratio(ratio)} of our time, {met}"
        )


def _row(cell: Cell, ratios: tuple[str, str], *others: tuple[str, float, int]) -> str:
    if cell.status not in MEASURED:
        return f"{_name(cell):46}  {cell.status.replace('_', ' ')}: {cell.reason}"
    shown = [f"{_ratio(cell.metrics.get(name)):20}" for name in ratios]
    values = [
        f"{found.median * times:>10.{digits}f}" if (found := cell.metrics.get(name)) else f"{'-':>10}"
        for name, times, digits in others
    ]
    return f"{_name(cell):46}  {' '.join(shown)}  {'  '.join(values)}"


def _legal(cell: Cell) -> str:
    if cell.status not in MEASURED:
        return ""
    return f"  {cell.settings['legal']} of {cell.settings['turns']} legal"


def _name(cell: Cell) -> str:
    return f"{cell.engine}, {cell.precision}"


def _ratio(metric: Metric | None) -> str:
    if metric is None:
        return "-"
    if metric.low is None or metric.high is None:
        return f"{metric.median:.2f} ({metric.min:.2f}-{metric.max:.2f})"
    return f"{metric.median:.2f} ({metric.low:.2f}-{metric.high:.2f})"
