"""Waiting, timers, numbers, text and the clock of the kit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.kit import acts, call_back
from robo_runtime.simulate.limits import Restart
from robo_runtime.simulate.modules.clock import seconds
from robo_runtime.simulate.modules.timers import BOOT_US, DEEPSLEEP_RESET, HARD_RESET


@acts("wait")
def _wait(board: Board, seconds: float) -> None:
    board.sleep(round(seconds * 1e6))


@acts("wait_ms")
def _wait_ms(board: Board, ms: int) -> None:
    board.sleep(ms * 1000)


@acts("timer.seconds")
def _seconds(board: Board) -> float:
    board.clock_read = board.now
    return round((board.now - int(board.parts.get("timer", 0))) / 1e6, 3)


@acts("timer.reset")
def _reset(board: Board) -> None:
    board.parts["timer"] = board.now


@acts("timer.every")
def _every(board: Board, ms: int, callback: Callable[[], Any]) -> None:
    def fire(at: int) -> None:
        board.interrupt(lambda _: call_back(callback), None)
        board.schedule(at + ms * 1000, lambda: fire(at + ms * 1000))

    first = board.now + ms * 1000
    board.schedule(first, lambda: fire(first))


@acts("timer.after")
def _after(board: Board, ms: int, callback: Callable[[], Any]) -> None:
    board.schedule(board.now + ms * 1000, lambda: board.interrupt(lambda _: call_back(callback), None))


@acts("random_number")
def _random(board: Board, low: int, high: int) -> int:
    board.version += 1
    if low > high:
        raise ValueError("random_number: low is greater than high")
    return board.random.randint(low, high)


@acts("map_range")
def _map(board: Board, value: float, in_low: float, in_high: float, out_low: float, out_high: float) -> float:
    if in_low == in_high:
        raise ValueError("map_range: in_low equals in_high")
    return out_low + (value - in_low) * (out_high - out_low) / (in_high - in_low)


@acts("limit")
def _limit(board: Board, value: float, low: float, high: float) -> float:
    return max(low, min(high, value))


@acts("say")
def _say(board: Board, text: str) -> None:
    board.parts["write"](text + "\n")


@acts("log.write")
def _log(board: Board, name: str, text: str) -> None:
    board.files[name] = board.files.get(name, "") + text + "\n"
    board.emit("file", name, text + "\n")


@acts("clock.set")
def _set(board: Board, hour: int, minute: int, second: int) -> None:
    now = int(seconds(board))
    board.rtc_offset += hour * 3600 + minute * 60 + second - now % 86_400


@acts("clock.time")
def _time(board: Board) -> str:
    now = int(seconds(board)) % 86_400
    return f"{now // 3600:02d}:{now // 60 % 60:02d}:{now % 60:02d}"


@acts("system.sleep")
def _sleep(board: Board, seconds: int) -> None:
    board.emit("sleep", "deep", seconds * 1000)
    raise board.stop(Restart(DEEPSLEEP_RESET, seconds * 1_000_000 + BOOT_US))


@acts("system.restart")
def _restart(board: Board) -> None:
    raise board.stop(Restart(HARD_RESET, BOOT_US))
