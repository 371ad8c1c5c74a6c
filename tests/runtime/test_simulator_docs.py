"""The examples of docs/simulator.md run and say what the document says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from robo_runtime.checks import check_list, evaluate
from robo_runtime.checks.signals import _KINDS
from robo_runtime.checks.union import _MODELS
from robo_runtime.simulate import World, simulate

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", TEXT, re.S)
FILES = {m[1]: body for _, body in BLOCKS if (m := re.match(r"# (\w+\.\w+)\n", body))}


def rows(heading: str) -> list[str]:
    """First cells of the table below a heading, or below a text."""
    part = TEXT.split(heading, 1)[1]
    table = part[part.index("\n|") :].split("\n\n")[0]
    return [line.split("|")[1] for line in table.strip().splitlines()[2:]]


def names(cells: list[str]) -> set[str]:
    return {name for cell in cells for name in re.findall(r"`([\w.]+)`", cell)}


@pytest.mark.parametrize(
    ("program", "world", "checks"),
    [("alarm.py", "world.yaml", "checks.yaml"), ("car.py", "car.yaml", "car_checks.yaml")],
)
def test_the_examples_pass_their_checks(program: str, world: str, checks: str) -> None:
    scene = World.model_validate(yaml.safe_load(FILES[world]))
    wanted = check_list(yaml.safe_load(FILES[checks]))
    assert evaluate(simulate(FILES[program], scene, 10.0), wanted) == []
    idle = simulate("import time\nwhile True:\n    time.sleep(1)\n", scene, 10.0)
    assert len(evaluate(idle, wanted)) >= len(wanted) // 2


def test_every_key_of_the_world_is_listed() -> None:
    assert names(rows("## The world")) - {"motion"} == set(World.model_fields)


def test_every_op_is_listed() -> None:
    assert names(rows("An unknown `op`")) == set(_MODELS)


def test_the_keys_of_each_op_exist() -> None:
    part = TEXT.split("## Checks", 1)[1]
    for line in part[part.index("\n|") :].split("\n\n")[0].strip().splitlines()[2:]:
        _, ops, keys, holds, _ = line.split("|")
        given = set(re.findall(r"`(\w+)`", keys))
        known: set[str] = set()
        for op in re.findall(r"`(\w+)`", ops):
            known |= set(_MODELS[op].model_fields)
        assert given <= known, ops
        assert holds.strip()


def test_every_signal_is_listed() -> None:
    part = TEXT.split("Signals are", 1)[1].split("`hold`")[0]
    assert set(re.findall(r"`\[(\w+)", part)) == set(_KINDS)


def test_the_python_example_runs() -> None:
    (code,) = [body for kind, body in BLOCKS if kind == "python" and "simulate_many" in body]
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102 - our own document
    assert found["failures"] == [] and found["traces"][0].output == ["1"]


def test_the_error_of_the_document_is_real(tmp_path: Path) -> None:
    from robo_runtime.errors import RoboError
    from robo_runtime.files import read_config

    file = tmp_path / "world.yaml"
    file.write_text("buttons: {14: [[0, 2]]}\n")
    with pytest.raises(RoboError) as e:
        read_config(file, World)
    assert f"error: {e.value}".replace(f"{tmp_path}/", "") in TEXT


def test_the_options_of_the_document_exist() -> None:
    from inspect import signature

    from robo_runtime.simulate.cli import simulate as command

    assert {option.removeprefix("--") for option in re.findall(r"^\| `(--\w+)`", TEXT, re.M)} <= set(
        signature(command).parameters
    )
