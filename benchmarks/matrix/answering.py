"""What the processes that measure have in common: a job as JSON on stdin, one JSON object on stdout.

Imports nothing but the runtime's errors: the memory of such a process is measured.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from robo_runtime.errors import RoboError


def serve(do: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Do the one job that comes in; a library that prints does so on stderr.

    A `RoboError` is handed on as its text; the name of one of a missing library ends in `Missing`.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        answer = do(json.load(sys.stdin))
    except RoboError as e:
        answer = {"error": str(e), "missing": type(e).__name__.endswith("Missing")}
    json.dump(answer, answers)
    answers.close()
