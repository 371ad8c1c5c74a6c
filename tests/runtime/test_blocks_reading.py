"""Workspaces that people and other programs made: what they mean, and how bad ones are refused."""

from __future__ import annotations

import ast
import json
import random
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.blocks import BlockError, Blocks
from robo_runtime.blocks.cli import app
from robo_runtime.blocks.loading import MAX_DEPTH, parsed
from robo_runtime.registry import load_registry
from typer.testing import CliRunner

from tests.runtime.programs import PROJECTS


@pytest.fixture(scope="module")
def blocks() -> Blocks:
    return Blocks(load_registry())


def space(*tops: Any, variables: Any = None) -> dict[str, Any]:
    return {"blocks": {"languageVersion": 0, "blocks": list(tops)}} | (
        {} if variables is None else {"variables": variables}
    )


def number(value: Any) -> dict[str, Any]:
    return {"block": {"type": "math_number", "id": "n", "fields": {"NUM": value}}}


WAIT = {"type": "wait", "id": "w", "inputs": {"SECONDS": number(1)}}
ITEM = {"type": "variables_set", "id": "v", "fields": {"VAR": {"id": "k1"}}, "inputs": {"VALUE": number(1)}}


def nested(depth: int) -> dict[str, Any]:
    block: dict[str, Any] = {"type": "robo_pass", "id": "inmost"}
    for i in range(depth):
        block = {
            "type": "controls_repeat_ext",
            "id": f"r{i}",
            "inputs": {"TIMES": number(2), "DO": {"block": block}},
        }
    return block


BAD: dict[str, tuple[Any, list[str]]] = {
    "a list": ([], ["no workspace", '"languageVersion"']),
    "a number": (3, ["no workspace"]),
    "other JSON": ({"name": "x", "version": 1}, ["no workspace", "'name'"]),
    "blocks is a list": ({"blocks": []}, ["no workspace"]),
    "blocks.blocks is an object": ({"blocks": {"blocks": {}}}, ["blocks.blocks", "list"]),
    "a block is a word": (space("wait"), ["blocks.blocks.0", "'wait'"]),
    "no type": (space({"id": "x"}), ["blocks.blocks.0", "type"]),
    "unknown type": (space({"type": "turtle_move", "id": "t1"}), ["block t1", "turtle_move", "type"]),
    "unknown field": (space({**WAIT, "fields": {"TEMPO": 1}}), ["block w", "fields.TEMPO", "no fields"]),
    "unknown input": (space({"type": "wait", "id": "w", "inputs": {"MS": number(1)}}), ["block w", "inputs.MS", "SECONDS"]),
    "number is a word": (space({"type": "wait", "id": "w", "inputs": {"SECONDS": number("fast")}}), ["block n", "fields.NUM", "'fast'"]),
    "number is true": (space({"type": "wait", "id": "w", "inputs": {"SECONDS": number(True)}}), ["block n", "fields.NUM"]),
    "number is none at all": (space({"type": "math_number", "id": "n", "fields": {"NUM": float("nan")}}), ["block n", "fields.NUM", "nan"]),
    "number beyond all": (space({"type": "math_number", "id": "n", "fields": {"NUM": 10**400}}), ["block n", "fields.NUM"]),
    "y beyond all": (space({**WAIT, "y": -(10**400)}), ["blocks.blocks.0.y", "number"]),
    "text is a number": (space({"type": "text", "id": "t", "fields": {"TEXT": 5}}), ["block t", "fields.TEXT", "string"]),
    "no such choice": (space({"type": "button_wait", "id": "b", "fields": {"NAME": "C"}}), ["block b", "fields.NAME", "'C'", "A, B"]),
    "unknown variable": (space(ITEM), ["block v", "fields.VAR", "variables"]),
    "variables is an object": (space(variables={}), ["variables", "list"]),
    "a variable without id": (space(variables=[{"name": "x"}]), ["variables.0", '"id"']),
    "fields is a list": (space({**WAIT, "fields": []}), ["block w", "fields", "object"]),
    "x is a word": (space({**WAIT, "x": "left"}), ["blocks.blocks.0.x", "number"]),
    "comment is a number": (space({**WAIT, "icons": {"comment": {"text": 4}}}), ["block w", "icons.comment.text"]),
    "empty socket": (space({"type": "wait", "id": "w"}), ["block w", "inputs.SECONDS", "empty"]),
    "empty socket of Blockly's own": (space({"type": "controls_repeat_ext", "id": "r"}), ["block r", "inputs.TIMES", "empty"]),
    "value as statement": (space({**WAIT, "next": number(1)}), ["block n", "no statement"]),
    "statement as value": (space({"type": "wait", "id": "w", "inputs": {"SECONDS": {"block": WAIT}}}), ["block w", "inputs.SECONDS", "no value"]),
    "value in a mouth": (space({"type": "controls_repeat_ext", "id": "r", "inputs": {"TIMES": number(1), "DO": number(2)}}), ["block r", "inputs.DO", "no statement"]),
    "function in a row": (space({**WAIT, "next": {"block": {"type": "procedures_defnoreturn", "id": "f"}}}), ["block f", "row"]),
    "something below a break": (space({"type": "controls_flow_statements", "id": "c", "next": {"block": WAIT}}), ["block c", "next"]),
    "next is a word": (space({**WAIT, "next": "w2"}), ["block w: next", "'w2'"]),
    "raw text that is no Python": (space({"type": "robo_raw", "id": "r", "fields": {"CODE": "x = = 1"}}), ["block r", "fields.CODE"]),
    "raw value that is a statement": (space({"type": "robo_do", "inputs": {"VALUE": {"block": {"type": "robo_raw_value", "id": "r", "fields": {"CODE": "1) + (2"}}}}}), ["block r", "fields.CODE"]),
    "code in a name": (space({"type": "robo_global", "id": "g", "fields": {"NAMES": "a; import os"}}), ["block g", "fields.NAMES", "no name"]),
    "format with code": (space({"type": "robo_format", "id": "f", "fields": {"FORMAT": "}{x"}, "inputs": {"VALUE": number(1)}}), ["block f", "fields.FORMAT"]),
    "a call without name": (space({"type": "procedures_callnoreturn", "id": "c"}), ["block c", "extraState.name"]),
    "parameters are a word": (space({"type": "procedures_defnoreturn", "id": "d", "fields": {"NAME": "f"}, "extraState": {"params": "x"}}), ["block d", "extraState.params"]),
    "nested too deeply": (space(nested(MAX_DEPTH + 2)), ["nested more than", str(MAX_DEPTH)]),
}  # fmt: skip


