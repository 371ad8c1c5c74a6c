"""The registry: read strictly, complete, and every example of it passes the API check."""

import shutil
from pathlib import Path

import pytest
from robo_runtime.check import check_program
from robo_runtime.errors import RoboError
from robo_runtime.paths import configs_dir
from robo_runtime.registry import Registry, Signature, load_registry


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("firmware", "micropython", "boards"):
        shutil.copytree(configs_dir() / name, tmp_path / name)
    return tmp_path


def test_it_has_the_functions_of_ten_categories(registry: Registry) -> None:
    assert len(registry.functions) >= 130
    assert len({f.category for f in registry.functions.values()}) == 10


def test_every_example_passes_the_api_check(registry: Registry) -> None:
    wrong = {n: check_program(f.program, registry) for n, f in registry.functions.items()}
    assert {name: problems for name, problems in wrong.items() if problems} == {}


def test_blocks_and_generators_follow_from_the_parameters(registry: Registry) -> None:
    function = registry.functions["robot.forward_for"]
    assert function.signature == "robot.forward_for(seconds, speed=50)"
    assert function.block()["message0"] == "robot forward for seconds %1 speed %2"
    assert function.code_generator()["template"] == "robot.forward_for(${SECONDS}, speed=${SPEED})"
    assert registry.functions["sensor.distance"].block()["output"] == "Number"


def test_a_new_function_is_one_entry(copy: Path) -> None:
    path = copy / "firmware" / "motion.yaml"
    path.write_text(
        path.read_text() + "\n  robot.dance:\n    description: Turn in circles.\n    parameters:\n"
        "      times: {type: int, range: [1, 9], default: 2}\n    grade_min: 1\n    example: robot.dance(3)\n"
    )
    registry = load_registry(copy)
    assert check_program(registry.functions["robot.dance"].program, registry) == []
    assert check_program("from robokit import robot\nrobot.dance(10)", registry)[0].kind == "range"
    assert registry.functions["robot.dance"].block_name == "robot_dance"


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        (
            "firmware/motion.yaml",
            "range: [0, 100]",
            "range: [100, 0]",
            ["motion.yaml", "range [100, 0] is empty"],
        ),
        ("firmware/motion.yaml", "default: 50", "default: 500", ["motion.yaml", "speed", "default 500"]),
        ("firmware/motion.yaml", "type: int", "type: integer", ["motion.yaml", "type"]),
        ("firmware/motion.yaml", "grade_min: 3", "grade_min: 30", ["motion.yaml", "grade_min"]),
        ("firmware/motion.yaml", "robot.stop:", "led.on:", ["motion.yaml", "led.on", "this name is taken"]),
        ("firmware/pixels.yaml", "enum: color", "enum: colour", ["pixels.yaml", "'colour'", "kit.yaml"]),
        ("firmware/led.yaml", "description:", "descripton:", ["led.yaml", "descripton"]),
        (
            "micropython/time.yaml",
            '"(seconds: float, /) -> None"',
            '"(seconds"',
            ["time.yaml", "functions.sleep"],
        ),
        ("boards/esp32.yaml", "led: 2", "led: two", ["esp32.yaml", "led"]),
    ],
)
def test_a_mistake_is_named_with_file_and_key(
    copy: Path, file: str, old: str, new: str, words: list[str]
) -> None:
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RoboError) as e:
        load_registry(copy)
    assert all(word in str(e.value) for word in words), str(e.value)


def test_signatures_are_read_as_python_reads_them() -> None:
    import inspect

    text = "(a, b: int = 3, /, c=None, *args, d: between(0, 9), e=1, **kw) -> bool"
    ours = {a.name: (a.kind, a.required) for a in Signature.parse(text).arguments}
    scope: dict = {"between": lambda low, high: int}
    exec(f"def f{text}: ...", scope)  # noqa: S102
    kinds = {"POSITIONAL_ONLY": "pos", "POSITIONAL_OR_KEYWORD": "pos", "VAR_POSITIONAL": "var",
             "KEYWORD_ONLY": "kw", "VAR_KEYWORD": "varkw"}  # fmt: skip
    theirs = {
        p.name: (kinds[p.kind.name], p.default is p.empty and p.kind.name[:3] != "VAR")
        for p in inspect.signature(scope["f"]).parameters.values()
    }
    assert ours == theirs


@pytest.mark.parametrize("board", ["esp32", "esp32s3", "esp32c3"])
def test_a_board_is_consistent(registry: Registry, board: str) -> None:
    b = registry.boards[board]
    for pins in (b.input_only, b.adc, b.touch, b.dac, b.strapping):
        assert set(pins) <= set(b.pins)
    assert not set(b.flash) & set(b.pins)
    assert set(b.adc2) <= set(b.adc)
    assert b.led is None or b.can(b.led, "output")


def test_the_esp32_has_the_pins_of_its_datasheet(registry: Registry) -> None:
    board = registry.boards["esp32"]
    assert not any(board.can(pin, "output") for pin in (34, 35, 36, 37, 38, 39, 6, 11, 20, 24, 28, 31))
    assert all(board.can(pin, "adc") for pin in (32, 39, 0, 2, 4, 12, 15, 25, 27))
    assert not any(board.can(pin, "adc") for pin in (5, 18, 19, 21, 22, 23))
