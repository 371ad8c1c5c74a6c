"""The dry run: a program in the simulator, and what stops it there in plain words."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from robo_runtime.check.problem import Problem
from robo_runtime.check.run_words import in_plain_words

if TYPE_CHECKING:
    from robo_runtime.simulate import Trace, World

_ERROR = re.compile(
    r"(?P<callback>in a callback: )?(?:line (?P<line>\d+): )?(?P<kind>\w+)(?:: (?P<text>.*))?", re.S
)
SIMULATED = "esp32"
"""The board whose pins the simulator has."""
_PINS = re.compile(r"\bpin\b|touchpad|for DAC", re.IGNORECASE)
_PAUSES = frozenset(
    "sleep sleep_ms sleep_us wait wait_ms idle lightsleep deepsleep input accept recv recvfrom readline"
    " wait_msg move sweep fade blink forward_for backward_for left_for right_for forward_distance"
    " backward_distance turn_left_angle turn_right_angle drive_arc tone note melody beep siren steps angle"
    " rainbow chase".split()
)
"""Calls that take time, or wait for something."""
_BACKGROUND = frozenset("Timer irq every after on_press on_message start_new_thread set_callback".split())
"""With one of these a program may well do nothing in its main loop."""
_FLOOD = 500
"""Lines a second that nobody can read."""
_PAUSE = "Put a pause into the loop, e.g. `time.sleep_ms(100)`, or let it end."


def dry_run(
    code: str, until: float = 10.0, world: World | None = None, board: str = SIMULATED
) -> list[Problem]:
    """Run a program for `until` virtual seconds, in a process of its own, and tell what went wrong.

    Args:
        world: what the sensors feel; nothing is pressed and the room is at 22 °C by default.
        board: where the program is for. The simulator has the pins of one board; what it says about a pin
            of another is not told.
    """
    from robo_runtime.simulate.pool import Job, simulate_many

    return run_problems(code, next(simulate_many([Job(code, world, until)], 1)), board)


def run_problems(code: str, trace: Trace, board: str = SIMULATED) -> list[Problem]:
    """What a trace says is wrong with the program that it was recorded from; see `dry_run`."""
    if trace.error is None:
        return [] if trace.ended else list(_restless(code, trace))
    if trace.error.startswith("stopped:"):
        line = _loop(code, lambda loop: not _calls(loop) & _PAUSES) or 1
        cause = trace.error.removeprefix("stopped:").strip()
        return [
            _at(code, line, f"The program goes on without a rest: {cause} in {trace.duration:.3g} s.", _PAUSE)
        ]
    found = _ERROR.fullmatch(trace.error)
    if found is None:
        return [_at(code, 1, f"The program stops: {trace.error}.", "")]
    if board != SIMULATED and found["kind"] == "ValueError" and _PINS.search(found["text"] or ""):
        return []
    message, fix = in_plain_words(found["kind"], found["text"] or "")
    if found["kind"] == "SyntaxError":
        message, fix = f"This line cannot be read: {found['text']}.", ""
    if found["callback"]:
        message = f"When a timer, pin or task calls its function: {message[:1].lower()}{message[1:]}"
    return [_at(code, int(found["line"] or 1), message, fix)]


def _at(code: str, line: int, message: str, fix: str) -> Problem:
    lines = code.splitlines()
    text = lines[line - 1] if line <= len(lines) else ""
    return Problem(line, len(text) - len(text.lstrip()), "run", message, fix)


def _restless(code: str, trace: Trace) -> Iterator[Problem]:
    """A program that goes on for ever, and to no purpose."""
    last = sum(1 for event in trace.of("print") if event.t >= trace.until - 1)
    if last > _FLOOD:
        line = _loop(code, lambda loop: "print" in _calls(loop) and not _calls(loop) & _PAUSES)
        if line:
            yield _at(code, line, f"This loop prints {last:,} lines in a second, without a pause.", _PAUSE)
            return
    still = not any(event.t > trace.until / 2 for event in trace.events)
    if still and not _names(code) & _BACKGROUND and (line := _loop(code, _hangs)):
        fix = "Change what its condition looks at inside the loop, or leave it with `break`."
        yield _at(code, line, "This loop never ends, and does nothing more.", fix)


def _tree(code: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(code)


def _names(code: str) -> set[str]:
    nodes = list(ast.walk(_tree(code)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}


def _loop(code: str, wanted: Callable[[ast.While], bool]) -> int | None:
    """The line of the first `while` of the kind that is wanted."""
    loops = [node for node in ast.walk(_tree(code)) if isinstance(node, ast.While)]
    return min((loop.lineno for loop in loops if wanted(loop)), default=None)


def _calls(loop: ast.While) -> set[str]:
    functions = (node.func for node in ast.walk(loop) if isinstance(node, ast.Call))
    return {
        f.attr if isinstance(f, ast.Attribute) else f.id
        for f in functions
        if isinstance(f, ast.Attribute | ast.Name)
    }


def _hangs(loop: ast.While) -> bool:
    """Nothing inside can end it: no call, no way out, and the names of its condition keep their values."""
    inside = [node for statement in loop.body for node in ast.walk(statement)]
    if any(isinstance(node, ast.Call) for node in (*inside, *ast.walk(loop.test))):
        return False
    if any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in inside):
        return False
    read = {node.id for node in ast.walk(loop.test) if isinstance(node, ast.Name)}
    written = {
        node.id for node in inside if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    items = any(isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load) for node in inside)
    return not read & written and not items
