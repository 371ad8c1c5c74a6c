"""Pictures of traces: one HTML file that any browser reads alone, or a PNG."""

import json
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from robo_runtime.errors import RoboError
from robo_runtime.simulate import Event, Trace, simulate
from robo_runtime.simulate.plot import write_plot
from robo_runtime.simulate.plot.lanes import lanes
from robo_runtime.simulate.plot.page import SCRIPT

CODE = """
from machine import Pin, PWM
from robokit import robot, display, pixels, servo, sound, led
import time
lamp = Pin(2, Pin.OUT)
motor = PWM(Pin(13), freq=50, duty_u16=4915)
print("<script>alert('hi')</script> & so on")
pixels.fill("red")
display.print("ready </script>", line=1)
servo.angle(1, 45)
sound.tone(440, ms=200)
for i in range(4):
    lamp.toggle()
    led.brightness(1, 25 * i)
    robot.forward_for(1, speed=50)
    robot.turn_left_angle(90)
"""


@pytest.fixture(scope="module")
def trace() -> Trace:
    found = simulate(CODE, until=12.0)
    assert found.error is None
    return found


class _Page(HTMLParser):
    """Collects what a browser would fetch, the visible text, and the inside of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.texts: list[str] = []
        self.scripts: dict[str, str] = {}
        self._script: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.fetched += [v or "" for k, v in attrs if k in ("src", "href", "xlink:href", "data", "action")]
        if tag == "script":
            self._script = given.get("id") or "code"

    def handle_endtag(self, tag: str) -> None:
        self._script = None if tag == "script" else self._script

    def handle_data(self, data: str) -> None:
        if self._script:
            self.scripts[self._script] = self.scripts.get(self._script, "") + data
        else:
            self.texts.append(data)


@pytest.fixture(scope="module")
def html(trace: Trace, tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("plot") / "out.html"
    write_plot(trace, file, "dance & <light>")
    return file.read_text(encoding="utf-8")


def test_the_page_fetches_nothing_and_runs_nothing_of_the_program(html: str) -> None:
    page = _Page()
    page.feed(html)
    assert page.fetched == [] and "http" not in html.replace("http-equiv", "")
    assert page.tags.count("script") == 2
    assert "dance & <light>" in page.texts
    assert any("<script>alert('hi')</script> & so on" in text for text in page.texts)
    assert len(html) < 60_000


def test_the_data_of_the_page_are_the_lanes(html: str, trace: Trace) -> None:
    page = _Page()
    page.feed(html)
    data = json.loads(page.scripts["data"])
    assert data["until"] == 12.0
    pin = next(lane for lane in lanes(trace) if lane.label == "pin 2")
    assert data["lanes"][0]["points"] == [[t, v] for t, v in pin.points]
    assert page.tags.count("svg") == len(data["lanes"]) + 1  # and the path of the robot


def test_every_drawing_is_well_formed(html: str) -> None:
    drawings = [part.split("</svg>")[0] for part in html.split("<svg")[1:]]
    for drawing in drawings:
        ElementTree.fromstring(f"<svg{drawing}</svg>")


def test_lanes_name_what_they_show(trace: Trace) -> None:
    labels = [lane.label for lane in lanes(trace)]
    assert labels == [
        "pin 2", "duty of pin 13", "servo on pin 13", "tone on speaker", "servo 1", "LED 1", "pixels", "display",
        "prints", "calls",
    ]  # fmt: skip


def test_a_level_holds_from_its_change_on(html: str) -> None:
    """Pin 2 goes up at the first toggle: the line of 12 s is 1000 wide."""
    drawn = html.split('aria-label="pin 2">')[1].split('d="')[1].split('"')[0]
    assert drawn.startswith("M") and drawn.count("H") == 5  # low at first, then four toggles
    assert drawn.endswith("H1000.0")


def test_long_traces_are_thinned_and_keep_their_extremes(tmp_path: Path) -> None:
    events = [Event(i / 5000, "pwm", 2, (1000, (i % 97) / 96)) for i in range(50_000)]
    lane = lanes(Trace(events=events, until=10.0))[0]
    assert len(lane.points) <= 4000 and lane.bounds == (0, 100.0)
    assert [t for t, _ in lane.points] == sorted(t for t, _ in lane.points)
    write_plot(Trace(events=events, until=10.0), tmp_path / "long.html")
    assert (tmp_path / "long.html").stat().st_size < 500_000


def test_a_failed_program_says_so_in_its_picture(tmp_path: Path) -> None:
    write_plot(simulate("x = 1 / 0"), tmp_path / "bad.html")
    text = (tmp_path / "bad.html").read_text(encoding="utf-8")
    assert '<p class="error">line 1: ZeroDivisionError: divide by zero</p>' in text


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_script_finds_the_value_at_a_time() -> None:
    code = SCRIPT[SCRIPT.index("function at") : SCRIPT.index("function read")]
    code += """
    const lane = { kind: "number", unit: " %", points: [[0.5, 1], [1.5, 20], [2, null]] };
    console.log([0, 0.5, 1.49, 1.5, 3].map((t) => show(lane, t)).join("|"));
    """
    done = subprocess.run(["node", "-e", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "|1 %|1 %|20 %|"


def test_a_png_is_a_picture(trace: Trace, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    write_plot(trace, tmp_path / "out.png")
    assert (tmp_path / "out.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_without_matplotlib_the_remedy_is_named(
    trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    for name in ("matplotlib", "matplotlib.figure", "matplotlib.backends.backend_agg"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(RoboError, match=r"install robo-runtime\[plot\]"):
        write_plot(trace, tmp_path / "out.png")
    assert list(tmp_path.iterdir()) == []


def test_another_suffix_is_refused(trace: Trace, tmp_path: Path) -> None:
    with pytest.raises(RoboError, match=r"a plot is a \.html, \.png or \.txt file"):
        write_plot(trace, tmp_path / "out.pdf")
