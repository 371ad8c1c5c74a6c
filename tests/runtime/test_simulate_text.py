"""A trace as text: what a row says about its time, and that nothing is wider than the terminal."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.console import Console
from robo_runtime.simulate import Event, Trace
from robo_runtime.simulate.plot import write_plot
from robo_runtime.simulate.plot.text import ASCII, UNICODE, chart
from robo_runtime.simulate.show import outcome, show_chart


def trace(*events: tuple, until: float = 10.0, **more) -> Trace:
    return Trace(events=[Event(*e) for e in events], until=until, **more)


def rows(made: Trace, width: int = 100, **more) -> list[str]:
    return [row.plain for row in chart(made, width, **more)]


def drawn(row: str) -> str:
    """The columns of time of a row of 100."""
    return row[19:83]


def test_a_level_is_high_where_the_pin_was():
    row = rows(trace((0.0, "pin", 2, 0), (2.5, "pin", 2, 1), (7.5, "pin", 2, 0)))[0]
    assert row.startswith("pin 2 ") and row.endswith(" 2 changes")
    assert drawn(row) == "▁" * 16 + "█" * 32 + "▁" * 16


def test_a_column_shows_the_mean_of_its_time():
    on = [(i / 20, "pin", 2, i % 2) for i in range(200)]  # half of each column, much faster than columns
    assert set(drawn(rows(trace(*on))[0])) <= {"▄", "▅", "▆", "▃"}


def test_the_shortest_pulse_is_seen():
    row = drawn(rows(trace((0.0, "pin", 5, 0), (5.0, "pin", 5, 1), (5.00001, "pin", 5, 0)))[0])
    assert row == "▁" * 32 + "▂" + "▁" * 31


def test_numbers_have_their_range_and_unit():
    made = trace((0.0, "angle", 13, 0.0), (5.0, "angle", 13, 90.0), (8.0, "angle", 13, None))
    row = rows(made)[0]
    assert row.startswith("servo on pin 13") and row.endswith(" 0 to 90°")
    assert drawn(row) == "▁" * 32 + "█" * 20 + " " * 12


def test_printed_lines_are_marked_and_told():
    text = rows(trace((0.0, "print", "", "start"), (5.0, "print", "", "नमस्ते")))
    assert drawn(text[0]).index("│") == 0 and drawn(text[0]).rindex("│") == 32
    assert text[1:3] == ["     0.000 s  start", "     5.000 s  नमस्ते"]
    many = rows(trace(*[(i / 10, "print", "", str(i)) for i in range(40)]))
    assert many[13] == "  and 28 more"


def test_lights_have_their_colours():
    made = chart(trace((0.0, "pixels", 23, ((0, 0, 0), (255, 0, 0))), (5.0, "pixels", 23, ((0, 0, 0),) * 2)))
    row = made[0]
    assert drawn(row.plain) == "█" * 32 + "·" * 32
    assert "#ff0000" in {str(span.style) for span in row.spans}


def test_the_way_of_the_robot_is_drawn_from_above():
    poses = [(0.0, 0.0, 0.0), (40.0, 0.0, 90.0), (40.0, 20.0, 90.0)]
    text = rows(trace(*[(float(i), "pose", "robot", pose) for i, pose in enumerate(poses)]))
    head = next(i for i, row in enumerate(text) if row.startswith("path of the robot, 40 by 20 cm"))
    canvas = text[head + 1 :]
    assert canvas[-1].startswith("o···") and canvas[0].endswith("↑")
    assert len(canvas[-1]) == len(canvas[0]), "the last leg goes straight up"


@pytest.mark.parametrize("width", [1, 20, 34, 55, 56, 80, 500])
def test_nothing_is_wider_than_the_terminal(width):
    made = trace(
        (0.0, "pin", 2, 1), (0.0, "print", "", "x" * 300), (1.0, "print", "", "सर्वोच्च " * 40), (2.0, "angle", 13, 90.0),
        (0.0, "pose", "robot", (0.0, 0.0, 0.0)), (3.0, "pose", "robot", (-900.0, 400.0, 180.0)),
    )  # fmt: skip
    for row in rows(made, width):
        assert cell_len(row) <= max(20, min(width, 120)), row


def test_a_console_without_unicode_gets_ascii():
    made = trace((0.0, "pin", 2, 1), (1.0, "print", "", "hi"), (3.0, "pose", "robot", (9.0, 0.0, 180.0)))
    text = "\n".join(rows(made, marks=ASCII))
    assert text.isascii()
    assert len(ASCII.steps) == len(UNICODE.steps) and len(ASCII.headings) == len(UNICODE.headings) == 8


def test_an_empty_trace_says_so_and_how_it_ended(capsys):
    show_chart(trace(ended=True, duration=0.5), Console(width=60))
    assert capsys.readouterr().out == "nothing happened\n"
    assert outcome(trace(ended=True, duration=0.5)) == "ended after 0.500 s"
    assert outcome(trace()) == "still running after 10 s"
    assert outcome(trace(error="line 1: no")) == "line 1: no"


def test_a_plot_may_be_a_text_file(tmp_path):
    write_plot(trace((0.0, "pin", 2, 1)), tmp_path / "out.txt")
    assert (tmp_path / "out.txt").read_text(encoding="utf-8").startswith("pin 2  ")
