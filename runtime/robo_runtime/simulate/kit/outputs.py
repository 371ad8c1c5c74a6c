"""Servos, gripper, stepper, relays and the display of the kit."""

from __future__ import annotations

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.kit import acts, glide
from robo_runtime.simulate.modules.display import CHAR, Canvas
from robo_runtime.simulate.printing import text as shown_text


@acts("servo.angle")
def _servo_angle(board: Board, n: int, angle: int) -> None:
    board.record("servo", n, angle)


@acts("servo.move")
def _servo_move(board: Board, n: int, angle: int, ms: int) -> None:
    start = board.last("servo", n)
    glide(board, angle if start is None else start, angle, ms, lambda a: board.record("servo", n, round(a)))


@acts("servo.sweep")
def _servo_sweep(board: Board, n: int, start: int, end: int, ms: int) -> None:
    board.record("servo", n, start)
    glide(board, start, end, ms, lambda a: board.record("servo", n, round(a)))


@acts("servo.read")
def _servo_read(board: Board, n: int) -> int:
    return int(board.last("servo", n, 90) or 0)


@acts("servo.release")
def _servo_release(board: Board, n: int) -> None:
    board.record("servo", n, None)


@acts("servo.continuous")
def _servo_continuous(board: Board, n: int, speed: int) -> None:
    board.record("servo_speed", n, speed)


@acts("gripper.open")
def _gripper_open(board: Board) -> None:
    board.record("gripper", "gripper", "open")


@acts("gripper.close")
def _gripper_close(board: Board) -> None:
    board.record("gripper", "gripper", "closed")


STEPS = 2048
"""Steps of a turn of a 28BYJ-48."""


def _step(board: Board, steps: float, rpm: int) -> None:
    at = board.last("stepper", "stepper", 0)
    glide(board, at, at + steps, round(abs(steps) / STEPS / rpm * 60_000), lambda s: None)
    board.record("stepper", "stepper", round(at + steps))


@acts("stepper.steps")
def _stepper_steps(board: Board, n: int, rpm: int) -> None:
    _step(board, n, rpm)


@acts("stepper.angle")
def _stepper_angle(board: Board, angle: int, rpm: int) -> None:
    _step(board, angle * STEPS / 360, rpm)


@acts("relay.on")
def _relay_on(board: Board, n: int) -> None:
    board.record("relay", n, 1)


@acts("relay.off")
def _relay_off(board: Board, n: int) -> None:
    board.record("relay", n, 0)


def _screen(board: Board) -> Canvas:
    if "screen" not in board.parts:
        board.parts["screen"] = Canvas(128, 64)
    found: Canvas = board.parts["screen"]
    return found


@acts("display.show")
def _display_show(board: Board) -> None:
    board.busy(20_000)
    canvas = _screen(board)
    board.record("display", "kit", canvas.texts())
    if canvas.drawn() or board.last("draw", "kit"):
        board.record("draw", "kit", canvas.drawn())


@acts("display.text")
def _display_text(board: Board, text: str, x: int, y: int) -> None:
    _screen(board).text(text, x, y, 1)


@acts("display.print")
def _display_print(board: Board, text: str, line: int) -> None:
    canvas = _screen(board)
    canvas.erase(0, line * CHAR, canvas.width, CHAR)
    canvas.text(text, 0, line * CHAR, 1)
    _display_show(board)


@acts("display.number")
def _display_number(board: Board, value: float, line: int, label: str) -> None:
    _display_print(board, f"{label} {shown_text(value)}".strip(), line)


@acts("display.clear")
def _display_clear(board: Board) -> None:
    _screen(board).clear(0)
    _display_show(board)


@acts("display.pixel")
def _display_pixel(board: Board, x: int, y: int, on: bool) -> None:
    if on:
        _screen(board).add("pixel", x, y)
    else:
        _screen(board).erase(x, y, 1, 1)


@acts("display.line")
def _display_line(board: Board, x1: int, y1: int, x2: int, y2: int) -> None:
    _screen(board).add("line", x1, y1, x2, y2)


@acts("display.rect")
def _display_rect(board: Board, x: int, y: int, w: int, h: int, fill: bool) -> None:
    _screen(board).add("rect", x, y, w, h, fill)


@acts("display.circle")
def _display_circle(board: Board, x: int, y: int, r: int, fill: bool) -> None:
    _screen(board).add("ellipse", x, y, r, r, fill)


@acts("display.icon")
def _display_icon(board: Board, name: str) -> None:
    canvas = _screen(board)
    canvas.clear(0)
    canvas.add("icon", 0, 0, name)
    _display_show(board)
