"""Held-out prompts, answered by an exported file and by its checkpoint, judged in the simulator.

Logits say how near a file is; this says whether its programs still do what was asked. Files run in their own
engines under the grammar, the checkpoint in numpy, all of it in a process of its own. Which programs the
checkpoint wrote is kept beside the files (`functional.json`), so that they can be asked again without it.
"""

from __future__ import annotations

import importlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from robo_runtime.checks.tasks import Task, judge_answers, read_tasks
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, validate, write_text
from robo_runtime.paths import workspace

from robo_convert.checkpoint import Checkpoint, load_checkpoint
from robo_convert.formats import FORMATS
from robo_convert.manifest import Model, Role, precision
from robo_convert.parity import Functional, Gate, ParityError
from robo_convert.process import Progress, ask, serve

NAME = "functional.json"
COMMAND = ("-m", "robo_convert.functional")
_EVERY = 10  # prompts between two messages


class Kept(Strict):
    """`functional.json`: prompts, and what the checkpoint answered."""

    tasks: list[Task]
    programs: list[str]


class _Job(Strict):
    kind: str
    folder: Path
    models: list[str]
    board: str
    tasks: list[Task]
    programs: list[str]
    """What the checkpoint is known to answer to the first of them."""
    checkpoint: Path | None
    """None asks no more than that."""
    seconds: float | None
    """Of processor time, after which no further prompt is asked."""
    max_tokens: int


class _Answers(Strict):
    programs: list[str]
    models: dict[str, list[str]]
    right: list[bool]
    """Which of the checkpoint's programs pass."""
    models_right: dict[str, list[bool]]


def held_out(gate: Gate, languages: Sequence[str]) -> list[Task]:
    """The gate's prompts in these languages, in an order of which every beginning is a fair sample."""
    found: dict[tuple[str, str], Task] = {}
    for pattern in gate.functional.sets:
        for language in languages:
            path = workspace() / pattern.format(lang=language)
            if path.is_file():
                found |= {(task.lang, task.prompt): task for task in read_tasks(path) if task.checks}
    return sorted(found.values(), key=lambda t: sha256(f"{t.lang}\0{t.prompt}".encode()).digest())


def why_not(kind: str, source: Checkpoint, tasks: Sequence[Task]) -> str:
    """Why no prompt can be asked; empty when that is possible."""
    from robo_convert.llama_parity import available

    if source.training.imported:
        return "a model that others made knows no prompt of ours"
    if not tasks:
        return f"no prompts in {workspace() / 'data' / 'eval'} in the checkpoint's languages"
    if kind == "gguf" and not available():
        return "llama-cpp-python is not installed: python -m pip install 'robo-runtime[llama]'"
    return ""


_known: dict[tuple[str, str], list[str]] = {}
"""Programs of checkpoints, by sha256 and board: the formats of one command ask it once."""


def ask_held_out(
    source: Checkpoint,
    folder: Path,
    models: Sequence[str],
    kind: str,
    prompts: int | None,
    *,
    board: str,
    gate: Gate,
    progress: Progress = lambda step: None,
) -> tuple[dict[str, Functional], Kept | None]:
    """Ask model files and their checkpoint.

    Args:
        prompts: so many; None as many of the gate's number as its seconds allow, and none at all where that
            is impossible here; 0 none.

    Raises:
        RoboError: that many prompts cannot be asked.
    """
    if prompts == 0:
        return {}, None
    tasks = held_out(gate, source.training.languages)
    if reason := why_not(kind, source, tasks):
        if prompts is None:
            progress(f"asking no held-out prompts: {reason}")
            return {}, None
        raise RoboError(f"--functional {prompts}: {reason}")
    if prompts is not None and prompts > len(tasks):
        raise RoboError(f"--functional {prompts}: there are {len(tasks)} held-out prompts in its languages")
    key = source.sha256, board
    answers = _ask(
        _Job(
            kind=kind, folder=folder, models=list(models), board=board, checkpoint=source.path,
            tasks=tasks[: prompts or gate.functional.prompts], programs=_known.get(key, []),
            seconds=gate.functional.seconds if prompts is None else None,
            max_tokens=gate.functional.max_tokens,
        ),
        progress,
    )  # fmt: skip
    if len(answers.programs) > len(_known.get(key, [])):
        _known[key] = answers.programs
    kept = Kept(tasks=tasks[: len(answers.programs)], programs=answers.programs)
    return _figures(answers), kept


def ask_models(
    source: Checkpoint,
    folder: Path,
    models: Mapping[str, Model],
    kind: str,
    prompts: int | None,
    *,
    board: str,
    gate: Gate,
    progress: Progress = lambda step: None,
) -> tuple[dict[str, Model], dict[str, Role]]:
    """`ask_held_out`, its figures with the models, and what was asked in a file of the folder.

    Raises:
        ParityError: a model loses more of its checkpoint's answers than the gate allows.
    """
    found, kept = ask_held_out(
        source, folder, list(models), kind, prompts, board=board, gate=gate, progress=progress
    )
    if kept is None:
        return dict(models), {}
    check(found, models, kind, gate)
    write_text(folder / NAME, kept.model_dump_json(exclude_defaults=True) + "\n")
    asked = {name: model.model_copy(update={"functional": found[name]}) for name, model in models.items()}
    return asked, {NAME: "functional"}


