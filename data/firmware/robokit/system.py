"""Sleeping and restarting."""

import machine

from robokit import check


def sleep(seconds):
    """Deep sleep; the program begins anew afterwards."""
    check.whole("system.sleep: seconds", seconds, 1, 86400, "s")
    machine.deepsleep(seconds * 1000)


def restart():
    """Restart the board."""
    machine.reset()
