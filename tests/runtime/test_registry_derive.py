"""The MicroPython side of the registry against the published type stubs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError
from robo_runtime.files import read_data
from robo_runtime.paths import configs_dir
from robo_runtime.registry import Callable, Signature, load_registry
from robo_runtime.registry.derive import PACKAGES, STUB, derived, generated_files, stub_roots
from robo_runtime.registry.docs import docstrings
from robo_runtime.registry.stubs import find_stub, read_stub

FOLDER = configs_dir() / "micropython"
BEYOND = {
    # Facts of ports/esp32 that the stubs, made from the general documentation, do not have.
    "machine.Pin": "hold",
    "machine.Pin.init": "hold",
    "machine.Pin.irq": "wake by position",
    "machine.PWM": "duty; freq by position",
    "machine.PWM.init": "duty; freq by position",
    "machine.WDT": "id and timeout by position",
    "machine.SDCard": "pins",
    "bluetooth.BLE.gatts_notify": "the stub has lost conn_handle",
    "dht.DHT11": "the stub has no constructor",
    "dht.DHT22": "the stub has no constructor",
    "requests.Response": "never called by programs",
}


def test_the_files_are_what_derive_writes_today() -> None:
    roots, source = stub_roots()
    for path, text in generated_files(FOLDER, roots, source).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run `robo registry derive`"


def test_every_generated_file_has_an_overlay_and_the_other_way_round() -> None:
    assert {p.name for p in FOLDER.glob("*.yaml")} == {p.name for p in (FOLDER / "overlay").glob("*.yaml")}


def test_only_what_the_stubs_lack_is_written_by_hand_alone() -> None:
    roots, _ = stub_roots()
    assert {name for name in load_registry().modules if find_stub(roots, name) is None} == {
        "hcsr04",
        "ssd1306",
    }


def pairs() -> Iterator[tuple[str, Callable, list[Signature]]]:
    """Our callables beside the stubs' signatures of the same name."""
    roots, _ = stub_roots()
    registry = load_registry()
    classes = {c for m in registry.modules.values() for c in m.classes}
    for name, module in registry.modules.items():
        path = find_stub(roots, name)
        if path is None:
            continue
        stub = read_stub(path, name, classes)
        for key, found in module.functions.items():
            if theirs := stub.get("functions", {}).get(key):
                yield f"{name}.{key}", found, [Signature.parse(t) for t in theirs["signatures"]]
        for key, klass in module.classes.items():
            theirs = stub.get("classes", {}).get(key, {})
            if "constructor" in theirs:
                yield f"{name}.{key}", klass.constructor, [Signature.parse(t) for t in theirs["constructor"]]
            for method, found in klass.methods.items():
                if method in theirs.get("methods", {}):
                    texts = theirs["methods"][method]["signatures"]
                    yield f"{name}.{key}.{method}", found, [Signature.parse(t) for t in texts]


def count(signature: Signature) -> int:
    if any(a.kind == "var" for a in signature.arguments):
        return 99
    return sum(a.kind == "pos" for a in signature.arguments)


def test_no_signature_takes_more_or_other_arguments_than_the_stubs_allow() -> None:
    compared = 0
    for name, ours, theirs in pairs():
        if name in BEYOND or any(a.kind == "varkw" for s in theirs for a in s.arguments):
            continue
        compared += 1
        known = {a.name for s in theirs for a in s.arguments}
        for s in ours.signatures:
            assert count(s) <= max(map(count, theirs)), name
            assert {a.name for a in s.arguments if a.kind == "kw"} <= known, name
    assert compared > 150


def test_docstrings_of_the_stubs_can_be_read() -> None:
    assert "microsecond" in docstrings("time")["sleep_us"] or docstrings("time")["sleep_ms"]
    assert len(docstrings("machine")) > 60
    assert docstrings("hcsr04") == {}


def test_an_overlay_that_asks_for_a_name_the_stubs_lack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "time.yaml").write_text(f"name: time\nfunctions: {{nap: {STUB}}}\n")
    roots, _ = stub_roots()
    with pytest.raises(RoboError, match=r"time\.yaml: functions\.nap: the stubs have no such name"):
        derived(tmp_path, roots)


def test_missing_stub_packages_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import metadata

    def missing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "distribution", missing)
    with pytest.raises(RoboError, match=rf"{PACKAGES[0]} is not installed; install robo-runtime\[stubs\]"):
        stub_roots()


def test_overlays_are_mappings(tmp_path: Path) -> None:
    (tmp_path / "overlay").mkdir()
    (tmp_path / "overlay" / "time.yaml").write_text("- sleep\n")
    with pytest.raises(RoboError, match="expected keys and values"):
        derived(tmp_path, [])
    assert isinstance(read_data(FOLDER / "overlay" / "time.yaml"), dict)
