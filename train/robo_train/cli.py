"""`robo-train`: build the corpus, plan, train, count parameters, check the machine."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer
from robo_runtime.command import run

from robo_train import corpus_cli, planning_cli
from robo_train.corpus_cli import Tier
from robo_train.planning_cli import Accumulate, BatchTokens, Compile, Rate
from robo_train.ranks import first_process

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(corpus_cli.app, name="data")
app.command()(planning_cli.plan)
app.command()(planning_cli.find_batch)
app.command()(planning_cli.doctor)


@app.command("run")
def run_recipe(
    tier: Tier = "nano",
    budget: Annotated[str | None, typer.Option(help="Wall-clock limit, e.g. 90s, 10m, 1.5h.")] = None,
    samples: Annotated[int | None, typer.Option(help="Instruction samples in the corpus.")] = None,
    learning_rate: Rate = None,
    batch_tokens: BatchTokens = None,
    accumulate: Accumulate = None,
    compiled: Compile = None,
    max_steps: Annotated[int | None, typer.Option()] = None,
    precision: Annotated[str | None, typer.Option(help="auto, 32-true, bf16-mixed, 16-mixed.")] = None,
    seed: Annotated[int | None, typer.Option()] = None,
    name: Annotated[str | None, typer.Option(help="Name of the checkpoint.")] = None,
    tracker: Annotated[
        list[str] | None,
        typer.Option(help="tensorboard, trackio, wandb or none; more than one if given again."),
    ] = None,
    init: Annotated[Path | None, typer.Option(help="Start from the weights of this folder or GGUF.")] = None,
    fresh: Annotated[bool, typer.Option(help="Do not resume; keep the earlier run aside.")] = False,
    devices: Annotated[str, typer.Option(help="GPUs or processes, or auto.")] = "auto",
    num_nodes: Annotated[int, typer.Option(help="Hosts of a distributed run.")] = 1,
    strategy: Annotated[str, typer.Option(help="How devices share the work: auto, ddp, fsdp.")] = "auto",
) -> None:
    """Build the corpus where needed, then train a tier; an interrupted run goes on where it stopped."""
    from robo_train import recipe
    from robo_train.training.tracking import check_trackers

    overrides: dict[str, Any] = {
        "budget": budget, "learning_rate": learning_rate, "batch_tokens": batch_tokens,
        "accumulate": accumulate, "compile": compiled,
        "max_steps": max_steps, "precision": precision, "seed": seed, "name": name,
        "trackers": [] if tracker == ["none"] else tracker,
    }  # fmt: skip
    config = recipe.load(tier, samples=samples, **overrides)
    check_trackers(config.trackers)
    recipe.announce(config)
    folder = recipe.build(config)
    count = int(devices) if devices.isdigit() else devices
    recipe.train(
        config, folder, init=init, fresh=fresh, devices=count, num_nodes=num_nodes, strategy=strategy
    )


@app.command()
def count(
    tiers: Annotated[
        list[str] | None, typer.Argument(help="Files of configs/models; all tiers if none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Print what a model really has: parameters, and bytes of its weights at F16, Q8_0 and Q4_0."""
    from robo_train.config import load_model_config
    from robo_train.model import count_parameters, weight_bytes

    rows: list[dict[str, Any]] = []
    for tier in tiers or ["nano", "tiny", "small", "medium"]:
        config = load_model_config(tier)
        rows.append({"model": config.name, **count_parameters(config), "bytes": weight_bytes(config)})
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("model", "parameters", "embedding", "layers", "F16 MB", "Q8_0 MB", "Q4_0 MB")
    for row in rows:
        millions = [f"{row[key] / 1e6:.2f}M" for key in ("embedding", "layers")]
        sizes = [f"{b / 1e6:.2f}" for b in row["bytes"].values()]
        table.add_row(row["model"], f"{row['total']:,}", *millions, *sizes)
    Console().print(table)


@app.command()
def report(
    run: Annotated[str, typer.Argument(help="A run in runs/, such as robo-nano, or the path of one.")],
) -> None:
    """Write a run's report.html again: its curves, recipe, data and machine."""
    from robo_runtime.paths import workspace

    from robo_train.training.report import find_run, write_report

    typer.echo(write_report(find_run(run, workspace() / "runs")))


@app.command()
def mean(
    first: Annotated[Path, typer.Argument(help="A checkpoint folder.")],
    second: Annotated[Path, typer.Argument(help="A checkpoint folder or GGUF of the same shape.")],
    out: Annotated[Path, typer.Option(help="The folder to write.")],
    share: Annotated[float, typer.Option(help="Of the first model in the mean.")] = 0.5,
) -> None:
    """Write the mean of two models, one trained on from the other, for a run to start from."""
    from robo_train.mean import write_mean

    write_mean(first, second, share, out)
    typer.echo(f"{out}: {share:g} of {first}, {1 - share:g} of {second}")


def main() -> None:
    """Entry point of `robo-train`."""
    # Waiting threads sleep: when other programs want a core, spinning ones slow training down several times.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    with ExitStack() as stack:
        if not first_process():  # of several that train together, one speaks
            silence = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stdout(silence))
        run(app)


if __name__ == "__main__":
    main()
