"""The gripper, which is servo 4."""

from robokit import servo
from robokit.board import GRIPPER


def open():
    """Open the gripper."""
    servo.put(4, GRIPPER["open"])


def close():
    """Close the gripper."""
    servo.put(4, GRIPPER["closed"])
