"""Programs become blocks and programs again; CPython's `ast` says whether they are the same."""

from __future__ import annotations

import ast
import json
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from robo_runtime.blocks import Blocks
from robo_runtime.blocks.control import RAW, RAW_VALUE
from robo_runtime.blocks.convert import share
from robo_runtime.blocks.tree import Workspace, saved
from robo_runtime.errors import RoboError
from robo_runtime.registry import Registry, load_registry

from tests.runtime.block_samples import PLACES
from tests.runtime.grammar_good import GOOD
from tests.runtime.programs import PROJECTS, SYLLABUS


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def blocks(registry: Registry) -> Blocks:
    return Blocks(registry)


def parsed(code: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.dump(ast.parse(code))


def through_json(blocks: Blocks, tree: Workspace) -> str:
    """The program of blocks after a trip through a JSON file."""
    text = json.dumps(saved(tree), ensure_ascii=False, indent=1)
    text.encode("utf-8")
    return blocks.program(json.loads(text))


def there_and_back(blocks: Blocks, code: str) -> str:
    """The program after a trip through a JSON file."""
    return through_json(blocks, blocks.tree(code))


class Trip(NamedTuple):
    """One program, its blocks, and what came back."""

    code: str
    tree: Workspace
    back: str


@pytest.fixture(scope="module")
def trips(blocks: Blocks) -> list[Trip]:
    """All authored programs."""
    trees = [(code, blocks.tree(code)) for code in PROJECTS]
    return [Trip(code, tree, through_json(blocks, tree)) for code, tree in trees]


def types(blocks: Blocks, code: str) -> list[str]:
    return [block.type for block in blocks.tree(code).walk()]


def test_every_authored_program_comes_back_as_it_was(trips: list[Trip]) -> None:
    assert len(trips) > 150
    for trip in trips:
        assert parsed(trip.back) == parsed(trip.code)


def test_authored_programs_are_blocks_through_and_through(trips: list[Trip]) -> None:
    total, real = (sum(column) for column in zip(*(share(trip.tree) for trip in trips), strict=True))
    assert total > 1500
    assert real >= 0.99 * total


def test_text_comes_back_letter_by_letter_in_the_style_of_the_corpus(trips: list[Trip]) -> None:
    assert sum(trip.back == trip.code for trip in trips) >= 0.98 * len(trips)


def test_the_example_of_every_kit_function_is_one_block_of_that_function(
    blocks: Blocks, registry: Registry
) -> None:
    for function in registry.functions.values():
        assert parsed(there_and_back(blocks, function.program)) == parsed(function.program)
        assert function.block()["type"] in types(blocks, function.program)
        assert not {RAW, RAW_VALUE, "robo_import_from"} & set(types(blocks, function.program))


def test_composed_programs_come_back_as_they_were(blocks: Blocks) -> None:
    compose = pytest.importorskip("robo_train.compose")
    total = real = 0
    for sample in compose.samples(seed=11, n=200):
        tree = blocks.tree(sample.code)
        assert parsed(through_json(blocks, tree)) == parsed(sample.code)
        counts = share(tree)
        total, real = total + counts[0], real + counts[1]
    assert real >= 0.99 * total


@pytest.mark.parametrize("code", [*GOOD.values(), *PLACES.values()], ids=[*GOOD, *PLACES])
def test_nothing_is_lost(blocks: Blocks, code: str) -> None:
    assert parsed(there_and_back(blocks, code)) == parsed(code)


def test_raw_blocks_alone_are_a_whole_program(blocks: Blocks) -> None:
    code = "class A:\n    x = 1\n\n\nclass B(A):\n    pass\n"
    assert types(blocks, code) == [RAW, RAW]
    assert parsed(there_and_back(blocks, code)) == parsed(code)


def test_imports_are_derived_and_shown_only_where_a_program_has_others(blocks: Blocks) -> None:
    usual = "from machine import Pin, ADC\nfrom robokit import led\nimport time\n\nADC(Pin(34))\nled.on()\ntime.sleep(1)\n"
    assert not [t for t in types(blocks, usual) if "import" in t]
    assert there_and_back(blocks, usual) == usual
    assert "robo_import_from" in types(blocks, "from robokit import led, wait\n\nled.on()\n")


def test_comments_go_with_their_blocks(blocks: Blocks) -> None:
    code = """# what it does
from robokit import led, wait

# for ever
while True:
    led.on()  # bright
    # half a second
    wait(0.5)
    if led.is_on():
        pass
    # otherwise
    elif True:
        led.off()
    # the end
"""
    data = blocks.workspace(code)
    assert data["workspaceComments"][0]["text"] == "what it does"
    back = blocks.program(data)
    assert parsed(back) == parsed(code)
    for words in ("what it does", "for ever", "bright", "half a second", "otherwise", "the end"):
        assert back.count(f"# {words}\n") == 1
    assert back.index("# bright") < back.index("led.on()") < back.index("# half") < back.index("wait(")


def test_a_function_that_is_called_back_lies_in_the_mouth_of_its_block(blocks: Blocks) -> None:
    tree = blocks.tree(PLACES["callback"])
    timer = next(b for b in tree.walk() if b.type == "timer_every")
    assert [b.type for b in timer.rows["CALLBACK"]] == ["math_change"]
    assert not [b for b in tree.walk() if b.type.startswith("procedures_")]


def test_methods_are_those_of_the_class_a_variable_holds(blocks: Blocks) -> None:
    code = "from machine import Pin, PWM\n\na = Pin(2, Pin.OUT)\nb = [PWM(Pin(4))]\na.value(1)\nfor x in b:\n    x.freq(5)\n"
    found = types(blocks, code)
    assert "mp_machine_Pin_value_set" in found
    assert "mp_machine_PWM_freq_set" in found


def test_a_program_that_does_not_parse_is_named_with_the_line(blocks: Blocks) -> None:
    with pytest.raises(RoboError, match=r"a\.py:2: "):
        blocks.workspace("x = 1\nx = = 2\n", "a.py")
    with pytest.raises(RoboError, match=r"a\.py"):
        blocks.workspace("x = '\0'\n", "a.py")


def test_nesting_beyond_all_measure_is_an_error_or_text_but_no_crash(blocks: Blocks) -> None:
    code = "x = " + "-" * 3000 + "1\n"
    try:
        assert parsed(there_and_back(blocks, code)) == parsed(code)
    except RoboError as e:
        assert "nested" in str(e)


def changed(registry: Registry, name: str, **updates: Any) -> Registry:
    """The registry with one function changed or added."""
    base = registry.functions.get(name) or registry.functions["robot.move_forward"]
    functions = {n: f.model_dump() for n, f in registry.functions.items()}
    functions[name] = base.model_dump() | {"qualified_name": name} | updates
    return Registry.model_validate(registry.model_dump() | {"functions": functions})


def test_a_new_function_of_the_registry_has_a_block_in_both_directions(registry: Registry) -> None:
    code = "from robokit import robot\n\nrobot.jump(speed=7)\n"
    new = Blocks(changed(registry, "robot.jump"))
    assert types(new, code) == ["robot_jump", "math_number"]
    assert there_and_back(new, code) == code
    assert "robot_jump" not in types(Blocks(registry), code)


def test_a_kits_own_block_and_template_are_followed(registry: Registry) -> None:
    made = changed(
        registry,
        "robot.jump",
        blockly={
            "type": "hop", "message0": "hop %1", "previousStatement": None, "nextStatement": None,
            "args0": [{"type": "input_value", "name": "HOW"}],
        },
        generator={
            "kind": "statement", "imports": ["from robokit import robot"],
            "template": "robot.jump(${HOW} * 10, speed=1)",
        },
    )  # fmt: skip
    code = "from robokit import robot\n\nrobot.jump(3 * 10, speed=1)\n"
    assert types(Blocks(made), code) == ["hop", "math_number"]
    assert there_and_back(Blocks(made), code) == code


def test_the_blocks_of_a_kit_that_is_not_ours(tmp_path: Path) -> None:
    from robo_runtime.registry.extract import extract, write_registry

    kit = Path(__file__).parent / "other_kit"
    write_registry(extract(kit / "blocks.json", kit / "zumo"), tmp_path / "registry")
    other = Blocks(load_registry(tmp_path / "registry"))
    code = 'from zumo import tracks, whistle\n\ntracks.run(50, -50, seconds=1.5)\nwhistle.blow("high")\ntracks.halt()\n'
    assert parsed(there_and_back(other, code)) == parsed(code)
    assert {"tracks_run", "whistle_blow", "tracks_halt"} <= set(types(other, code))


def test_authored_blocks_and_authored_programs_mean_the_same(blocks: Blocks) -> None:
    """The syllabus has both, written by hand: blocks give the program, and the program gives the blocks."""
    syllabus = pytest.importorskip("robo_train.syllabus")
    from robo_train.syllabus_blocks import workspace

    from tests.train.block_code import of_program

    projects = [p for p in syllabus.load_projects(SYLLABUS) if p.robokit_code]
    alike = 0
    for p in projects:
        theirs = json.loads(json.dumps(workspace(p.blockly_blocks)))
        assert of_program(blocks.program(theirs)) == of_program(p.robokit_code), p.name
        ours = blocks.workspace(p.robokit_code)["blocks"]["blocks"]
        if len(ours) == 1:  # functions are stacks of their own here, and mouths there
            assert block_types(ours) == block_types(theirs["blocks"]["blocks"]), p.name
            alike += 1
    assert alike >= 0.9 * len(projects)


def block_types(data: Any) -> list[str]:
    """Types of blocks in the order of the JSON, sockets by name."""
    if isinstance(data, list):
        return [t for item in data for t in block_types(item)]
    own = [data["type"]] if isinstance(data.get("type"), str) else []
    return own + [t for key in sorted(data) if isinstance(data[key], dict) for t in block_types(data[key])]
