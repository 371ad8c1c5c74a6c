"""`robo-train data`: build the corpus, check it, count it, look at a language."""

from __future__ import annotations

import json
import os
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer
from robo_runtime.errors import RoboError

from robo_train.steps import progress_bar

app = typer.Typer(no_args_is_help=True, help="The corpus.")
Tier = Annotated[str, typer.Argument(help="A file of configs/training, or the path of a recipe.")]
Samples = Annotated[int | None, typer.Option(help="Instruction samples in the corpus.")]
Languages = Annotated[str | None, typer.Option(help="A file of configs/languages/mixes.")]
AsJson = Annotated[bool, typer.Option("--json", help="For scripts.")]


class EngineName(str, Enum):
    """Where work is done."""

    processes = "processes"
    ray = "ray"


@app.command()
def build(
    tier: Tier = "nano",
    samples: Samples = None,
    languages: Languages = None,
    force: Annotated[bool, typer.Option(help="Build even when it is up to date.")] = False,
    workers: Annotated[int | None, typer.Option(help="Processes; all cores if left out.")] = None,
    engine: Annotated[EngineName, typer.Option(help="Where tasks are composed.")] = EngineName.processes,
    address: Annotated[str | None, typer.Option(help="Of a Ray cluster; without one, a local one.")] = None,
    strict: Annotated[bool, typer.Option(help="Fail when an authored source was refused.")] = False,
) -> None:
    """Write the records, the tokenizer and the token files of a recipe; an interrupted build goes on."""
    from robo_train import recipe
    from robo_train.corpus.engines import make_engine

    config = recipe.load(tier, samples=samples, languages=languages)
    recipe.build(config, force, make_engine(engine.value, workers, address), strict)


def _built(tier: str, samples: int | None, languages: str | None) -> Path:
    from robo_train import recipe
    from robo_train.corpus.build import data_folder

    if Path(tier).is_dir():
        return Path(tier)
    folder = data_folder(recipe.load(tier, samples=samples, languages=languages))
    if not (folder / "train.jsonl").exists():
        raise RoboError(f"{folder}: not built yet; run `robo-train data build {tier}` first")
    return folder


