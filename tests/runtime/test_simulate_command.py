"""`robo simulate`: durations, worlds, checks, plots and JSON from the command line."""

import json
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError
from robo_runtime.simulate.duration import seconds

BLINK = "from machine import Pin\nimport time\nled = Pin(2, Pin.OUT)\nwhile True:\n    led.toggle()\n    time.sleep(0.5)\n"


def robo(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit status, output and errors of a `robo` command."""
    import sys

    from robo_runtime.cli import app
    from robo_runtime.command import run

    before, sys.argv = sys.argv, ["robo", *arguments]
    try:
        with pytest.raises(SystemExit) as left:
            run(app)
    finally:
        sys.argv = before
    said = capsys.readouterr()
    return int(left.value.code or 0), said.out, said.err


@pytest.fixture
def blink(tmp_path: Path) -> Path:
    file = tmp_path / "blink.py"
    file.write_text(BLINK)
    return file


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("10s", 10),
        ("500ms", 0.5),
        ("2m", 120),
        ("1.5 s", 1.5),
        ("1h", 3600),
        (".5", 0.5),
        ("2min", 120),
    ],
)
def test_durations_are_read(text: str, value: float) -> None:
    assert seconds(text) == pytest.approx(value)


@pytest.mark.parametrize("text", ["", "x", "-1", "10 x", "0", "2d", "25h", "1e3", "nan", "inf", "10ss"])
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(RoboError, match="duration"):
        seconds(text)


def test_the_timeline_is_printed(blink: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = robo(capsys, "simulate", str(blink), "--until", "1200ms")
    assert status == 0
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["0.000", "pin", "2", "low"], ["0.000", "pin", "2", "high"], ["0.500", "pin", "2", "low"],
        ["1.000", "pin", "2", "high"], ["still", "running", "after", "1.2", "s"],
    ]  # fmt: skip


def test_json_is_the_trace(blink: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = robo(capsys, "simulate", str(blink), "--until", "1s", "--json")
    data = json.loads(out)
    assert status == 0 and data["until"] == 1.0 and data["events"][0][1:] == ["pin", 2, 0]
    assert data["ended"] is False and data["error"] is None


def test_checks_decide_the_exit_status(
    blink: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("- {op: periodic, sig: [pin, 2], period: 1.0}\n")
    bad.write_text("- {op: periodic, sig: [pin, 2], period: 3.0}\n")
    status, out, _ = robo(capsys, "simulate", str(blink), "--checks", str(good))
    assert status == 0 and out.endswith("all 1 checks hold\n")
    status, out, _ = robo(capsys, "simulate", str(blink), "--checks", str(bad))
    assert status == 1 and "check failed: pin 2: expected a period of 3.0 s" in out


@pytest.mark.parametrize(
    ("world", "message"),
    [
        ("button: {14: 1}\n", "world.yaml: button: unknown key; known keys: seed, buttons, analog"),
        ("buttons: {14: [[0, 2]]}\n", "world.yaml: buttons.14.0.1: input should be 0 or 1, got 2"),
        ("distance: [[2, 1], [1, 1]]\n", "world.yaml: distance: value error, times must not go backwards"),
        ("temperature: warm\n", "world.yaml: temperature.0.1: input should be a valid number"),
        ("wheels: {left: {forward: 26, back: 27}}\n", "world.yaml: wheels.right: this key is missing"),
        ("buttons: {14: 1\n", "world.yaml: while parsing a flow mapping"),
    ],
)
def test_a_wrong_world_is_told_by_key(
    blink: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], world: str, message: str
) -> None:
    (tmp_path / "world.yaml").write_text(world)
    status, _, err = robo(capsys, "simulate", str(blink), "--world", str(tmp_path / "world.yaml"))
    assert status == 2 and message in err


def test_a_wrong_duration_and_a_missing_file_are_told(
    blink: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = robo(capsys, "simulate", str(blink), "--until", "soon")
    assert status == 2 and "'soon' is not a duration; write seconds as 10 or 10s" in err
    status, _, err = robo(capsys, "simulate", "missing.py")
    assert status == 2 and "missing.py: no such file" in err


def test_a_plot_is_written(blink: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, _ = robo(capsys, "simulate", str(blink), "--plot", str(tmp_path / "out.html"))
    assert status == 0 and "<title>blink.py</title>" in (tmp_path / "out.html").read_text(encoding="utf-8")
