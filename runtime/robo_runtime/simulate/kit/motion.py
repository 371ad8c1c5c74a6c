"""The drive of the kit: its functions over the model of `robo_runtime.simulate.drive`."""

from __future__ import annotations

import math

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.drive import BASE_CM, TOP_CM_S, Drive, drive
from robo_runtime.simulate.kit import acts
from robo_runtime.simulate.operations import rounded

__all__ = ["BASE_CM", "TOP_CM_S", "Drive", "drive"]


@acts("robot.move_forward")
def _forward(board: Board, speed: int) -> None:
    drive(board).wheels(speed, speed)


@acts("robot.move_backward")
def _backward(board: Board, speed: int) -> None:
    drive(board).wheels(-speed, -speed)


@acts("robot.turn_left")
def _left(board: Board, speed: int) -> None:
    drive(board).wheels(-speed, speed)


@acts("robot.turn_right")
def _right(board: Board, speed: int) -> None:
    drive(board).wheels(speed, -speed)


@acts("robot.set_default_speed")
def _default_speed(board: Board, speed: int) -> None:
    """The speed of every later motion call that names none."""
    board.parts.setdefault("usual", {})["robot"] = {"speed": speed}


@acts("robot.stop", "robot.brake")
def _stop(board: Board) -> None:
    drive(board).wheels(0, 0)


@acts("robot.forward_for")
def _forward_for(board: Board, seconds: float, speed: int) -> None:
    drive(board).run_for(speed, speed, seconds)


@acts("robot.backward_for")
def _backward_for(board: Board, seconds: float, speed: int) -> None:
    drive(board).run_for(-speed, -speed, seconds)


@acts("robot.left_for")
def _left_for(board: Board, seconds: float, speed: int) -> None:
    drive(board).run_for(-speed, speed, seconds)


@acts("robot.right_for")
def _right_for(board: Board, seconds: float, speed: int) -> None:
    drive(board).run_for(speed, -speed, seconds)


def _distance(board: Board, cm: float, speed: int) -> None:
    if speed:
        drive(board).run_for(
            math.copysign(abs(speed), cm), math.copysign(abs(speed), cm), abs(cm) / drive(board).speed(speed)
        )


@acts("robot.forward_distance")
def _forward_distance(board: Board, cm: float, speed: int) -> None:
    _distance(board, cm, speed)


@acts("robot.backward_distance")
def _backward_distance(board: Board, cm: float, speed: int) -> None:
    _distance(board, -cm, speed)


def _spin(board: Board, degrees: float, speed: int) -> None:
    if speed:
        seconds = math.radians(abs(degrees)) * drive(board).track / 2 / drive(board).speed(speed)
        side = math.copysign(speed, degrees)
        drive(board).run_for(-side, side, seconds)


@acts("robot.turn_left_angle")
def _left_angle(board: Board, angle: int, speed: int) -> None:
    _spin(board, angle, speed)


@acts("robot.turn_right_angle")
def _right_angle(board: Board, angle: int, speed: int) -> None:
    _spin(board, -angle, speed)


@acts("robot.set_motors")
def _motors(board: Board, left: int, right: int) -> None:
    drive(board).wheels(left, right)


@acts("robot.set_motor")
def _motor(board: Board, side: str, speed: int) -> None:
    d = drive(board)
    d.wheels(speed if side == "left" else d.left, speed if side == "right" else d.right)


@acts("robot.drive_arc")
def _arc(board: Board, radius: float, angle: int, speed: float) -> None:
    """Positive angles turn left; no wheel turns faster than it can, so a narrow arc is driven slower."""
    if speed and angle:
        half = drive(board).track / 2
        speed = min(speed, 100 * radius / (radius + half))
        inner, outer = (radius - half) / radius * speed, (radius + half) / radius * speed
        seconds = math.radians(abs(angle)) * radius / drive(board).speed(speed)
        drive(board).run_for(*((inner, outer) if angle > 0 else (outer, inner)), seconds)


@acts("robot.distance_travelled")
def _travelled(board: Board) -> float:
    drive(board).integrate()
    return rounded(drive(board).travelled, 1)


@acts("robot.reset_encoders")
def _reset(board: Board) -> None:
    drive(board).integrate()
    drive(board).travelled = 0.0


@acts("robot.is_moving")
def _moving(board: Board) -> bool:
    return bool(drive(board).left or drive(board).right)
