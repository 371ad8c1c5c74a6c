"""Work in a process of its own: a job as JSON on stdin, steps and a result as lines of it on stdout.

A library that crashes, or is killed for its memory, then ends as one sentence. What it prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel
from robo_runtime.errors import RoboError

from robo_convert.parity import ParityError

Progress = Callable[[str], None]


def ask(
    command: Sequence[str], job: dict[str, Any], name: str, progress: Progress = lambda step: None
) -> Any:
    """Run a job in a process and hand on what it tells.

    Args:
        command: what the process runs, behind the name of the interpreter; it calls `serve`.
        name: who works there, for the message when it dies.

    Raises:
        RoboError, ParityError: what was raised there; or that it died, with what it printed last.
    """
    child = subprocess.Popen(
        [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", errors="replace",
    )  # fmt: skip
    assert child.stdin and child.stdout and child.stderr
    printed: deque[str] = deque(maxlen=5)
    reader = threading.Thread(target=_keep, args=(child.stderr, printed), daemon=True)
    reader.start()
    answer: dict[str, Any] = {}
    try:
        try:
            with child.stdin:
                json.dump(job, child.stdin)
        except BrokenPipeError:
            pass  # it died at once; what it printed says why
        for line in child.stdout:
            try:
                answer = json.loads(line)
            except ValueError:  # printed past the redirection
                printed.append(line.strip()[:300])
                continue
            if "step" in answer:
                progress(answer["step"])
        status = child.wait()
    finally:
        child.kill()
        child.wait()
        reader.join(timeout=5)
    if "error" in answer:
        raise (ParityError if answer["parity"] else RoboError)(answer["error"])
    if status or "made" not in answer:
        last = " | ".join(printed) or "nothing"
        raise RoboError(f"{name} died ({_how(status)}); it printed last: {last}; nothing was written")
    return answer["made"]


def serve(run: Callable[[dict[str, Any], Progress], BaseModel]) -> None:
    """Do the one job that comes in."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def tell(**answer: Any) -> None:
        answers.write(json.dumps(answer) + "\n")
        answers.flush()

    try:
        tell(made=run(json.load(sys.stdin), lambda step: tell(step=step)).model_dump())
    except RoboError as e:
        tell(error=str(e), parity=isinstance(e, ParityError))
    except OSError as e:  # above all a full disk
        tell(error=f"could not be written: {e}; nothing was changed", parity=False)


def _keep(lines: Any, last: deque[str]) -> None:
    for line in lines:
        if line.strip():
            last.append(line.strip()[:300])


def _how(status: int) -> str:
    return f"signal {-status}, as when memory runs out" if status < 0 else f"exit status {status}"
