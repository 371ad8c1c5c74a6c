"""The page of all results: every cell is on it, nothing in a file can become markup, bad files are named."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError

from benchmarks.matrix.devices import read_devices
from benchmarks.matrix.schema import Cell, Machine, Metric, Model, Results, cell_id, metric
from benchmarks.matrix.store import write_results
from benchmarks.predict.devices import read_published
from benchmarks.predict.outcome import outcome_of
from benchmarks.report.page import page
from benchmarks.report.sources import Found, gather
from tests.benchmarks.speeds import results
from tests.benchmarks.test_predict_fit import SHAPES, TIERS, samples

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'> & रोशनी \u202e"
DEVICES = {device.name: device for device in read_devices()}
QUALITY = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "quality.json"


class Parsed(HTMLParser):
    """Tags, attributes and text; every element that is opened must be closed in order."""

    VOID = {"meta", "br", "img", "path", "circle", "line"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def cell(engine: str, bound: str = "constrained", speed: float = 100.0, **fields: object) -> Cell:
    given = {
        "id": cell_id("nano", "gguf", "q4_0", engine, 1, bound), "tier": "nano", "format": "gguf",  # type: ignore[arg-type]
        "precision": "q4_0", "engine": engine, "threads": 1, "constrained": bound, "status": "measured",
        "model": Model(file="robo-nano-q4_0.gguf", bytes=7_000_000),
        "metrics": {
            "decode_tokens_per_s": metric("decode_tokens_per_s", [speed, speed * 1.1, speed * 0.9]),
            "tokens_100_s": metric("tokens_100_s", [100 / speed]),
            "peak_rss_bytes": metric("peak_rss_bytes", [44e6]),
            "sustained_tokens_per_s": metric("sustained_tokens_per_s", [speed - i for i in range(20)]),
        },
        **fields,
    }  # fmt: skip
    return Cell.model_validate(given)


def write(folder: Path, name: str, content: Results) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    write_results(folder / name, content)


def made(folder: Path) -> tuple[Found, str, Parsed]:
    found = gather(folder)
    text = page(found, DEVICES, folder)
    return found, text, Parsed(text)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Found, str, Parsed]:
    """A laptop, a phone, a peer with ratios, a prediction and the repository's own quality."""
    fast = Machine(cpu="Z80", arch="z80", cores=2, memory_bytes=2**34, os="CP/M", bandwidth_bytes_per_s=1e9)
    phone = Machine(name=HOSTILE, cpu="A53", arch="arm", cores=8, memory_bytes=2**32, os="Android")
    tmp_path = tmp_path_factory.mktemp("results")
    write(tmp_path, "matrix.json", results(
        cell("ours", speed=90.0), cell("ours", "unconstrained"),
        cell("other", "unconstrained", status="not_installed", reason=f"pip install {HOSTILE}", metrics={}),
        cell("third", "unconstrained", status="noisy", reason="load 9"), machine=fast,
    ))  # fmt: skip
    write(
        tmp_path,
        "devices/phone.json",
        results(cell(HOSTILE), machine=phone, what="device", device_tier="phone_low"),
    )
    ratio = Metric.of([1.5, 1.6, 1.7], "ratio", "lower", low=1.4, high=1.8)
    write(tmp_path, "peers.json", results(cell("peer", metrics={"time_to_ours": ratio}), what="peers"))
    outcome = outcome_of(samples(noise=0.05), SHAPES, TIERS, read_published(), 2.6e9, {})
    (tmp_path / "prediction.json").write_text(outcome.model_dump_json(), encoding="utf-8")
    (tmp_path / "quality.json").write_bytes(QUALITY.read_bytes())
    (tmp_path / "other.json").write_text(json.dumps({"what": HOSTILE, HOSTILE: 3, "deep": {"n": 1.25}}))
    return made(tmp_path)


def test_every_cell_is_shown_with_its_status_its_figures_and_its_reason(
    shown: tuple[Found, str, Parsed],
) -> None:
    found, _, parsed = shown
    assert not found.problems and found.files == 6
    for run in found.runs:
        for each in run.results.cells:
            assert each.id in parsed.text and each.status in parsed.text and each.reason in parsed.text
    assert "90 tokens/s" in parsed.text and "44.0 MB" in parsed.text
    for title in (
        "Speed",
        "Targets",
        "Side by side",
        "predicted",
        "Quality",
        "What the grammar costs",
        "In a row",
    ):
        assert title in parsed.text


def test_text_of_a_file_stays_text(shown: tuple[Found, str, Parsed]) -> None:
    _, text, parsed = shown
    assert HOSTILE in parsed.text
    assert not {"script", "img", "iframe", "link", "object"} & {*parsed.tags}
    assert not [name for name, _ in parsed.attributes if name.startswith("on")]
    assert "default-src 'none'" in text


def test_the_page_asks_for_nothing_from_the_network(shown: tuple[Found, str, Parsed]) -> None:
    _, text, parsed = shown
    links = [value for name, value in parsed.attributes if name in ("src", "href")]
    assert links and all(value.startswith("#") for value in links)
    assert "url(" not in text and "@import" not in text
    ids = {value for name, value in parsed.attributes if name == "id"}
    assert {value[1:] for value in links} <= ids


