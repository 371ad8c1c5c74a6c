"""Boards on pseudo-terminals, for the real mpremote to talk to."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent


@contextlib.contextmanager
def wired(asked: list[str]) -> Iterator[str]:
    """A program whose stdin and stdout are a serial line; yields the name of its terminal.

    The program says "ready" on stderr.
    """
    board, terminal = os.openpty()
    tty.setraw(board)
    tty.setraw(terminal)
    pipe = subprocess.PIPE
    process = subprocess.Popen(asked, stdin=pipe, stdout=pipe, stderr=pipe, bufsize=0)
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    lines = ((board, process.stdin.fileno()), (process.stdout.fileno(), board))
    for source, sink in lines:
        threading.Thread(target=_pump, args=(source, sink), daemon=True).start()
    try:
        said = process.stderr.readline()
        assert said == b"ready\n", said + process.stderr.read()
        yield os.ttyname(terminal)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)


def _pump(source: int, sink: int) -> None:
    with contextlib.suppress(OSError):
        while data := os.read(source, 4096):
            os.write(sink, data)


@contextlib.contextmanager
def micropython_board(interpreter: str, flash: Path) -> Iterator[str]:
    """The port of a board that runs a real MicroPython, with the folder `flash` as its flash."""
    flash.mkdir(exist_ok=True)
    with wired(["node", str(HERE / "real_board.mjs"), interpreter, str(flash)]) as port:
        yield port
