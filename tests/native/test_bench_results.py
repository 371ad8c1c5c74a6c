"""What robo-bench prints becomes a result file that the report reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from robo_runtime.files import ConfigError
from typer.testing import CliRunner

from benchmarks.devices.__main__ import app
from benchmarks.devices.adb import parse_battery, with_battery
from benchmarks.devices.convert import to_results
from benchmarks.devices.result import Android, DeviceResult, parse_result
from benchmarks.matrix.store import read_results
from benchmarks.report.sources import gather
from tests.native.bench import device_root, program_here, run, write_prompts

pytestmark = pytest.mark.llama

# dumpsys battery of Android 14's emulator, shortened
DUMPSYS = """Current Battery Service state:
  AC powered: false
  USB powered: true
  Max charging current: 500000
  status: 3
  health: 2
  present: true
  level: 87
  scale: 100
  voltage: 4123
  temperature: 287
  technology: Li-ion
"""


@pytest.fixture(scope="module")
def phone(shipped: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> DeviceResult:
    """A run on this machine that believes to be a phone."""
    folder = tmp_path_factory.mktemp("phone")
    prompts = write_prompts(folder / "prompts.jsonl")
    options = ["--runs", "5", "--loads", "1", "--sustained-runs", "2", "--max-tokens", "9"]
    command = [program_here(), "--model", shipped, "--data", data, "--prompts", prompts, *options]
    found = DeviceResult.model_validate(run(command, ROBO_BENCH_ROOT=str(device_root(folder / "root"))))
    return found.model_copy(update={"other_cores": 0.1})


def test_a_phone_is_a_cell_of_the_matrix(phone: DeviceResult) -> None:
    android = Android(maker="Maker", model="Phone 7", release="14", soc="Chip X")
    results = to_results(phone, android)
    machine, (cell,) = results.machine, results.cells
    assert (machine.name, machine.cpu) == ("Maker Phone 7", "Chip X: 1x Cortex-A78 + 1x Cortex-A55")
    assert (machine.features, machine.battery) == (["asimd", "asimddp"], True)
    assert (results.device_tier, results.noisy, cell.status) == ("phone_low", False, "measured")
    assert cell.id == "nano/gguf/q4_0/robo-native/1t/constrained"
    assert cell.metrics["program_s"].n == 20
    assert cell.metrics["program_s"].median == pytest.approx(
        phone.warm.program_s.p50 if phone.warm else 0, rel=1e-6
    )
    assert cell.metrics["sustained_celsius"].values == [38.5, 38.5]
    assert cell.settings["answers_sha256"] == phone.answers_sha256()


def test_a_busy_phone_is_noisy(phone: DeviceResult) -> None:
    busy = phone.model_copy(update={"other_cores": 1.5})
    (cell,) = to_results(busy, Android(), "laptop").cells
    assert cell.status == "noisy"
    assert "other programs used 1.5 cores" in cell.reason


def test_android_tells_its_battery_where_the_program_cannot(phone: DeviceResult) -> None:
    battery = parse_battery(DUMPSYS)
    assert battery is not None
    assert (battery.percent, battery.celsius, battery.volts, battery.status) == (
        87,
        28.7,
        4.123,
        "Discharging",
    )
    assert with_battery(phone.heat_before, battery) == phone.heat_before
    unknown = phone.heat_before.model_copy(update={"batteries": []})
    assert with_battery(unknown, battery).batteries == [battery]
    assert parse_battery("Can't find service: battery\n") is None


def test_another_programs_json_is_refused(phone: DeviceResult) -> None:
    text = phone.model_dump_json()
    assert parse_result(text, "x") == phone
    for broken, words in (
        (text[:-9], "not what robo-bench prints"),
        ("[]", "not a result of robo-bench"),
        (
            text.replace('"schema_version":1', '"schema_version":2'),
            "build it again with ./justw bench-device-build",
        ),
        (text.replace('"refused"', '"refusals"', 1), r"answers.0.refused: this key is missing"),
    ):
        with pytest.raises(ConfigError, match=words):
            parse_result(broken, "x")


def test_the_command_writes_what_the_report_reads(shipped: Path, tmp_path: Path) -> None:
    program_here()
    prompts = write_prompts(tmp_path / "prompts.jsonl")
    arguments = [
        "here",
        "--model",
        str(shipped),
        "--prompts",
        str(prompts),
        "--runs",
        "1",
        "--sustained",
        "1",
    ]
    for _ in range(2):
        done = CliRunner().invoke(app, [*arguments, "--cool-down", "0", "--output", str(tmp_path / "out")])
        assert done.exit_code == 0, done.output
    found = gather(tmp_path / "out")
    assert (found.files, found.problems) == (1, [])
    (file,) = (tmp_path / "out").glob("*.json")
    assert read_results(file).what == "device"
    (raw,) = (tmp_path / "out" / "raw").iterdir()
    assert len([parse_result(line, "x") for line in raw.read_text().splitlines()]) == 2
