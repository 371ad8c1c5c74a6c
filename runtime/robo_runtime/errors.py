"""The error a user can mend: what is wrong, where, what was expected, and the remedy."""

from __future__ import annotations


class RoboError(Exception):
    """Base of every error that is the input's fault, not the program's.

    Command lines print its text without a traceback and exit with status 2. The text names the file, key,
    line or tensor, says what was expected, and ends with what to do.
    """
