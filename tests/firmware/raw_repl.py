"""A board for mpremote to talk to: MicroPython's raw REPL on a pseudo-terminal, in a folder as its flash.

Run as a program in that folder; prints the name of the terminal. What it is sent runs in CPython.
Protocol: docs.micropython.org, "REPL", raw mode.
"""

import contextlib
import errno
import io
import os
import sys
import time
import traceback
import tty
import types
from pathlib import Path

BANNER = b"raw REPL; CTRL-B to exit\r\n"


def reset() -> None:
    """`machine.reset` leaves a mark."""
    with Path("reset.txt").open("a") as f:
        f.write("reset\n")


def run(code: bytes, names: dict[str, object]) -> bytes:
    """The answer to one piece of code: output and error, each closed by Ctrl-D."""
    out, error = io.StringIO(), ""
    try:
        with contextlib.redirect_stdout(out):
            exec(code.decode(), names)  # noqa: S102 - what the test's own command sends
    except OSError as e:  # MicroPython has one class for all of them
        error = f"Traceback (most recent call last):\r\nOSError: [Errno {e.errno}] {errno.errorcode[e.errno or 0]}\r\n"
    except Exception:
        error = traceback.format_exc()
    return b"OK" + out.getvalue().encode() + b"\x04" + error.encode() + b"\x04>"


def main() -> None:
    """Serve until the terminal is closed."""
    machine = types.ModuleType("machine")
    machine.reset = reset  # type: ignore[attr-defined]
    sys.modules["machine"] = machine
    time.sleep_ms = lambda ms: None  # type: ignore[attr-defined]
    sys.implementation = types.SimpleNamespace(**{**vars(sys.implementation), "name": "micropython"})  # type: ignore[assignment]
    stat = os.stat
    os.stat = lambda path: stat(path or ".")  # type: ignore[assignment, misc] - "" is the folder one is in
    board, terminal = os.openpty()
    tty.setraw(board)
    tty.setraw(terminal)
    sys.stdout.write(os.ttyname(terminal) + "\n")
    sys.stdout.flush()
    names: dict[str, object] = {}
    waiting = b""
    while True:
        waiting += os.read(board, 4096)
        while waiting:
            byte, rest = waiting[:1], waiting[1:]
            if byte == b"\x01":
                answer, waiting = BANNER + b">", rest
            elif byte == b"\x02":
                answer, waiting = b"\r\n>>> ", rest
            elif byte in b"\x03\r\n":
                answer, waiting = b"", rest
            elif byte == b"\x05":
                if len(waiting) < 3:
                    break
                os.write(board, b"R\x01\xff\x7f")  # raw paste, with a window larger than any piece of code
                code, end, waiting = waiting[3:].partition(b"\x04")
                while not end:
                    code, end, waiting = (code + os.read(board, 4096)).partition(b"\x04")
                answer = b"\x04" + run(code, names)[2:]
            elif byte == b"\x04":
                names = {}
                answer, waiting = b"OK\r\nMPY: soft reboot\r\n" + BANNER + b">", rest
            else:
                code, end, rest = waiting.partition(b"\x04")
                if not end:
                    break
                answer, waiting = run(code, names), rest
            os.write(board, answer)


if __name__ == "__main__":
    main()