@pytest.mark.parametrize(("data", "said"), BAD.values(), ids=BAD)
def test_a_bad_workspace_is_refused_with_block_and_key(blocks: Blocks, data: Any, said: list[str]) -> None:
    with pytest.raises(BlockError) as error:
        blocks.program(data, "w.json")
    assert str(error.value).startswith("w.json: ")
    for words in said:
        assert words in str(error.value)


def test_a_block_that_holds_itself_is_refused(blocks: Blocks) -> None:
    row: dict[str, Any] = {"type": "robo_pass", "id": "a"}
    row["next"] = {"block": row}
    with pytest.raises(BlockError, match="hold itself"):
        blocks.program(space(row))
    loop: dict[str, Any] = {"type": "controls_repeat_ext", "id": "a", "inputs": {"TIMES": number(1)}}
    loop["inputs"]["DO"] = {"block": loop}
    with pytest.raises(BlockError, match="nested more than"):
        blocks.program(space(loop))


def test_a_text_that_braces_cannot_hold_is_refused_or_written_rightly(blocks: Blocks) -> None:
    text = {"type": "text", "fields": {"TEXT": "a\n\"b\" 'c'"}}
    inner = {"type": "robo_parenthesis", "inputs": {"VALUE": {"block": text}}}
    joined = {"type": "text_join", "extraState": {"itemCount": 1}, "inputs": {"ADD0": {"block": inner}}}
    data = space({"type": "text_print", "inputs": {"TEXT": {"block": joined}}})
    try:
        said = ast.parse(blocks.program(data))
    except BlockError as e:
        assert "variable" in str(e)
    else:
        assert "a\n\"b\" 'c'" in {n.value for n in ast.walk(said) if isinstance(n, ast.Constant)}


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(BlockError, match=r"w\.json: is no JSON"):
        parsed("<xml></xml>", "w.json")
    with pytest.raises(BlockError, match=r"w\.json: nested too deeply"):
        parsed('{"a":' * 100_000, "w.json")


def test_nesting_just_within_the_limit_is_read(blocks: Blocks) -> None:
    code = blocks.program(space(nested(MAX_DEPTH - 2)))
    assert code.count("for _ in range(2):") == MAX_DEPTH - 2


def test_stacks_are_read_from_top_to_bottom_and_disabled_blocks_left_out(blocks: Blocks) -> None:
    low = {"type": "led_on", "x": 0, "y": 300}
    high = {
        "type": "led_off",
        "x": 500,
        "y": 10,
        "next": {"block": {**WAIT, "disabledReasons": ["MANUALLY_DISABLED"]}},
    }
    assert blocks.program(space(low, high)) == "from robokit import led\n\nled.off()\nled.on()\n"


