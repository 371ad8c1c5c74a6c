"""Run one program on one simulated board."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

from robo_runtime.registry import load_registry
from robo_runtime.simulate import guard, wheels
from robo_runtime.simulate.board import Board, leave, using
from robo_runtime.simulate.environment import built_ins
from robo_runtime.simulate.errors import describe
from robo_runtime.simulate.firmware import load_firmware
from robo_runtime.simulate.limits import EndOfTime, Exceeded, Limits, Restart
from robo_runtime.simulate.modules import importer
from robo_runtime.simulate.trace import Trace
from robo_runtime.simulate.wiring import attach, wired
from robo_runtime.simulate.world import World

if TYPE_CHECKING:
    from robo_runtime.registry import Registry

_DEFAULT = World()


def simulate(
    code: str, world: World | None = None, until: float = 10.0, *,
    limits: Limits | None = None, registry: Registry | None = None, firmware: Path | None = None,
) -> Trace:  # fmt: skip
    """Run a MicroPython program for `until` virtual seconds and record what its hardware does.

    Runs in this process, behind the guards of `guard` and `environment`: fit for programs one wrote or
    checked. For
    what a model wrote use `simulate_many`, whose workers have limits on memory and time that nothing
    evades.

    Args:
        code: the program.
        world: scripted inputs; by default nothing is pressed and the room is at 22 °C.
        until: virtual seconds to observe; pins keep their level after the program's end.
        limits: statements, events, real seconds.
        registry: the kit whose functions the program may import; the configured one when None.
        firmware: a folder with MicroPython sources of the kit's module (as `data/firmware`), which then run
            in place of the built-in module, on the pins that their `board.py` names.

    Never raises for what is wrong with the program: `Trace.error` says it.
    """
    world = world or _DEFAULT
    sources = None
    if firmware is not None:
        sources = load_firmware(firmware, (registry or load_registry()).module)
        world = wired(world, code, sources.settings)
    board = Board(world, until, limits or Limits(), registry)
    board.firmware = sources
    trace = Trace(events=board.events, output=board.output, until=until)
    try:
        program = guard.compile_program(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as e:
        trace.error = describe(e) if isinstance(e, SyntaxError) else f"line 1: SyntaxError: {e or 'too deep'}"
        return trace
    token = using(board)
    try:
        _boots(board, program, trace)
    finally:
        leave(token)
    trace.duration = min(trace.duration, until)
    if trace.error is None:
        trace.error = next((f"in a callback: {e.value}" for e in board.events if e.kind == "error"), None)
    return trace


def _boots(board: Board, program: CodeType, trace: Trace) -> None:
    """Run the program, and again after each reset."""
    while True:
        reset = _once(board, program, trace)
        if reset is None:
            return
        board.restart(reset)
        if board.now >= board.until:
            trace.duration = board.t
            return


def _once(board: Board, program: CodeType, trace: Trace) -> Restart | None:
    if board.firmware is not None:
        attach(board, board.firmware.settings)
    wheels.attach(board)
    names: dict[str, Any] = {"__name__": "__main__", "__builtins__": built_ins(board, importer(board))}
    try:
        _guarded(lambda: exec(program, names), board, trace)  # noqa: S102 - the guarded program
        board.live_on()
    except EndOfTime:
        if not trace.ended and trace.error is None:
            trace.duration = board.t
    except Exceeded as e:
        trace.error, trace.duration = f"stopped: {e}", board.t
    except Restart as e:
        trace.ended = False
        return e
    finally:
        if board.threads is not None:
            board.threads.finish()
        names.clear()
    return None


def _guarded(run: Callable[[], None], board: Board, trace: Trace) -> None:
    """Run the main program; note how it ended."""
    try:
        run()
        trace.ended = True
    except SystemExit:
        trace.ended = True
    except (EndOfTime, Exceeded, Restart, KeyboardInterrupt):
        raise
    except BaseException as e:  # whatever a program raises, its own KeyboardInterrupt included
        trace.error = describe(e)
        if isinstance(e, (RecursionError, MemoryError)):
            del e
            gc.collect()
    trace.duration = board.t
