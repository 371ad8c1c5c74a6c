"""Sensors, buttons and knobs of the kit, answered from the world."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.kit import acts, call_back, sensed
from robo_runtime.simulate.kit.motion import drive
from robo_runtime.simulate.lines import RANGE_CM
from robo_runtime.simulate.modules.pins import wake
from robo_runtime.simulate.world import value_at


def _watched(board: Board, name: str, series: Any) -> Any:
    """A series of the world whose changes a polling loop must not sleep through."""
    known = board.parts.setdefault("watched", set())
    if name not in known:
        known.add(name)
        for t, _ in series:
            wake(board, t)
    return series


@acts("sensor.distance")
def _distance(board: Board) -> float:
    cm = value_at(_watched(board, "distance", board.world.distance), board.t, -1.0)
    board.busy(3_000)
    return -1.0 if cm > RANGE_CM or cm < 0 or board.world.faulty("distance", board.t) else round(cm, 1)


@acts("sensor.temperature")
def _temperature(board: Board) -> float:
    return value_at(_watched(board, "temperature", board.world.temperature), board.t, 22.0)


@acts("sensor.humidity")
def _humidity(board: Board) -> float:
    return value_at(_watched(board, "humidity", board.world.humidity), board.t, 50.0)


@acts("sensor.probe_temperature")
def _probe(board: Board) -> float:
    return value_at(_watched(board, "probe", board.world.probe or board.world.temperature), board.t, 22.0)


@acts("sensor.motion")
def _motion(board: Board) -> bool:
    series = board.world.buttons.get("motion")
    if series is None:
        return bool(sensed(board, "sensor.motion", {}, False))
    return bool(value_at(_watched(board, "motion", series), board.t, 0))


@acts("sensor.touch")
def _touch(board: Board, pad: int) -> bool:
    series = board.world.touch.get(pad)
    if series is None:
        return bool(sensed(board, "sensor.touch", {"pad": pad}, False))
    return bool(value_at(_watched(board, f"touch{pad}", series), board.t, 0))


@acts("sensor.acceleration")
def _acceleration(board: Board, axis: str) -> float:
    return float(sensed(board, "sensor.acceleration", {"axis": axis}, 1.0 if axis == "z" else 0.0))


@acts("sensor.heading")
def _heading(board: Board) -> int:
    drive(board).integrate()
    return int(sensed(board, "sensor.heading", {}, round(-drive(board).heading) % 360))


class Button:
    """A named button: 1 in the world is pressed."""

    def __init__(self, board: Board, name: str) -> None:
        self.board = board
        self.presses = 0
        self.taken = 0
        self.callbacks: list[Callable[[], Any]] = []
        self.level = 0
        for t, level in board.world.buttons.get(name, ()):
            at = round(t * 1e6)
            if at <= board.now:
                self.presses += bool(level and not self.level)
                self.level = level
            else:
                board.schedule(at, lambda level=level: self._moved(level))  # type: ignore[misc]

    def _moved(self, level: int) -> None:
        self.board.version += 1
        if level and not self.level:
            self.presses += 1
            for callback in self.callbacks:
                self.board.interrupt(lambda _, callback=callback: call_back(callback), None)  # type: ignore[misc]
        self.level = level


def button(board: Board, name: str) -> Button:
    """A button of a run."""
    buttons: dict[str, Button] = board.parts.setdefault("buttons", {})
    if name not in buttons:
        buttons[name] = Button(board, name)
    return buttons[name]


@acts("button.is_pressed")
def _is_pressed(board: Board, name: str) -> bool:
    return bool(button(board, name).level)


@acts("button.was_pressed")
def _was_pressed(board: Board, name: str) -> bool:
    b = button(board, name)
    new, b.taken = b.presses > b.taken, b.presses
    return new


@acts("button.wait")
def _wait(board: Board, name: str) -> None:
    b = button(board, name)
    while not b.level:
        board.nap(board.until)


@acts("button.count")
def _count(board: Board, name: str) -> int:
    return button(board, name).presses


@acts("button.on_press")
def _on_press(board: Board, name: str, callback: Callable[[], Any]) -> None:
    button(board, name).callbacks.append(callback)


@acts("knob.raw")
def _raw(board: Board) -> int:
    percent = sensed(board, "knob.read", {}, 0)
    return int(sensed(board, "knob.raw", {}, round(percent * 4095 / 100)))