def test_names_that_are_no_python_become_names(blocks: Blocks) -> None:
    variables = [{"name": n, "id": n} for n in ("my item", "2 x", "for", "wait", "größe")]
    sets = [
        {"type": "variables_set", "fields": {"VAR": {"id": v["id"]}}, "inputs": {"VALUE": number(0)}}
        for v in variables
    ]
    code = blocks.program(space(*sets, WAIT, variables=variables))
    names = [line.split(" = ")[0] for line in code.splitlines() if " = " in line]
    assert names == ["my_item", "_2_x", "_for", "wait_2", "größe"]
    assert code.endswith("wait(1)\n")


def test_a_function_of_blocks_changes_the_variables_of_the_program(blocks: Blocks) -> None:
    variables = [{"name": "count", "id": "k"}]
    change = {"type": "math_change", "fields": {"VAR": {"id": "k"}}, "inputs": {"DELTA": number(1)}}
    start = {"type": "variables_set", "fields": {"VAR": {"id": "k"}}, "inputs": {"VALUE": number(0)}}
    event = {"type": "button_on_press", "fields": {"NAME": "A"}, "inputs": {"CALLBACK": {"block": change}}}
    function = {
        "type": "procedures_defnoreturn",
        "fields": {"NAME": "do something"},
        "inputs": {"STACK": {"block": change}},
    }
    call = {"type": "procedures_callnoreturn", "extraState": {"name": "do something"}}
    code = blocks.program(space(start, function, event, call, variables=variables))
    out: list[Any] = []
    kit = {"button": type("Button", (), {"on_press": lambda self, name, f: out.append((name, f))})()}
    lines = [line for line in code.splitlines() if not line.startswith("from ")]
    exec(compile("\n".join(lines), "program", "exec"), kit)  # noqa: S102
    assert (out[0][0], kit["count"]) == ("A", 1)
    out[0][1]()
    assert kit["count"] == 2


def test_an_edit_on_the_block_counts_more_than_the_note_of_how_it_was_written(blocks: Blocks) -> None:
    data = json.dumps(blocks.workspace("from robokit import led\n\nled.brightness(percent=0x32, n=1)\n"))
    assert "percent=" in data
    edited = json.loads(data.replace('"NUM": 50', '"NUM": 60'))
    assert "led.brightness(percent=60, n=1)" in blocks.program(edited)
    first = edited["blocks"]["blocks"][0]
    first["data"] = "anything of somebody else"
    assert "led.brightness(1, 60)" in blocks.program(edited)
    first["data"] = '{"order":["n","n"],"spelled":"os.system"}'
    assert "led.brightness(1, 60)" in blocks.program(edited)


def test_the_commands_go_there_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROBO_CACHE", str(tmp_path / "cache"))
    run = CliRunner().invoke
    code = 'from robokit import say\n\nsay("नमस्ते")\n'
    program, workspace = tmp_path / "p.py", tmp_path / "w.json"
    program.write_text(code, encoding="utf-8")
    assert run(app, ["to", str(program), "--output", str(workspace)]).exit_code == 0
    assert "नमस्ते" in workspace.read_text(encoding="utf-8")
    assert run(app, ["from", str(workspace)]).stdout == code
    assert run(app, ["from", "-"], input=workspace.read_text(encoding="utf-8")).stdout == code
    assert {"definitions", "toolbox"} == json.loads(run(app, ["definitions"]).stdout).keys()
    assert "1 statements, 1 of them" in run(app, ["coverage", str(program)]).stdout
    refused = run(app, ["from", str(program)])
    assert isinstance(refused.exception, BlockError)
    assert "is no JSON" in str(refused.exception)


ODD = [
    None, True, -1, 1.5, "", "x", [], {}, "for", "9x", {"id": "zz"}, [1], {"block": {"type": "text"}},
    {"type": "math_number"}, 10**30, "\ud800",
]  # fmt: skip


def test_whatever_is_changed_in_a_workspace_it_is_a_program_or_refused(blocks: Blocks) -> None:
    rng = random.Random(5)
    whole = [json.dumps(blocks.workspace(code)) for code in PROJECTS[:40:4]]
    refused = 0
    for _ in range(400):
        data = changed(json.loads(rng.choice(whole)), rng)
        try:
            ast.parse(blocks.program(data))
        except BlockError:
            refused += 1
    assert 200 < refused < 400


def changed(data: Any, rng: random.Random) -> Any:
    """The JSON with one to three values put elsewhere, made odd, or taken out."""
    places: list[tuple[Any, Any]] = []
    todo = [data]
    while todo:
        inside = todo.pop()
        keys = (
            list(inside)
            if isinstance(inside, dict)
            else range(len(inside))
            if isinstance(inside, list)
            else ()
        )
        places += [(inside, key) for key in keys]
        todo += [inside[key] for key in keys]
    for inside, key in rng.sample(places, rng.randint(1, 3)):
        if isinstance(inside, dict) and rng.random() < 0.25:
            inside.pop(key, None)
        else:
            inside[key] = rng.choice(ODD)
    return data
