"""The `robo` command: generate and chat here; other rooms' commands are mounted when they are used."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import typer
from typer.core import TyperGroup

from robo_runtime.command import run as run_app
from robo_runtime.errors import RoboError

if TYPE_CHECKING:
    from robo_runtime.batch import Numbered
    from robo_runtime.generate import Generator


class _Mounted(NamedTuple):
    module: str
    help: str


_MOUNTED = {
    "registry": _Mounted(
        "robo_runtime.registry.cli", "Look into the registry of functions, modules and boards."
    ),
    "check": _Mounted("robo_runtime.check.cli", "Tell what is wrong with a program, in plain words."),
    "grammar": _Mounted("robo_runtime.grammar.cli", "Print the grammar that programs are written with."),
    "simulate": _Mounted("robo_runtime.simulate.cli", "Run a program in the simulator."),
    "native-data": _Mounted(
        "robo_runtime.native.cli", "Write the data file that the native core reads beside a model."
    ),
    "tune": _Mounted("robo_runtime.tune", "Measure how many CPU threads write programs fastest."),
    "serve": _Mounted("robo_runtime.serve.cli", "Serve a model over HTTP, as OpenAI's API does."),
    "flash": _Mounted("robo_runtime.flash_board", "Put the kit's firmware and a program on a board."),
    "blocks": _Mounted("robo_runtime.blocks.cli", "Show programs as Blockly blocks, and back."),
    "crosscheck": _Mounted("robo_runtime.crosscheck.cli", "Compare the simulator with a real MicroPython."),
}


class _Group(TyperGroup):
    """A group that imports another room's commands only when one of them is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [*super().list_commands(ctx), *_MOUNTED]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """For the list in the help; a mounted command is only its name and help there."""
        mounted = _MOUNTED.get(cmd_name)
        return (
            _command(_single(_nothing, mounted.help), cmd_name)
            if mounted
            else super().get_command(ctx, cmd_name)
        )

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name = args[0]
        if name not in _MOUNTED:
            return super().resolve_command(ctx, args)
        module = importlib.import_module(_MOUNTED[name].module)
        mounted = module.app if hasattr(module, "app") else _single(getattr(module, name))
        return name, _command(mounted, name), args[1:]


def _command(mounted: typer.Typer, name: str) -> Any:
    command = typer.main.get_command(mounted)
    command.name = name
    return command


def _single(function: Callable[..., Any], text: str | None = None) -> typer.Typer:
    """A Typer of one command."""
    single = typer.Typer(add_completion=False)
    single.command(help=text)(function)
    return single


def _nothing() -> None:
    pass


app = typer.Typer(
    cls=_Group,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Turn a prompt into a checked MicroPython program, offline.",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import PackageNotFoundError, version

        try:
            typer.echo(f"robo {version('robo-runtime')}")
        except PackageNotFoundError:
            typer.echo("robo (not installed)")
        raise typer.Exit


@app.callback()
def _options(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
    ),
) -> None:
    pass


_MODEL = typer.Option(
    None, "--model", envvar="ROBO_MODEL", help="GGUF or ONNX file; the newest GGUF export when not given."
)
_BOARD = typer.Option("esp32", "--board", help="Name of a file in configs/boards.")
_MAX_TOKENS = typer.Option(
    None, "--max-tokens", help="Limit of the program; what the context leaves by default."
)
_TEMPERATURE = typer.Option(0.0, "--temperature", help="0: always the best token; above: sample.")
_SEED = typer.Option(0, "--seed", help="Repeats a sampled program.")
_SAMPLES = typer.Option(
    1, "--samples", min=1, max=32, help="Up to so many programs a prompt, until the simulator finds no fault."
)
_UNCONSTRAINED = typer.Option(False, "--unconstrained", help="Decode without the grammar.")
_THREADS = typer.Option(None, "--threads", help="CPU threads ($ROBO_THREADS; measured once when not given).")


