"""Device tiers: the right one for every kind of machine, targets by model and precision, bad files told."""

from pathlib import Path

import pytest
import yaml
from robo_runtime.errors import RoboError
from robo_runtime.files import ConfigError

from benchmarks.matrix.devices import Facts, named, read_devices, tier_of
from benchmarks.matrix.machine import cpu_features, device_tree, has_battery, these_facts, this_machine

DEVICES = read_devices()


@pytest.mark.parametrize(
    ("facts", "tier"),
    [
        (Facts(16, 64_000, gpu_memory_mb=24_000), "desktop_gpu"),
        (Facts(8, 16_000, gpu_memory_mb=4_096, battery=True), "small_gpu"),
        (Facts(8, 16_000, battery=True), "laptop"),
        (Facts(2, 4_000), "laptop"),
        (Facts(4, 8_000, device_tree="Raspberry Pi 5 Model B Rev 1.0"), "single_board"),
        (Facts(8, 12_000, battery=True, phone=True), "phone_high"),
        (Facts(8, 4_000, battery=True, phone=True), "phone_mid"),
        (Facts(4, 2_000, battery=True, phone=True), "phone_low"),
        (Facts(8, 16_000, browser=True), "browser"),
    ],
)
def test_a_machine_gets_its_tier(facts: Facts, tier: str) -> None:
    assert tier_of(facts, DEVICES).name == tier


@pytest.mark.parametrize(
    ("device", "precision", "seconds"),
    [
        ("desktop_gpu", "f16", 0.2),
        ("small_gpu", "q4_0", 0.5),
        ("laptop", "int8", 1.5),
        ("phone_mid", "q4_0", 3.0),
    ],
)
def test_the_plan_asks_so_much_of_100_tokens(device: str, precision: str, seconds: float) -> None:
    targets = named(device, DEVICES).targets_of("nano", precision)
    plan = [t.tokens_100_s for t in targets if t.source == "plan"]
    ours = [t.tokens_100_s for t in targets if t.source == "ours" and t.tokens_100_s]
    assert plan == [seconds]
    assert all(value < seconds for value in ours)


def test_our_targets_are_never_laxer_than_the_plans() -> None:
    for device in DEVICES:
        for target in device.targets:
            plans = [
                p
                for p in device.targets
                if p.source == "plan" and {*p.precisions} & {*target.precisions, "any"}
            ]
            for plan in plans:
                for name, most in plan.limits.items():
                    assert target.limits.get(name, 0) <= most


def test_memory_is_asked_for_in_bytes() -> None:
    [plan] = named("phone_low", DEVICES).targets_of("small", "int4")
    assert plan.limits == {"tokens_100_s": 3.0, "peak_rss_bytes": 50e6}


def test_an_unknown_tier_is_told_with_those_there_are() -> None:
    with pytest.raises(RoboError, match=r"unknown device tier 'toaster'; known: desktop_gpu, .*laptop"):
        named("toaster", DEVICES)


GOOD = {
    "name": "toaster", "title": "A toaster", "order": 1, "match": {},
    "targets": [{"source": "ours", "models": ["nano"], "precisions": ["any"], "tokens_100_s": 9}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"match": {"wheels": 4}}, r"toaster.yaml: match.wheels: unknown key"),
        ({"order": "first"}, r"toaster.yaml: order: .*integer.*got 'first'"),
        ({"name": "kettle"}, r"toaster.yaml: name: is 'kettle'; call it 'toaster'"),
        (
            {"targets": [{"source": "ours", "models": ["nano"], "precisions": ["any"]}]},
            r"targets.0: .*needs tokens",
        ),
        (
            {"targets": [{**GOOD["targets"][0], "tokens_100_s": -1}]},
            r"targets.0.tokens_100_s: .*greater than 0",
        ),  # type: ignore[index]
        ({"targets": [{**GOOD["targets"][0], "precisions": ["q9"]}]}, r"targets.0.precisions.0: .*'int4'"),  # type: ignore[index]
    ],
)
def test_a_bad_file_is_told_by_file_and_key(change: dict, message: str, tmp_path: Path) -> None:
    (tmp_path / "toaster.yaml").write_text(yaml.safe_dump({**GOOD, **change}))
    with pytest.raises(ConfigError, match=message):
        read_devices(tmp_path)


def test_two_tiers_cannot_be_tried_at_the_same_time(tmp_path: Path) -> None:
    for name in ("kettle", "toaster"):
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump({**GOOD, "name": name}))
    with pytest.raises(ConfigError, match=r"toaster.yaml: order: 1 is that of kettle.yaml; choose another"):
        read_devices(tmp_path)


def test_no_tiers_at_all_are_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no device tiers"):
        read_devices(tmp_path)


def test_this_machine_has_a_tier_and_a_description() -> None:
    machine = this_machine(bandwidth=False)
    assert machine.cpu and machine.cores >= 1 and machine.memory_bytes > 100e6
    assert tier_of(these_facts(machine), DEVICES)


def test_a_battery_of_a_mouse_is_none_of_the_machines(tmp_path: Path) -> None:
    supply = tmp_path / "hid-mouse"
    supply.mkdir()
    (supply / "type").write_text("Battery\n")
    (supply / "scope").write_text("Device\n")
    assert not has_battery(tmp_path)
    (tmp_path / "BAT0").mkdir()
    (tmp_path / "BAT0" / "type").write_text("Battery\n")
    assert has_battery(tmp_path)


def test_boards_and_processors_are_read_as_linux_shows_them(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"Raspberry Pi 4 Model B Rev 1.4\0")
    assert device_tree(tmp_path / "model") == "Raspberry Pi 4 Model B Rev 1.4"
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nFeatures\t: fp asimd asimddp i8mm crc32\n")
    assert cpu_features(tmp_path / "cpuinfo") == ["asimd", "asimddp", "i8mm"]
