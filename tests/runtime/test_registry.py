"""The registry: read strictly, complete, and every example of it passes the API check."""

import json
import shutil
from pathlib import Path

import pytest
from robo_runtime.check import api_functions, check_program
from robo_runtime.errors import RoboError
from robo_runtime.paths import configs_dir
from robo_runtime.registry import Registry, Signature, load_registry
from robo_runtime.registry.cli import app
from robo_runtime.simulate import simulate
from typer.testing import CliRunner


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
            "'(seconds: between(0.0, 4294967.0), /) -> None'",
            "'(seconds'",
            ["time.yaml", "functions.sleep"],
        ),
        ("firmware/motion.yaml", "grade_min: 3", "grade_min: 3\n    grade_min: 4", ["motion.yaml", "given twice"]),
        ("firmware/motion.yaml", "robot.brake:", "robot.stop:", ["motion.yaml", "'robot.stop' is given twice"]),
        ("firmware/motion.yaml", "robot.stop:", "robot:", ["motion.yaml", "functions.robot", "function and an object"]),
        ("firmware/motion.yaml", "robot.stop:", "robot.Stop!:", ["motion.yaml", "robot.Stop!", "lower case"]),
        ("firmware/motion.yaml", "category: motion", "category: sound", ["motion.yaml", "category", "agree"]),
        ("firmware/motion.yaml", "category: motion", "category: dance", ["motion.yaml", "category"]),
        ("firmware/motion.yaml", "left: {type: int,", "left: {type: str,", ["left", "a range needs a number"]),
        ("firmware/motion.yaml", "      left: {", "      class: {", ["motion.yaml", "'class' is no Python name"]),
        ("firmware/motion.yaml", "side: {type: enum, values: [left, right]}", "side: {type: enum}", ["side", "an enum needs"]),
        ("firmware/motion.yaml", "side: {type: enum, values", "side: {type: int, values", ["side", "only an enum has values"]),
        ("firmware/motion.yaml", "      right: {type: int, range: [-100, 100], unit: '%'}", "      right: {type: int}\n      x: {type: int, default: 1}\n      y: {type: int}", ["robot.set_motors", "without default stands after"]),
        ("firmware/motion.yaml", "robot.stop:", "robot.stop:\n    generator: {kind: statement, imports: [], template: 'robot.stop(${NOW})'}", ["robot.stop", "['NOW']"]),
        ("firmware/motion.yaml", "robot.stop:", "robot.stop:\n    blockly: {message0: stop}", ["robot.stop", "blockly: type missing"]),
        ("firmware/sensor.yaml", "returns: {type: float, range: [2, 400]", "returns: {type: float, range: [400, 2]", ["sensor.distance.returns", "is empty"]),
        ("firmware/kit.yaml", "module: robokit", "modul: robokit", ["kit.yaml", "modul"]),
        ("micropython/machine.yaml", "between(0, 1023) = 512", "between(1023, 0) = 512", ["machine.yaml", "classes.PWM", "is empty"]),
        ("micropython/machine.yaml", "between(0, 1023) = 512", "between(0, 1023) = 1024", ["machine.yaml", "default 1024"]),
        ("micropython/machine.yaml", "between(0, 1023) = 512", "betwixt(0, 1023) = 512", ["machine.yaml", "betwixt"]),
        ("micropython/machine.yaml", "between(0, 1023) = 512", "integer = 512", ["machine.yaml", "no type 'integer'"]),
        ("micropython/machine.yaml", "one_of(Pin.IN,", "one_of(Pin.INN,", ["machine.yaml", "no constant 'Pin.INN'"]),
        ("micropython/machine.yaml", "toggle:", '"on":', ["machine.yaml", "'on' is given twice"]),
        ("micropython/machine.yaml", "name: machine", "name: machin", ["machine.yaml", "'machin'", "agree"]),
        ("micropython/dht.yaml", "temperature: ", "temperature: {signature: x}\n      t: ", ["dht.yaml", "temperature"]),
        ("micropython/dht.yaml", "() -> float", "[]", ["dht.yaml", "temperature", "at least 1"]),
        ("micropython/time.yaml", "-> tuple", "-> touple", ["time.yaml", "'touple'"]),
        ("boards/esp32.yaml", "led: 2", "led: two", ["esp32.yaml", "led"]),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_and_key(
    copy: Path, file: str, old: str, new: str, words: list[str]
) -> None:
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RoboError) as e:
        load_registry(copy)
    assert all(word in str(e.value) for word in [Path(file).name, *words]), str(e.value)


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


def test_an_edited_file_counts_within_the_same_process(copy: Path) -> None:
    assert load_registry(copy).functions["robot.move_forward"].parameters["speed"].default == 50
    path = copy / "firmware" / "motion.yaml"
    path.write_text(path.read_text().replace("default: 50", "default: 70"))
    assert load_registry(copy).functions["robot.move_forward"].parameters["speed"].default == 70


def test_a_function_without_example_gets_one_that_passes_the_check(registry: Registry) -> None:
    for name, function in registry.functions.items():
        code = f"{function.import_line}\n\n{function.derived_example(name)}\n"
        assert check_program(code, registry) == [], code


