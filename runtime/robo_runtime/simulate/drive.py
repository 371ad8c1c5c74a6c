"""Where two wheels take a robot: the kinematic model of every simulated drive, in one place.

The model is the differential drive of the textbooks (Siegwart, Nourbakhsh: Introduction to Autonomous Mobile
Robots, 3.2). A wheel at p per cent runs at p/100 of `top_speed` (30 cm/s), at once: no inertia, no slip. With
the wheels `track` (15 cm) apart, left and right speeds vl and vr move the middle of the axle along an arc:

    v = (vl + vr) / 2        cm/s forward
    w = (vr - vl) / track    rad/s, positive to the left

The robot starts at (0, 0) and looks along +x; a heading is in degrees and grows to the left without wrapping.
`World.wheels` may give other figures.
"""

from __future__ import annotations

import math

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.operations import rounded

TOP_CM_S = 30.0
"""Speed of a wheel at 100%."""
BASE_CM = 15.0
"""Distance between the wheels."""
SAMPLE_US = 250_000
"""How often the pose of a moving robot is recorded, besides each change of speed and the end."""


class Drive:
    """Wheel speeds, pose and the way travelled."""

    def __init__(self, board: Board) -> None:
        self.board = board
        wheels = board.world.wheels
        self.top_speed = TOP_CM_S if wheels is None else wheels.top_speed
        self.track = BASE_CM if wheels is None else wheels.track
        self.left = self.right = 0.0
        self.x, self.y, self.heading = board.kept.get("pose", (0.0, 0.0, 0.0))
        self.travelled = 0.0
        self.since = board.now
        self._run = 0
        board.parts.setdefault("at_reset", []).append(self._halt)
        self._record()

    def _halt(self) -> None:
        """A reset lets go of the motors; the robot stays where it is."""
        self.wheels(0, 0)

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
        left = self.left / 100 * self.top_speed * dt
        right = self.right / 100 * self.top_speed * dt
        way, turn = (left + right) / 2, (right - left) / self.track
        self.travelled += way
        middle = math.radians(self.heading) + turn / 2
        chord = way * (math.sin(turn / 2) / (turn / 2) if turn else 1.0)
        self.x += chord * math.cos(middle)
        self.y += chord * math.sin(middle)
        self.heading += math.degrees(turn)
        self._record()

    def _record(self) -> None:
        self.board.kept["pose"] = (self.x, self.y, self.heading)
        pose = (rounded(self.x, 2), rounded(self.y, 2), rounded(self.heading, 1))
        self.board.record("pose", "robot", pose, quiet=True)

    def _sample(self, run: int) -> None:
        def sample() -> None:
            if run == self._run:
                self.integrate()
                self._sample(run)

        at = min(self.board.now + SAMPLE_US, self.board.until)
        if at > self.board.now:
            self.board.schedule(at, sample)

    def run_for(self, left: float, right: float, seconds: float) -> None:
        """Drive for a time, then stop."""
        self.wheels(left, right)
        self.board.sleep(round(seconds * 1e6))
        self.wheels(0, 0)

    def speed(self, percent: float) -> float:
        """Centimetres per second of a wheel."""
        return abs(percent) / 100 * self.top_speed


def drive(board: Board) -> Drive:
    """The drive of a run."""
    if "drive" not in board.parts:
        board.parts["drive"] = Drive(board)
    found: Drive = board.parts["drive"]
    return found