@app.command()
def validate(
    tier: Tier = "nano",
    samples: Samples = None,
    languages: Languages = None,
    sources: Annotated[bool, typer.Option(help="Also the authored sources.")] = True,
    report: Annotated[Path | None, typer.Option(help="Write a page with pictures, e.g. report.html.")] = None,
    strict: Annotated[bool, typer.Option(help="Exit 1 when anything is wrong.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the authored sources and every record of a built corpus: what is wrong, where, and why."""
    from robo_train.corpus.audit import audit
    from robo_train.corpus.build import evaluation_records
    from robo_train.corpus.check_sources import source_problems
    from robo_train.corpus.figures import figures
    from robo_train.tokenizer import Tokenizer

    folder = _built(tier, samples, languages)
    with progress_bar() as step:
        problems = source_problems(lambda name: step(name, 0, 0)) if sources else []
        found = audit(folder, evaluation_records(), step)
        step("counting", 0, 0)
        counted = figures(folder, Tokenizer.load(folder / "tokenizer.model") if report else None)
    if as_json:
        data = {"records": found.records, "sources": problems, "wrong": dict(found.wrong)}
        data |= {"findings": found.findings, "overlaps": found.overlaps, "axes": counted.axes}
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
    else:
        for text in [*problems, *found.findings]:
            typer.echo(text)
        for what, n in found.overlaps.items():
            typer.echo(f"{what}: {n}")
        _print_axes(counted.axes)
        wrong = len(problems) + sum(found.wrong.values())
        typer.echo(f"{found.records:,} records, {wrong} findings")
    if report:
        from robo_train.corpus.report import write_report

        write_report(report, found, counted)
        typer.echo(f"{report}", err=as_json)
    if strict and (problems or not found.clean):
        raise typer.Exit(1)


@app.command()
def stats(
    tier: Tier = "nano", samples: Samples = None, languages: Languages = None, as_json: AsJson = False
) -> None:
    """Tokens and characters by language, diversity and how it grows, functions of the registry that occur."""
    from rich.console import Console
    from rich.table import Table

    from robo_train.corpus.figures import MANY, figures
    from robo_train.tokenizer import Tokenizer

    folder = _built(tier, samples, languages)
    found = figures(folder, Tokenizer.load(folder / "tokenizer.model"))
    if as_json:
        typer.echo(json.dumps(found.to_dict(), ensure_ascii=False, indent=1))
        return
    console = Console()
    table = Table("language", "samples", "tokens a prompt", "characters a token", title="Prompts")
    for lang, row in found.languages.items():
        table.add_row(lang, *(f"{v:,}" for v in row.values()))
    console.print(table)
    table = Table("English samples", "specs", "programs*", "prompts", "prompts*",
                  title="Distinct (* literals masked)")  # fmt: skip
    for g in found.growth:
        table.add_row(*(f"{n:,}" for n in (g.samples, g.specs, g.programs, g.prompts, g.templates)))
    console.print(table)
    rare = found.rare()
    used = sum(n > 0 for n in found.functions.values())
    typer.echo(f"{used} of {len(found.functions)} firmware functions occur; fewer than {MANY} programs: "
               + (", ".join(f"{k} {v}" for k, v in rare.items()) or "none"))  # fmt: skip


@app.command()
def verify(
    tier: Tier = "nano",
    sample: Annotated[int, typer.Option(help="Random training samples to run again.")] = 2000,
    samples: Samples = None,
    languages: Languages = None,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Run random samples again in fresh processes: every program must pass its checks."""
    from robo_train.corpus.reverify import verify_samples

    folder = _built(tier, samples, languages)
    with progress_bar() as step:
        done, failed = verify_samples(
            folder, sample, seed, os.cpu_count() or 1, lambda n, of: step("running", n, of)
        )
    for text in failed:
        typer.echo(text)
    typer.echo(f"{done:,} samples run again, {len(failed)} failed")
    if failed:
        raise typer.Exit(1)


@app.command()
def phrases(
    lang: Annotated[str, typer.Argument(help="A language of configs/languages.")],
    tasks: Annotated[int, typer.Option(help="Tasks to try.")] = 3000,
    show: Annotated[int, typer.Option(help="Prompts to print, each beside an English one.")] = 0,
    gaps: Annotated[int, typer.Option(help="How many of the things it cannot say to print.")] = 15,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """What share of the tasks a language can say, what is missing most, and how it sounds."""
    from robo_train.compose.coverage import coverage

    found = coverage(lang, tasks, seed, show)
    for text, english in found.examples:
        typer.echo(f"{text}\n    {english}\n")
    typer.echo(f"{lang}: {found.said} of {found.tasks} tasks can be said ({100 * found.said / tasks:.1f} %)")
    typer.echo(", ".join(f"{name} {said}/{drawn}" for name, (said, drawn) in found.families.items()))
    for gap in found.gaps[:gaps]:
        slots = " ".join(f"{{{s}}}" for s in gap.slots)
        typer.echo(f"{gap.tasks:5}  {gap.rule}  {slots}\n         e.g. {gap.example!r}")


def _print_axes(axes: dict[str, dict[str, int]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("axis", "records")
    for axis, counts in axes.items():
        shown = ", ".join(f"{name} {n:,}" for name, n in list(counts.items())[:30])
        table.add_row(axis, shown)
    Console().print(table)


@app.command()
def sketches(
    files: Annotated[list[Path] | None, typer.Argument(help="YAML files; all of data/sketches.")] = None,
    show: Annotated[str, typer.Option(help="A sketch of which to print finished variants.")] = "",
    draws: Annotated[int, typer.Option(min=1, help="Variants of each sketch to run.")] = 6,
    seed: Annotated[int, typer.Option()] = 0,
) -> None:
    """Check sketches (`docs/sketches.md`): say every prompt, run variants, try wrong programs."""
    from random import Random

    from robo_train.sketches.schema import sketches_dir
    from robo_train.sketches.survey import survey
    from robo_train.sketches.variant import Sketches

    known = Sketches(files or sorted(sketches_dir().glob("*.yaml")))
    if show:
        chosen = [s for _, s in known.all if s.name == show]
        if not chosen:
            raise RoboError(f"--show {show}: no such sketch in these files")
        rng = Random(seed)
        for _ in range(draws):
            record = known.record(chosen[0], rng)
            rows = f"\n  parts: {', '.join(record.hardware)}" if record.hardware else ""
            typer.echo(f"{record.prompt}{rows}\n{record.code}\n")
        return
    bad = tried = killed = 0
    for path, sketch in known.all:
        found = survey(known, sketch, draws, seed)
        tried, killed, bad = tried + found.tried, killed + found.killed, bad + bool(found.problems)
        for problem in found.problems:
            typer.secho(f"{path}: {sketch.name}: {problem}", fg="red")
        if not found.problems:
            typer.echo(f"{sketch.name}: {found.killed} of {found.tried} wrong programs caught")
    typer.echo(f"{len(known.all)} sketches, {bad} with problems; {killed} of {tried} wrong programs caught")
    if bad:
        raise typer.Exit(1)