def ask_again(
    folder: Path,
    models: Sequence[str],
    kind: str,
    kept: Kept,
    prompts: int | None,
    *,
    board: str,
    gate: Gate,
    progress: Progress = lambda step: None,
) -> dict[str, Functional]:
    """Ask model files what they were asked when they were made; `prompts` as in `ask_held_out`."""
    if prompts == 0 or not kept.programs:
        return {}
    count = min(prompts or len(kept.programs), len(kept.programs))
    job = _Job(
        kind=kind, folder=folder, models=list(models), board=board, tasks=kept.tasks[:count],
        programs=kept.programs[:count], checkpoint=None, max_tokens=gate.functional.max_tokens,
        seconds=gate.functional.seconds if prompts is None else None,
    )  # fmt: skip
    return _figures(_ask(job, progress))


def check(found: Mapping[str, Functional], models: Mapping[str, Model], kind: str, gate: Gate) -> None:
    """Raise `ParityError` when a model loses more than its precision may."""
    for name, figures in found.items():
        if reason := failure(figures, gate.points_of(kind, precision(models[name]))):
            raise ParityError(
                f"{name}: {reason}; nothing was written. Train with qat: q4_0, or export a higher precision"
            )


def failure(found: Functional, points: float) -> str:
    """What a file fails at, in words; empty when it passes.

    Args:
        points: of pass@1 that it may lose; parts of a program count as a whole one.
    """
    allowed = math.ceil(points * found.prompts / 100)
    if found.checkpoint - found.passed <= allowed:
        return ""
    return (
        f"passes {found.passed} of {found.prompts} held-out prompts, its checkpoint {found.checkpoint}"
        f" (at most {allowed} fewer)"
    )


def _ask(job: _Job, progress: Progress) -> _Answers:
    made = ask(COMMAND, job.model_dump(mode="json"), f"{job.kind}: what asks the files", progress)
    return validate(made, _Answers, "answers of the files")


def _figures(answers: _Answers) -> dict[str, Functional]:
    found = {}
    for name, programs in answers.models.items():
        pairs = list(zip(answers.models_right[name], answers.right, strict=True))
        found[name] = Functional(
            prompts=len(pairs),
            passed=sum(mine for mine, _ in pairs),
            checkpoint=sum(its for _, its in pairs),
            lost=sum(its and not mine for mine, its in pairs),
            gained=sum(mine and not its for mine, its in pairs),
            same=sum(a == b for a, b in zip(programs, answers.programs, strict=True)),
        )
    return found


def _run(request: dict[str, Any], progress: Progress) -> _Answers:
    job = _Job.model_validate(request)
    files = {name: _open(job.folder / name, job) for name in job.models}
    own = _own(job.checkpoint, job.board) if job.checkpoint else None
    programs: list[str] = []
    found: dict[str, list[str]] = {name: [] for name in job.models}
    start = time.process_time()
    for number, task in enumerate(job.tasks):
        if job.seconds is not None and number and time.process_time() - start > job.seconds:
            break
        if number % _EVERY == 0:
            progress(f"asking held-out prompts, {number} of at most {len(job.tasks)} so far")
        for name, generator in files.items():
            found[name].append(_answer(generator, task, job.max_tokens))
        if number < len(job.programs):
            programs.append(job.programs[number])
        else:
            assert own is not None
            programs.append(own(task, found[job.models[0]][-1], job.max_tokens))
    progress("running the programs in the simulator")
    tasks = job.tasks[: len(programs)]
    right, *others = ([not why for why in judge_answers(tasks, a)] for a in (programs, *found.values()))
    return _Answers(
        programs=programs, models=found, right=right, models_right=dict(zip(found, others, strict=True))
    )


def _open(path: Path, job: _Job) -> Any:
    from robo_runtime.generate import Generator

    module = importlib.import_module(FORMATS[job.kind].module)
    open_engine = getattr(module, "open_engine", None)
    return Generator(path, board=job.board, engine=open_engine(path) if open_engine else None)


def _own(checkpoint: Path, board: str) -> Callable[[Task, str, int], str]:
    """Answers of a checkpoint to a task, fastest when they are what is expected."""
    from robo_runtime.engine.pieces import Pieces
    from robo_runtime.generate import Generator

    from robo_convert.float_engine import FloatEngine

    source = load_checkpoint(checkpoint)
    pieces = Pieces(source.path / source.tokenizer_files[0], source.shape.vocab_size)
    engine = FloatEngine(source.weights, source.shape, pieces)
    generator = Generator(checkpoint, board=board, engine=engine)

    def answer(task: Task, expected: str, max_tokens: int) -> str:
        engine.expect(expected)
        return _answer(generator, task, max_tokens)

    return answer


def _answer(generator: Any, task: Task, max_tokens: int) -> str:
    """A prompt that the model cannot take is an answer without a program."""
    try:
        result = generator.generate(
            task.prompt, lang=task.lang, hardware=task.hardware, max_tokens=max_tokens
        )
    except RoboError:
        return ""
    return str(result.code)


if __name__ == "__main__":
    serve(_run)
