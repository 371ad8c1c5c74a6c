"""What the pictures of the report stand on: axes, history in git, PNGs, the command."""

import json
import subprocess
from pathlib import Path

import pytest
from matplotlib.ticker import MaxNLocator
from typer.testing import CliRunner

from benchmarks.matrix.schema import Machine, metric
from benchmarks.matrix.store import write_results
from benchmarks.report.__main__ import app
from benchmarks.report.figures import rate, seconds, written
from benchmarks.report.history import history, versions
from benchmarks.report.sources import gather
from benchmarks.report.svg import Axis, Line, Point, plot
from tests.benchmarks.speeds import results
from tests.benchmarks.test_report_page import Parsed, cell


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, 1437), (0.83, 1.04), (-3, 12), (1e-4, 2e-4), (5, 5.5)])
def test_ticks_are_round_and_as_matplotlib_would_choose_among_them(low: float, high: float) -> None:
    ticks = Axis("", low, high).ticks()
    assert 2 <= len(ticks) <= 6
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)
    allowed = {
        round(step, 12)
        for bins in range(2, 12)
        for step in [MaxNLocator(bins, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
        for step in [step[1] - step[0]]
    }
    assert round(ticks[1] - ticks[0], 12) in allowed


def test_whole_axes_have_whole_ticks() -> None:
    assert Axis("", 1, 2, whole=True).ticks() == [1, 2]
    assert Axis("", 1, 5, whole=True).ticks() == [1, 2, 3, 4, 5]


def test_places_on_an_axis() -> None:
    assert Axis("", 10, 20).at(15) == 0.5
    assert Axis("", 1, 100, log=True).at(10) == pytest.approx(0.5)
    assert Axis("", 1, 100, log=True).ticks() == [1, 2, 5, 10, 20, 50, 100]
    assert Axis("", 1, 1e5, log=True).ticks() == [1, 10, 100, 1000, 10_000, 100_000]
    assert (Axis("", 0, 1).at(-1), Axis("", 0, 1).at(2), Axis("", 3, 3).at(3)) == (0, 1, 0)


def test_a_plot_is_well_formed_and_escapes_its_names() -> None:
    lines = [Line("<b>", [Point(1, 0.5, "<i>", 0.4, 0.6), Point(2, 0.7)])]
    parsed = Parsed(plot("<u>", lines, Axis("x<", 1, 2), Axis("y<", 0, 1)))
    assert {"svg", "circle", "path", "text", "title"} <= {*parsed.tags} and not {"b", "i", "u"} & {
        *parsed.tags
    }
    assert parsed.tags.count("circle") == 2


def test_figures_are_written_for_people() -> None:
    assert [seconds(s) for s in (2.5, 0.0712, 5e-5, 3e-8, 0)] == ["2.5 s", "71.2 ms", "50 µs", "30 ns", "0 s"]
    assert written(7.136e6, "bytes") == "7.1 MB" and written(1304.2, "tokens/s") == "1,304 tokens/s"


def test_a_rate_comes_from_whichever_figure_there_is() -> None:
    def of(name: str, value: float) -> float | None:
        found = rate(cell("ours", metrics={name: metric(name, [value])}))
        return found.value if found else None

    assert of("decode_tokens_per_s", 90.0) == 90.0
    assert of("token_s", 0.002) == pytest.approx(500.0)
    assert of("tokens_100_s", 0.5) == pytest.approx(200.0)
    assert of("peak_rss_bytes", 1.0) is None


def test_history_has_every_version_that_git_keeps_and_passes_over_broken_ones(tmp_path: Path) -> None:
    def git(*args: str) -> None:
        who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *args], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    path = tmp_path / "matrix.json"
    for speed in (100.0, None, 120.0, 150.0):
        if speed is None:
            path.write_text("{torn", encoding="utf-8")
        else:
            write_results(path, results(cell("ours", speed=speed)))
        git("add", "matrix.json")
        git("commit", "-q", "-m", f"{speed}")
    kept = versions(path)
    assert [rate(v.found.runs[0].results.cells[0]).value for v in kept] == [100.0, 120.0, 150.0]  # type: ignore[union-attr]
    drawn = Parsed(history(tmp_path, gather(tmp_path)))
    assert drawn.tags.count("circle") == 3 and "150 tokens/s" in drawn.text


def test_there_is_no_history_outside_a_checkout(tmp_path: Path) -> None:
    write_results(tmp_path / "matrix.json", results(cell("ours")))
    assert history(tmp_path, gather(tmp_path)) == ""


def test_the_command_writes_page_and_pictures_and_names_what_it_could_not_read(tmp_path: Path) -> None:
    priced = Machine(name="$phone_{", cpu="A53", arch="arm", cores=8, memory_bytes=0, os="Android")
    write_results(tmp_path / "matrix.json", results(cell("ours"), machine=priced))
    (tmp_path / "torn.json").write_text("{", encoding="utf-8")
    given = ["--results", str(tmp_path), "--images", str(tmp_path / "images"), "--json"]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert "torn.json" in said["unread"] and "not on the page: torn.json" in done.stderr
    assert "matrix.json" in Parsed(Path(said["page"]).read_text(encoding="utf-8")).text
    assert [Path(p).read_bytes()[:4] for p in said["pictures"]] == [b"\x89PNG"]
