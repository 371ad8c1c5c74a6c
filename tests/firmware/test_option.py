"""Running the kit from sources keeps the simulator's limits, and takes another maker's sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from robo_runtime.cli import app
from robo_runtime.errors import RoboError
from robo_runtime.paths import firmware_dir
from robo_runtime.simulate import Job, Limits, simulate, simulate_many
from robo_runtime.simulate.firmware import load_firmware
from typer.testing import CliRunner


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A firmware of one's own: the kit's wiring and one part."""
    package = tmp_path / "robokit"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "board.py").write_bytes((firmware_dir() / "robokit" / "board.py").read_bytes())
    return tmp_path


def part(folder: Path, code: str) -> str | None:
    """The error of a program that uses `lamp.on()` of another firmware."""
    (folder / "robokit" / "lamp.py").write_text(code)
    program = "from robokit import lamp\nlamp.on()"
    return simulate(program, limits=Limits(steps=100_000), firmware=folder).error


def test_another_makers_firmware_runs(other: Path) -> None:
    (other / "robokit" / "lamp.py").write_text(
        "from machine import Pin\ndef on():\n    Pin(4, Pin.OUT, value=1)\n"
    )
    trace = simulate("from robokit import lamp\nlamp.on()", firmware=other)
    assert trace.error is None and [(e.key, e.value) for e in trace.of("pin")] == [(4, 1)]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def on():\n    while True:\n        n = 1\n        n += 1\n", "stopped: more than 100000 statements"),
        ("def on():\n    return ().__class__.__bases__\n", "robokit/lamp.py, line 2: the attribute '__bases__'"),
        ("def on():\n    return __import__('os')\n", "robokit/lamp.py, line 2: the name '__import__'"),
        ("import subprocess\ndef on():\n    pass\n", "no module named 'subprocess'"),
        ("def on():\n    return 'x' * 10000000\n", "MemoryError"),
        ("def on(:\n    pass\n", "robokit/lamp.py, line 1: invalid syntax"),
        ("from robokit import lamp2\ndef on():\n    pass\n", "can't import name lamp2"),
        ("1 / 0\n", "line 1: ZeroDivisionError"),
    ],
)  # fmt: skip
def test_sources_are_trusted_no_more_than_programs(code: str, message: str, other: Path) -> None:
    found = part(other, code)
    assert found is not None and message in found


def test_a_failed_import_leaves_nothing_behind(other: Path) -> None:
    (other / "robokit" / "lamp.py").write_text("raise ValueError('no lamp')\n")
    code = "for _ in range(2):\n    try:\n        from robokit import lamp\n    except ValueError as e:\n        print(e)"
    assert simulate(code, firmware=other).output == ["no lamp", "no lamp"]


def test_programs_do_not_see_each_others_firmware() -> None:
    code = "from robokit import led\nprint(led.is_on(), led.levels[1])\nled.on()\nled.levels[1] = 7"
    assert [simulate(code, firmware=firmware_dir()).output for _ in range(2)] == [["False 0"], ["False 0"]]


def test_a_reset_starts_the_firmware_anew() -> None:
    code = "from robokit import led, system, wait\nprint(led.is_on())\nled.on()\nwait(1)\nsystem.restart()"
    trace = simulate(code, until=3.5, firmware=firmware_dir())
    assert trace.error is None and trace.output == ["False", "False", "False"]


def test_workers_run_sources_too() -> None:
    code = "from robokit import led\nled.blink(times=2)"
    jobs = [Job(code, None, 5.0, firmware_dir()), Job(code, None, 5.0)]
    source, native = simulate_many(jobs, 1)
    assert source.error is None and [e.kind for e in source.events] == ["pin"] * 4
    assert {e.kind for e in native.events} == {"call", "led"}


def test_a_folder_without_firmware_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RoboError, match=r"board.py: not found; expected the wiring"):
        load_firmware(tmp_path)


def test_the_command_line_takes_the_option(tmp_path: Path) -> None:
    program = tmp_path / "main.py"
    program.write_text("from robokit import led\nled.on()\n")
    shown = CliRunner().invoke(app, ["simulate", str(program), "--firmware", str(firmware_dir())])
    assert shown.exit_code == 0 and "pin 2" in shown.stdout
