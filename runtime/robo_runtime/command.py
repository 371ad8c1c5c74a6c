"""What the three command lines share: one way to fail, one way to be interrupted."""

from __future__ import annotations

import sys

import typer

from robo_runtime.errors import RoboError


def run(app: typer.Typer) -> None:
    """Run a typer app: exit 2 on a user's mistake, 130 on Ctrl-C, never a traceback for either."""
    try:
        app()
    except RoboError as e:
        sys.stderr.write(f"error: {e}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("stopped\n")
        sys.exit(130)
    except BrokenPipeError:  # `robo … | head`
        sys.stderr.close()
        sys.exit(0)
