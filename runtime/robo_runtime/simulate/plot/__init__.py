"""Pictures of a trace: one HTML file without network, a PNG, or text."""

from __future__ import annotations

from pathlib import Path

from robo_runtime.errors import RoboError
from robo_runtime.files import atomic_file, write_text
from robo_runtime.simulate.plot.html import page
from robo_runtime.simulate.plot.lanes import lanes
from robo_runtime.simulate.trace import Trace


def write_plot(trace: Trace, path: Path, title: str = "") -> None:
    """Draw a trace into `path`: `.html` and `.txt` need nothing, `.png` matplotlib (`robo-runtime[plot]`).

    Raises:
        RoboError: another suffix, matplotlib is missing, or the file cannot be written.
    """
    title = title or "program"
    if path.suffix.lower() in (".html", ".htm"):
        write_text(path, page(trace, lanes(trace), title))
        return
    if path.suffix.lower() == ".txt":
        from robo_runtime.simulate.plot.text import chart

        write_text(path, "".join(f"{row.plain}\n" for row in chart(trace)))
        return
    if path.suffix.lower() != ".png":
        raise RoboError(f"{path}: a plot is a .html, .png or .txt file; name it so")
    from robo_runtime.simulate.plot.png import draw

    with atomic_file(path) as temporary:
        draw(trace, lanes(trace), title, temporary)
