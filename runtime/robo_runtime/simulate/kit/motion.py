"""The drive of the kit: two wheels, and where they take the robot.

The robot starts at (0, 0) and looks along +x; a heading grows to the left, in degrees.
"""

from __future__ import annotations

import math

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.kit import acts
from robo_runtime.simulate.operations import rounded

TOP_CM_S = 30.0
"""Speed of a wheel at 100%."""
BASE_CM = 15.0
"""Distance between the wheels."""
SAMPLE_US = 250_000


class Drive:
    """Wheel speeds, pose and the way travelled."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.left = self.right = 0.0
        self.x = self.y = self.heading = 0.0
        self.travelled = 0.0
        self.since = board.now
        self._run = 0
        board.record("pose", "robot", (0.0, 0.0, 0.0))

    def wheels(self, left: float, right: float) -> None:
        """Set both wheels, in per cent."""
        if (left, right) == (self.left, self.right):
            return
        self.integrate()
        self.left, self.right = left, right
        self.board.record("motors", "robot", (left, right))
        self._run += 1
        if left or right:
            self._sample(self._run)

    def integrate(self) -> None:
        """Bring the pose up to now, along the arc the wheels describe."""
        dt = (self.board.now - self.since) / 1e6
        self.since = self.board.now
        left, right = (w / 100 * TOP_CM_S * dt for w in (self.left, self.right))
        way, turn = (left + right) / 2, (right - left) / BASE_CM
        self.travelled += way
        middle = math.radians(self.heading) + turn / 2
        chord = way * (math.sin(turn / 2) / (turn / 2) if turn else 1.0)
        self.x += chord * math.cos(middle)
        self.y += chord * math.sin(middle)
        self.heading += math.degrees(turn)
        pose = (rounded(self.x, 2), rounded(self.y, 2), rounded(self.heading, 1))
        self.board.record("pose", "robot", pose, quiet=True)

    def _sample(self, run: int) -> None:
        def sample() -> None:
            if run == self._run:
                self.integrate()
                self._sample(run)

        self.board.schedule(self.board.now + SAMPLE_US, sample)

    def run_for(self, left: float, right: float, seconds: float) -> None:
        """Drive for a time, then stop."""
        self.wheels(left, right)
        self.board.sleep(round(seconds * 1e6))
        self.wheels(0, 0)


def drive(board: Board) -> Drive:
    """The drive of a run."""
    if "drive" not in board.parts:
        board.parts["drive"] = Drive(board)
    found: Drive = board.parts["drive"]
    return found


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
            math.copysign(abs(speed), cm), math.copysign(abs(speed), cm), abs(cm) / _speed(speed)
        )


def _speed(percent: int) -> float:
    return abs(percent) / 100 * TOP_CM_S


@acts("robot.forward_distance")
def _forward_distance(board: Board, cm: float, speed: int) -> None:
    _distance(board, cm, speed)


@acts("robot.backward_distance")
def _backward_distance(board: Board, cm: float, speed: int) -> None:
    _distance(board, -cm, speed)


def _spin(board: Board, degrees: float, speed: int) -> None:
    if speed:
        seconds = math.radians(abs(degrees)) * BASE_CM / 2 / _speed(speed)
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
def _arc(board: Board, radius: float, angle: int, speed: int) -> None:
    """Positive angles turn left."""
    if speed and angle:
        inner, outer = (radius - BASE_CM / 2) / radius * speed, (radius + BASE_CM / 2) / radius * speed
        seconds = math.radians(abs(angle)) * radius / _speed(speed)
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
