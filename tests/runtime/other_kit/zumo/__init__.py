"""Firmware of the Zumo-Kit, a robot with two tracks, a light bar and a whistle. It is not ours."""

import time

from machine import PWM, Pin

from .tracks import tracks  # noqa: F401


def pause(seconds=1.0):
    """Wait.

    seconds: how long, 0.1 to 30 seconds
    """
    time.sleep(seconds)


class _Bar:
    def show(self, level: int) -> None:
        """Light so many lamps of the bar.

        :param level: lamps that are on, 0-8
        """
        self.level = level

    def is_dark(self):
        return self.level == 0

    def glow(self):
        self.level = 8

    def _hidden(self):
        pass


class Whistle:
    def __init__(self, pin: int) -> None:
        self.pwm = PWM(Pin(pin), duty=0)

    def blow(self, pitch="low", ms: int = 200):
        """Whistle for a moment.

        Args:
            pitch (str): how high
            ms (int): length in milliseconds, between 20 and 5000
        """

    @property
    def busy(self):
        return False


bar = _Bar()
whistle = Whistle(25)
_secret = _Bar()
