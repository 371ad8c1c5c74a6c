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
    except OSError as e:  # a full disk, a folder that may not be written
        sys.stderr.write(f"error: {e.filename or 'a file'}: {e.strerror or e}; mend that and run it again\n")
        sys.exit(2)
