"""Seconds a token of machines nobody measured: random models measured here, a fit, each tier held out.

    .venv/bin/python -m benchmarks.predict [--rounds 3]    measure, fit, write
    .venv/bin/python -m benchmarks.predict --stored        fit again what was measured before

Writes benchmarks/results/prediction.json. What it tells of phones and boards is a prediction, never measured.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from robo_runtime.command import run as run_command
from robo_runtime.errors import RoboError
from robo_runtime.files import write_json
from robo_train.provenance import provenance

from benchmarks.predict.devices import LABEL, read_published
from benchmarks.predict.outcome import Outcome, clock_hz, outcome_of, read_outcome, read_shapes

OUTPUT = Path(__file__).resolve().parents[1] / "results" / "prediction.json"
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(help=__doc__)
def main(
    rounds: Annotated[int, typer.Option(min=1, help="turns of all models; more on a busy machine")] = 3,
    stored: Annotated[bool, typer.Option("--stored", help="fit again, without measuring")] = False,
    folder: Annotated[
        Path | None, typer.Option(help="keep models and turns here; goes on from there")
    ] = None,
    clock: Annotated[float | None, typer.Option(help="hertz of this processor, if it does not tell")] = None,
    output: Annotated[Path, typer.Option(help="where to write, and what --stored reads")] = OUTPUT,
    as_json: Annotated[bool, typer.Option("--json", help="print the outcome as JSON")] = False,
) -> None:
    """The command; see the module."""
    shapes, tiers = read_shapes()
    published = read_published()
    if stored:
        old = read_outcome(output)
        if missing := {sample.model for sample in old.samples} - {*shapes}:
            raise RoboError(
                f"{output}: configs/predict has no shape {', '.join(sorted(missing))}; measure again"
            )
        samples, clock, about = old.samples, clock or old.clock_hz, old.provenance
    else:
        from benchmarks.predict.measure import measure

        clock = clock or clock_hz()
        with TemporaryDirectory(prefix="robo-predict-") as temporary:
            where = folder or Path(temporary)
            where.mkdir(parents=True, exist_ok=True)
            samples = measure(shapes, rounds, where)
        about = provenance() | {"command": f"python -m benchmarks.predict --rounds {rounds}"}
    outcome = outcome_of(samples, shapes, tiers, published, clock, about)
    write_json(output, outcome.model_dump())
    typer.echo(outcome.model_dump_json(indent=1) if as_json else said(outcome))


def said(outcome: Outcome) -> str:
    """The outcome as lines for a terminal."""
    terms, off = outcome.terms, [abs(error) for error in outcome.errors]
    lines = [
        f"a token takes {1e6 * terms.start:.1f} µs, {1e6 * terms.layer:.1f} µs a layer"
        f" ({1e6 * terms.sync:.1f} µs more with several threads), {1e9 * terms.weight:.4f} ns a weight",
        f"from memory {terms.share:.2f} times the time of reading in order, and {1e6 * terms.miss:.1f} µs a"
        f" layer; a cache of {terms.cache / 1e6:.0f} MB holds what fits",
        f"fit on all {len(off)} samples: mean error {sum(off) / len(off):.1%}, worst {max(off):.1%}",
    ]
    lines += [
        f"held out {tier.model:11} mean error {tier.mean_error:6.1%}, worst {tier.worst_error:6.1%}"
        f"{'' if tier.mean_error <= outcome.within else f'  above {outcome.within:.0%}'}"
        for tier in outcome.held_out
    ]
    lines.append(f"\nseconds of 100 tokens, one thread ({LABEL})")
    lines += [
        f"{p.device:26} {p.model:11} {p.precision}  {p.tokens_100_s_fast:6.2f} to {p.tokens_100_s_slow:6.2f}"
        for p in outcome.predictions
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    run_command(app)
