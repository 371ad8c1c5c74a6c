"""Did two devices write the same programs?

    .venv/bin/python -m benchmarks.devices.same A.json B.json

Takes what robo-bench printed, or files of `benchmarks/results/devices/raw/`, whose last run counts. Sums of
floating-point numbers are taken in another order by processors with wider registers: where two tokens are
nearly as likely as each other, another one can be chosen.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from robo_runtime.command import run as run_command
from robo_runtime.errors import RoboError
from robo_runtime.files import ConfigError

from benchmarks.devices.result import DeviceResult, parse_result

app = typer.Typer(add_completion=False, help=__doc__, rich_markup_mode=None)


@app.command()
def main(a: Annotated[Path, typer.Argument()], b: Annotated[Path, typer.Argument()]) -> None:
    """Compare their answers by SHA-256; ends with 1 where one differs."""
    differing, count = compare(read(a), read(b))
    print(f"{count - len(differing)} of {count} programs are the same")
    for id in differing:
        print(f"  {id} differs")
    if differing:
        raise SystemExit(1)


def compare(a: DeviceResult, b: DeviceResult) -> tuple[list[str], int]:
    """Prompts that were answered differently, and how many both were asked.

    Raises:
        RoboError: they were not asked the same, or of another model.
    """
    for what in ("model", "data", "prompts"):
        if getattr(a, what).sha256 != getattr(b, what).sha256:
            raise RoboError(f"the two runs had another {what}: measure both with the same files")
    if (a.settings.max_tokens, a.settings.constrained) != (b.settings.max_tokens, b.settings.constrained):
        raise RoboError("the two runs had other settings: max_tokens and constrained must be the same")
    theirs = {answer.id: answer.sha256 for answer in b.answers}
    both = [answer for answer in a.answers if answer.id in theirs]
    return [answer.id for answer in both if answer.sha256 != theirs[answer.id]], len(both)


def read(path: Path) -> DeviceResult:
    """A run, the last of several."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path}: cannot be read: {e}") from None
    return parse_result(text.splitlines()[-1] if path.suffix == ".jsonl" and text else text, str(path))


if __name__ == "__main__":
    run_command(app)
