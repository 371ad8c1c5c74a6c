"""A trace on a terminal, as a list of events or as rows over time: for `robo simulate` and `robo chat`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from robo_runtime.simulate.trace import Event, Trace

if TYPE_CHECKING:
    from robo_runtime.simulate.plot.text import Marks

_COLORS = {
    "print": "white",
    "call": "cyan",
    "net": "magenta",
    "error": "red",
    "input": "yellow",
    "sleep": "blue",
}


def show_events(trace: Trace, console: Console, limit: int) -> None:
    """What happened when, line by line."""
    table = Table(box=None, pad_edge=False)
    for heading in ("seconds", "what", "value"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left", overflow="fold")
    for event in trace.events[:limit]:
        what = event.kind if event.key in ("", "robot", "kit") else f"{event.kind} {event.key}"
        table.add_row(
            f"{event.t:.3f}", Text(what, style=_COLORS.get(event.kind, "green")), Text(_value(event))
        )
    console.print(table)
    if len(trace.events) > limit:
        console.print(f"… {len(trace.events) - limit} more events; --limit shows them")


def show_chart(trace: Trace, console: Console) -> None:
    """Pins, numbers, colours and texts over time, and the path of the robot."""
    from robo_runtime.simulate.plot.text import chart

    for row in chart(trace, console.width, _marks(console)):
        console.print(row, no_wrap=True, overflow="crop")
    if not trace.events:
        console.print("nothing happened")


def _marks(console: Console) -> Marks:
    from robo_runtime.simulate.plot.text import ASCII, UNICODE

    return UNICODE if console.encoding.lower().startswith("utf") else ASCII


def show_outcome(trace: Trace, console: Console) -> None:
    """How it ended."""
    console.print(Text(outcome(trace), style="bold red" if trace.error else ""))


def outcome(trace: Trace) -> str:
    """How a program ended, as a sentence."""
    if trace.error:
        return trace.error
    if trace.ended:
        return f"ended after {trace.duration:.3f} s"
    return f"still running after {trace.until:g} s"


def _value(event: Event) -> str:
    value: Any = event.value
    if event.kind == "pwm":
        return f"{value[0]} Hz, {value[1]:.1%}" if value[0] else "off"
    if event.kind in ("pin", "input"):
        return "high" if value else "low"
    units = {"angle": "°", "servo": "°", "tone": " Hz", "pulse": " µs"}
    if event.kind in units and value is not None:
        return f"{value:g}{units[event.kind]}"
    if isinstance(value, dict):
        return ", ".join(f"{k}={v!r}" for k, v in value.items())
    return str(value)
