"""The boards: what their pins can do, as the datasheets say, and mistakes in their files."""

import shutil
from pathlib import Path

import pytest
from robo_runtime.check import check_program
from robo_runtime.errors import RoboError
from robo_runtime.paths import configs_dir
from robo_runtime.registry import Board, Registry, load_registry

BOARDS = ["esp32", "esp32s3", "esp32c3"]


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


def board(registry: Registry, name: str) -> Board:
    return registry.boards[name]


def test_there_are_three_boards_named_as_their_files(registry: Registry) -> None:
    assert sorted(registry.boards) == sorted(BOARDS)
    assert all(b.name == name for name, b in registry.boards.items())


def test_the_esp32_has_the_pins_of_its_datasheet(registry: Registry) -> None:
    b = board(registry, "esp32")
    assert not any(b.can(pin, "output") for pin in (34, 35, 36, 37, 38, 39, 6, 11, 20, 24, 28, 31, 40))
    assert all(b.can(pin, "output") for pin in (0, 2, 4, 5, 12, 13, 18, 19, 21, 22, 23, 25, 26, 27, 32, 33))
    assert set(b.adc) - set(b.adc2) == {32, 33, 34, 35, 36, 37, 38, 39}
    assert b.touch == (0, 2, 4, 12, 13, 14, 15, 27, 32, 33)
    assert (b.dac, b.flash, b.led, b.i2c_scl, b.i2c_sda) == ((25, 26), (6, 7, 8, 9, 10, 11), 2, 22, 21)


def test_the_s3_and_c3_have_the_pins_of_their_datasheets(registry: Registry) -> None:
    s3, c3 = board(registry, "esp32s3"), board(registry, "esp32c3")
    assert s3.able("touch") == tuple(range(1, 15))
    assert s3.able("adc") == tuple(range(1, 21))
    assert not any(s3.can(pin, "any") for pin in range(22, 35))
    assert c3.able("adc") == (0, 1, 2, 3, 4)
    assert (s3.dac, c3.dac, c3.touch) == ((), (), ())
    assert (s3.led, s3.rgb_led, c3.rgb_led) == (None, 48, 8)


@pytest.mark.parametrize("name", BOARDS)
def test_a_pin_that_is_advised_has_no_second_job(registry: Registry, name: str) -> None:
    b = board(registry, name)
    for role in ("output", "input", "adc"):
        pin = b.advice(role)
        assert pin is not None
        assert b.can(pin, role)
        assert pin not in {*b.strapping, *b.console, *b.flash}


ON_BOARDS = [
    # program, the board it is wrong on, kind and words, a board it is right on
    ("led = Pin(34, Pin.OUT)", "esp32", "pin", "can only listen", None),
    ("led = Pin(34, Pin.OUT)", "esp32c3", "pin", "no pin 34", None),
    ("led = Pin(47, Pin.OUT)", "esp32", "pin", "no pin 47", "esp32s3"),
    ("led = Pin(6, Pin.OUT)", "esp32", "pin", "flash memory", "esp32c3"),
    ("led = Pin(30, Pin.OUT)", "esp32s3", "pin", "flash memory", None),
    ("led = Pin(25, Pin.OUT)", "esp32s3", "pin", "no pin 25", "esp32"),
    ("a = ADC(Pin(5))", "esp32", "pin", "cannot measure", "esp32s3"),
    ("a = ADC(Pin(34))", "esp32c3", "pin", "no pin 34", "esp32"),
    ("d = DAC(Pin(4))", "esp32s3", "pin", "no pins that give out", None),
    ("d = DAC(Pin(25))", "esp32c3", "pin", "no pins that give out", "esp32"),
    ("t = TouchPad(Pin(4))", "esp32c3", "pin", "no pins that feel touch", "esp32s3"),
    ("t = TouchPad(Pin(5))", "esp32", "pin", "cannot feel touch", "esp32s3"),
    ("u = UART(2, tx=4, rx=5)", "esp32c3", "range", "UART 0 to 1", "esp32"),
    ("i = I2C(1, scl=Pin(4), sda=Pin(5))", "esp32c3", "range", "I2C 0 to 0", "esp32"),
    ("s = SPI(2)", "esp32c3", "range", "SPI 1 to 1", "esp32s3"),
    ("t = Timer(3)", "esp32c3", "range", "Timer -1 to 1", "esp32"),
]


@pytest.mark.parametrize(("line", "wrong_on", "kind", "words", "right_on"), ON_BOARDS)
def test_the_board_decides_what_a_program_may_do(
    registry: Registry, line: str, wrong_on: str, kind: str, words: str, right_on: str | None
) -> None:
    code = f"from machine import Pin, ADC, DAC, I2C, SPI, Timer, TouchPad, UART\n{line}\n"
    problems = check_program(code, registry, wrong_on)
    assert {(p.kind, p.line) for p in problems} == {(kind, 2)}
    assert any(words in p.message for p in problems)
    if right_on:
        assert check_program(code, registry, right_on) == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("led: 2", "led: two", ["led", "valid integer"]),
        ("led: 2", "led: 34", ["led: pin 34 cannot be an output"]),
        ("led: 2", "lead: 2", ["lead", "unknown key"]),
        ("dac: [25, 26]", "dac: [25, 24]", ["dac", "[24]"]),
        ("flash: [6,", "flash: [5, 6,", ["flash", "[5]"]),
        ("adc2: [0,", "adc2: [5, 0,", ["adc2", "[5]"]),
        ("touch: [0, 2,", "touch: [0, 0, 2,", ["touch", "listed twice"]),
        ("i2c_scl: 22", "i2c_scl: 99", ["i2c_scl", "99"]),
        ("UART: [0, 2]", "UART: [2, 0]", ["ids", "UART", "empty"]),
        ("  37: Not", "  77: Not", ["notes", "[77]"]),
        ("name: esp32", "name: esp", ["name", "'esp'", "esp32.yaml"]),
        ("led: 2", "led: 2\nled: 4", ["'led' is given twice"]),
    ],
)
def test_a_mistake_in_a_board_is_named(tmp_path: Path, old: str, new: str, words: list[str]) -> None:
    for name in ("firmware", "micropython", "boards"):
        shutil.copytree(configs_dir() / name, tmp_path / name)
    path = tmp_path / "boards" / "esp32.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RoboError) as e:
        load_registry(tmp_path)
    assert all(word in str(e.value) for word in ["esp32.yaml", *words]), str(e.value)


def test_a_pin_that_does_not_exist_is_reported_once(registry: Registry) -> None:
    code = "from machine import Pin, PWM\np = PWM(Pin(99), freq=50)\n"
    assert [p.kind for p in check_program(code, registry)] == ["pin"]


def test_the_page_of_a_board_has_a_row_for_every_pin(registry: Registry) -> None:
    from robo_runtime.registry.docs import board_page

    for b in registry.boards.values():
        rows = [line for line in board_page(b).splitlines() if line.startswith("| ")]
        assert len(rows) == 1 + len(b.pins)
    assert "| 34 |  |  | 1 |" in board_page(board(registry, "esp32"))
