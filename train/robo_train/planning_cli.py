"""`robo-train plan`, `find-batch`, `doctor`: what a run will cost, and whether the machine is fit for it."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from robo_runtime.errors import RoboError

from robo_train.corpus_cli import AsJson, Samples, Tier
from robo_train.steps import progress_bar

Budget = Annotated[str | None, typer.Option(help="Wall-clock limit, e.g. 90s, 10m, 1.5h.")]
Rate = Annotated[str | None, typer.Option(help="A number, or auto.")]
BatchTokens = Annotated[str | None, typer.Option(help="Tokens of a forward pass, or auto.")]
Accumulate = Annotated[str | None, typer.Option(help="Forward passes of a step, or auto.")]
Compile = Annotated[str | None, typer.Option("--compile", help="torch.compile: on, off or auto.")]
Precision = Annotated[str | None, typer.Option(help="auto, 32-true, bf16-mixed, 16-mixed.")]


def plan(
    tier: Tier = "nano",
    budget: Budget = None,
    samples: Samples = None,
    max_steps: Annotated[int | None, typer.Option()] = None,
    learning_rate: Rate = None,
    batch_tokens: BatchTokens = None,
    accumulate: Accumulate = None,
    compiled: Compile = None,
    precision: Precision = None,
    measure: Annotated[bool, typer.Option(help="Time a few steps; else take a table.")] = True,
    as_json: AsJson = False,
) -> None:
    """Say what a recipe becomes on this machine, what it costs and whether it fits; nothing is trained."""
    from robo_train import recipe
    from robo_train.plan import make_plan, show

    overrides: dict[str, Any] = {
        "budget": budget, "max_steps": max_steps, "learning_rate": learning_rate,
        "batch_tokens": batch_tokens, "accumulate": accumulate, "compile": compiled, "precision": precision,
    }  # fmt: skip
    config = recipe.load(tier, samples=samples, **overrides)
    with progress_bar() as step:
        if measure:
            step("timing a few steps", 0, 0)
        found = make_plan(config, measure)
    show(found, as_json)


def find_batch(
    tier: Tier = "nano",
    precision: Precision = None,
    compiled: Compile = "off",
    as_json: AsJson = False,
) -> None:
    """Time real steps with growing batches: the largest that fits, and the smallest that is about as fast."""
    from robo_train import recipe
    from robo_train.dial import settle
    from robo_train.find_batch import find_batch as search
    from robo_train.find_batch import show
    from robo_train.machine import this_machine

    machine = this_machine()
    config = settle(recipe.load(tier, precision=precision, compile=compiled), machine=machine).config
    with progress_bar() as step:
        found = search(config, machine, step)
    if as_json:
        typer.echo(json.dumps({"device": machine.name, "precision": config.precision, **found.to_dict()}))
    else:
        show(config, found)
    if not found.largest:
        raise RoboError(f"{config.name}: not even {min(found.failed):,} tokens fit; `robo-train plan {tier}`"
                        " says what would")  # fmt: skip


def doctor(tier: Tier = "nano", as_json: AsJson = False) -> None:
    """Check Python, torch, processor, memory, disk, data and more, with a remedy for what is amiss."""
    from robo_train.doctor import examine, line, summary

    findings = []
    for finding in examine(tier):
        findings.append(finding)
        if not as_json:
            typer.echo(line(finding))
    score = summary(findings)
    if as_json:
        typer.echo(json.dumps(score, ensure_ascii=False, indent=1))
    else:
        typer.echo(f"{score['ok']}/{score['checks']}, {score['percent']} %")
    if score["failed"]:
        raise typer.Exit(1)