@app.command()
def generate(
    prompt: str | None = typer.Argument(None, help="What the program should do, in any language."),
    model: Path | None = _MODEL,
    lang: str | None = typer.Option(None, "--lang", help="Language of the prompt, e.g. hi."),
    hardware: str = typer.Option("", "--hardware", help='Parts at hand, e.g. "LED on pin 4, servo".'),
    system: str = typer.Option("", "--system", help="Instructions of the host application."),
    board: str = _BOARD,
    max_tokens: int | None = _MAX_TOKENS,
    temperature: float = _TEMPERATURE,
    top_k: int = typer.Option(40, "--top-k", help="Sample among so many tokens; 0: all."),
    seed: int = _SEED,
    samples: int = _SAMPLES,
    as_json: bool = typer.Option(False, "--json", help="One JSON object with code, problems and timings."),
    unconstrained: bool = _UNCONSTRAINED,
    threads: int | None = _THREADS,
    run: str | None = typer.Option(
        None, "--run", help="Also run the program in the simulator for so long, e.g. 10s: what stops it?"
    ),
    prompts_file: Path | None = typer.Option(
        None, "--prompts-file", help='JSON lines {"id", "prompt", "lang"?, "hardware"?} in place of a prompt.'
    ),
    output: Path | None = typer.Option(
        None, "--output", help="Answers to --prompts-file; resumes if it exists."
    ),
    strict: bool = typer.Option(False, "--strict", help="Stop at the first bad line of --prompts-file."),
) -> None:
    """Write the program a prompt asks for; problems found in it go to stderr."""
    options: dict[str, Any] = {
        "system": system,
        "max_tokens": max_tokens,
        "temperature": temperature,
        "top_k": top_k,
        "seed": seed,
        "samples": samples,
    }
    if run is not None:
        from robo_runtime.simulate.duration import seconds

        options["dry_run"] = seconds(run)
    if prompts_file is not None:
        if prompt is not None or output is None:
            raise RoboError("--prompts-file takes no prompt and needs --output FILE")
        from robo_runtime.batch import read_requests

        if output.exists() and prompts_file.exists() and output.samefile(prompts_file):
            raise RoboError(f"{output}: --output would overwrite --prompts-file; name another file")
        requests = read_requests(prompts_file, strict=strict, on_bad=_warn)
        with _generator(model, board, unconstrained, threads) as generator:
            _batch(generator, prompts_file, requests, output, strict, options)
        return
    if prompt is None or output is not None:
        raise RoboError(
            'give a prompt, e.g. robo generate "blink the LED on pin 2", or --prompts-file and --output'
        )
    from robo_runtime.prompt import render

    render(prompt, system=system, lang=lang, hardware=hardware)  # a bad request fails before the model loads
    with _generator(model, board, unconstrained, threads) as generator:
        _one(generator, prompt, lang, hardware, as_json, options)


def _one(
    generator: Generator, prompt: str, lang: str | None, hardware: str, as_json: bool, options: dict[str, Any]
) -> None:
    from robo_runtime.samples import ask

    if as_json:
        result = ask(generator, prompt, lang=lang, hardware=hardware, **options)
        record = {
            "prompt": prompt,
            "code": result.code,
            "valid": result.valid,
            "problems": [problem._asdict() for problem in result.problems],
            "stopped": result.stopped,
            "timings": result.timings.as_dict(),
            "model": str(generator.model),
        }
        typer.echo(json.dumps(record, ensure_ascii=False, indent=1))
        return
    from robo_runtime.chat import report, report_try
    from robo_runtime.screen import ProgramStream

    stream = ProgramStream()
    result = ask(
        generator,
        prompt,
        lang=lang,
        hardware=hardware,
        on_text=stream.add,
        on_legal=stream.flush,
        on_try=report_try,
        **options,
    )
    stream.finish(result.code)
    report(result)


def _batch(
    generator: Generator,
    prompts_file: Path,
    requests: list[Numbered],
    output: Path,
    strict: bool,
    options: dict[str, Any],
) -> None:
    from robo_runtime.batch import Request, answered, run_batch
    from robo_runtime.generate import Result
    from robo_runtime.progress import tracked
    from robo_runtime.samples import ask

    def answer(request: Request) -> Result:
        return ask(generator, request.prompt, lang=request.lang, hardware=request.hardware, **options)

    todo = len(requests) - sum(item.request.id in answered(output) for item in requests)
    results = run_batch(requests, output, answer, where=str(prompts_file), strict=strict, on_bad=_warn)
    done = valid = 0
    for result in tracked(results, todo, "answering"):
        done += result is not None
        valid += result is not None and result.valid
    skipped = len(requests) - todo
    _warn(f"{done} answered, {valid} valid" + (f", {skipped} were answered before" if skipped else ""))


@app.command()
def chat(
    model: Path | None = _MODEL,
    board: str = _BOARD,
    max_tokens: int | None = _MAX_TOKENS,
    temperature: float = _TEMPERATURE,
    seed: int = _SEED,
    samples: int = _SAMPLES,
    unconstrained: bool = _UNCONSTRAINED,
    threads: int | None = _THREADS,
) -> None:
    """Ask for one program after another; run, save and flash them."""
    from robo_runtime.chat import Chat

    with _generator(model, board, unconstrained, threads) as generator:
        Chat(generator, max_tokens=max_tokens, temperature=temperature, seed=seed, samples=samples).loop()


def _generator(model: Path | None, board: str, unconstrained: bool, threads: int | None) -> Generator:
    from robo_runtime.generate import Generator
    from robo_runtime.models import default_model
    from robo_runtime.threads import tuned_threads

    path = model or default_model()
    count = tuned_threads(path, _warn) if threads is None else threads
    return Generator(path, board=board, constrained=not unconstrained, threads=count)


def _warn(text: str) -> None:
    sys.stderr.write(text + "\n")


def main() -> NoReturn:
    """Entry point of the `robo` command."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and not stream.isatty():
            stream.reconfigure(encoding="utf-8")  # pipes and files, on every system
    run_app(app)
    sys.exit(0)


if __name__ == "__main__":
    main()