def test_every_block_writes_the_call_of_its_function(registry: Registry) -> None:
    for name, function in registry.functions.items():
        block, generator = function.block(), function.code_generator()
        inputs = [a["name"] for a in block["args0"]]
        assert [f"%{i}" for i in range(1, len(inputs) + 1)] == [
            w for w in block["message0"].split() if w[0] == "%"
        ]
        code = generator["template"]
        for key, parameter in function.parameters.items():
            code = code.replace(f"${{{key.upper()}}}", parameter.sample)
        setup = "def on_event():\n    pass\n"
        program = "\n".join([*generator["imports"], setup, code])
        assert check_program(program, registry) == []
        assert api_functions(program, registry) == [name]


def test_the_standard_modules_have_what_programs_use(registry: Registry) -> None:
    wanted = {
        "machine": "Pin PWM ADC Timer I2C SoftI2C SPI UART TouchPad RTC WDT deepsleep reset_cause time_pulse_us",
        "time": "sleep sleep_ms sleep_us ticks_ms ticks_us ticks_diff ticks_add", "neopixel": "NeoPixel",
        "dht": "DHT11 DHT22", "onewire": "OneWire", "ds18x20": "DS18X20", "network": "WLAN STA_IF AP_IF",
        "espnow": "ESPNow", "bluetooth": "BLE UUID", "struct": "pack unpack", "json": "dumps loads",
        "random": "randint choice", "math": "sin pi", "os": "listdir", "gc": "collect", "esp32": "NVS",
        "framebuf": "FrameBuffer", "ssd1306": "SSD1306_I2C", "hcsr04": "HCSR04", "requests": "get post",
        "urequests": "get", "umqtt.simple": "MQTTClient", "socket": "socket", "_thread": "start_new_thread",
        "sys": "exit",
    }  # fmt: skip
    for module, names in wanted.items():
        assert set(names.split()) <= registry.modules[module].members()


def test_everything_in_the_registry_is_in_the_simulator(registry: Registry) -> None:
    for name, module in registry.modules.items():
        lines = [f"import {name} as m"]
        for member in sorted(module.members()):
            lines.append(f"m.{member}")
            if member in module.classes:
                klass = module.classes[member]
                lines += [f"m.{member}.{attribute}" for attribute in [*klass.methods]]
        assert simulate("\n".join(lines)).error is None, name


CHECKED = [
    ("firmware/motion.yaml", "example: robot.stop()", "example: robot.stopp()", "functions.robot.stop.example"),
    ("firmware/motion.yaml", "example: robot.stop()", "example: robot.brake()", "does not call `robot.stop`"),
    ("firmware/motion.yaml", "example: robot.set_motors(60, 40)", "example: robot.set_motors(600, 40)", "from -100 to 100"),
    ("firmware/motion.yaml", "robot.stop:", "robot.stop:\n    generator: {kind: statement, imports: [], template: 'robot.stop('}", "functions.robot.stop.generator"),
    ("firmware/motion.yaml", "robot.stop:", "robot.stop:\n    blockly: {type: robot_brake, message0: stop}", "is that of robot."),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "words"), CHECKED)
def test_the_check_command_finds_what_loading_cannot_see(
    copy: Path, file: str, old: str, new: str, words: str
) -> None:
    path = copy / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(copy)])
    assert isinstance(result.exception, RoboError)
    assert file in str(result.exception)
    assert words in str(result.exception)


def test_the_check_command_counts_what_is_in_order(registry: Registry) -> None:
    result = CliRunner().invoke(app, ["check"])
    assert result.exit_code == 0
    assert result.output.startswith(
        f"{len(registry.functions)} functions, {len(registry.modules)} modules and 3"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("robot.stop", "### `robot.stop()`"), ("machine", "## `machine`"), ("machine.PWM", "freq: 1..40000000"),
        ("esp32", "## ESP32 DevKit"), ("module:esp32", "NVS"), ("color", "red, green"),
    ],
)  # fmt: skip
def test_show_describes_one_thing(name: str, words: str) -> None:
    result = CliRunner().invoke(app, ["show", name])
    assert result.exit_code == 0
    assert words in result.output
    assert json.loads(CliRunner().invoke(app, ["show", name, "--json"]).output)


def test_show_lists_everything_and_helps_with_a_wrong_name() -> None:
    assert "robot.forward_for(seconds, speed=50)" in CliRunner().invoke(app, ["show"]).output
    assert "esp32c3" in json.loads(CliRunner().invoke(app, ["show", "--json"]).output)["boards"]
    result = CliRunner().invoke(app, ["show", "robot.stopp"])
    assert "did you mean robot.stop" in str(result.exception)


def test_the_pages_hold_every_function_and_method(registry: Registry, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["docs", "--out", str(tmp_path)])
    assert result.exit_code == 0
    pages = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.md")}
    assert f"{len(pages)} pages" in result.output
    for name, function in registry.functions.items():
        assert f"### `{name}(" in pages[function.category]
    for name, module in registry.modules.items():
        for klass, found in module.classes.items():
            assert f"### `{klass}`" in pages[f"module-{name}"]
            assert all(f"`.{method}(" in pages[f"module-{name}"] for method in found.methods)