def test_the_roofline_and_the_targets_of_the_device_are_marked(shown: tuple[Found, str, Parsed]) -> None:
    _, _, parsed = shown
    titles = " ".join(value for name, value in parsed.attributes if name == "title")
    assert "memory bandwidth: 143 tokens/s" in titles  # 1e9 bytes a second over 7e6 bytes
    mine = next(t for t in DEVICES["laptop"].targets if t.source == "ours" and "nano" in t.models)
    assert f"100 tokens in {mine.tokens_100_s:g} s" in titles


def test_the_grammars_cost_is_the_ratio_of_the_pair(shown: tuple[Found, str, Parsed]) -> None:
    _, _, parsed = shown
    section = parsed.text[parsed.text.index("Tokens a second under the grammar") :]
    assert "0.90" in section[:400]


def test_times_of_a_noisy_cell_show_that_a_target_is_met_but_not_that_it_is_missed(tmp_path: Path) -> None:
    def page_of(status: str, speed: float) -> str:
        write(tmp_path, "matrix.json", results(cell("ours", speed=speed, status=status, reason="load 9")))
        return made(tmp_path)[2].text

    assert "✗ 100-token program" in page_of("measured", 1.0)
    assert "? 100-token program" in page_of("noisy", 1.0) and "are open" in page_of("noisy", 1.0)
    assert "✓ 100-token program" in page_of("noisy", 1000.0)
    assert "for a finished, checked program" in page_of("measured", 1.0)
    assert "for a finished, checked program" not in page_of("noisy", 1000.0)


def test_every_prediction_says_that_it_is_one(shown: tuple[Found, str, Parsed]) -> None:
    found, _, parsed = shown
    predictions = found.predictions[0][1].predictions
    assert parsed.text.count("prediction, never measured") >= len(predictions)


BROKEN = {
    "torn.json": ('{"kind": "robo-bench", ', "line 1 column"),
    "newer.json": ('{"kind": "robo-bench", "schema_version": 99}', "newer version"),
    "older.json": ('{"kind": "robo-bench", "schema_version": 0}', "schema_version"),
    "list.json": ("[1, 2]", "an object expected"),
    "stranger.json": ('{"a": 1, "b": 2}', "unknown kind of file"),
    "endless.json": ('{"what": "x", "deep": {"n": 1e999}}', "infinity or NaN"),
    "nan.json": ('{"what": "x", "n": NaN}', "infinity or NaN"),
    "empty.json": ("", "Expecting value"),
    "quality.json": ('{"benchmark": "functional pass@1, greedy", "version": 7}', "version"),
    "told.json": ('{"kind": "robo-prediction", "terms": {}}', "terms"),
    "nested.json": ("[" * 200_000, ""),
}


def test_files_that_cannot_be_read_are_named_and_nothing_else_is_lost(tmp_path: Path) -> None:
    write(tmp_path, "matrix.json", results(cell("ours")))
    for name, (content, _) in BROKEN.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / ".half.json.1.tmp.json").write_text("{", encoding="utf-8")
    found, _, parsed = made(tmp_path)
    assert {problem.file for problem in found.problems} == {*BROKEN, "bytes.json"}
    for problem in found.problems:
        assert BROKEN.get(problem.file, ("", "UTF-8"))[1] in problem.why
        assert problem.file in parsed.text
    assert found.runs[0].results.cells[0].id in parsed.text


def test_a_folder_without_results_makes_a_page_all_the_same(tmp_path: Path) -> None:
    found, _, parsed = made(tmp_path)
    assert found.files == 0 and "0 result" in parsed.text
    with pytest.raises(RoboError, match="no such folder of results"):
        gather(tmp_path / "missing")


def test_figures_that_are_nothing_do_not_stop_the_page(tmp_path: Path) -> None:
    still = metric("sustained_tokens_per_s", [0.0, 0.0])
    none = {"decode_tokens_per_s": metric("decode_tokens_per_s", [0.0]), "sustained_tokens_per_s": still}
    write(tmp_path, "matrix.json", results(cell("ours", metrics=none), device_tier="no such tier"))
    _, _, parsed = made(tmp_path)
    assert "0 tokens/s" in parsed.text


@pytest.mark.parametrize("values", [[1e307, -1e307], [5e-324, 1e307], [-1.0, 1e17], [1e-300] * 3])
def test_figures_out_of_all_measure_are_shown_and_do_not_stop_the_page(
    tmp_path: Path, values: list[float]
) -> None:
    names = ("decode_tokens_per_s", "tokens_100_s", "peak_rss_bytes", "sustained_tokens_per_s", "of_two")
    metrics = {name: Metric.of(values, "x" if name == "of_two" else "s", "lower") for name in names}
    pair = [cell("ours", bound, metrics=metrics) for bound in ("constrained", "unconstrained")]
    write(tmp_path, "matrix.json", results(*pair))
    _, _, parsed = made(tmp_path)
    assert parsed.text.count(pair[0].id) == 1


def test_no_width_is_fixed_that_a_phone_lacks(shown: tuple[Found, str, Parsed]) -> None:
    """Bars are shares of the screen; what may be wider than it scrolls by itself."""
    _, text, parsed = shown
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in text
    styles = [value for name, value in parsed.attributes if name == "style"]
    assert styles and not [s for s in styles if re.search(r"\d{3,}px", s)]
    assert text.count("<table") == text.count('<div class="wide" tabindex="0"><table')
