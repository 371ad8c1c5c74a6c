"""Blockly itself loads our definitions and workspaces, and means the same; skipped without its npm package."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from robo_runtime.blocks import Blocks
from robo_runtime.blocks.cli import app
from robo_runtime.blocks.real import PACKAGE, Blockly, blockly, lost
from robo_runtime.blocks.shapes import BUILT_IN
from robo_runtime.blocks.toolbox import page
from robo_runtime.errors import RoboError
from robo_runtime.registry import load_registry
from typer.testing import CliRunner

from tests.runtime.block_samples import PLACES
from tests.runtime.grammar_good import GOOD
from tests.runtime.programs import PROJECTS
from tests.runtime.test_blocks_round_trip import parsed

try:
    found, missing = str(PACKAGE.find()), ""
except RoboError as e:
    found, missing = "", str(e)
real = pytest.mark.skipif(bool(missing), reason=missing)


@pytest.fixture(scope="module")
def blocks() -> Blocks:
    return Blocks(load_registry())


@pytest.fixture(scope="module")
def screenless(blocks: Blocks) -> Iterator[Blockly]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(PACKAGE.variable, found)
        with blockly(blocks.library.definitions) as made:
            yield made


@real
def test_our_table_of_blocklys_own_blocks_is_as_they_are(screenless: Blockly) -> None:
    theirs = screenless.ask({"shapes": list(BUILT_IN)})
    for name, shape in BUILT_IN.items():
        it = theirs[name]
        assert set(shape.fields) == set(it["fields"]) or name.startswith("procedures_"), name
        for field, said in shape.fields.items():
            if said.kind == "dropdown":
                assert list(said.options) == it["options"][field], name
        if not shape.more:
            assert {k: sorted(v) if v else None for k, v in shape.inputs.items()} == it["inputs"], name
            assert list(shape.rows) == it["rows"], name
        assert it["statement"] == (shape.place == "statement"), name
        if shape.place == "value":
            assert (sorted(shape.output) if shape.output else None) == it["output"], name


@real
def test_blockly_saves_what_it_loaded_and_it_is_the_same_program(blocks: Blocks, screenless: Blockly) -> None:
    for code in [*PROJECTS[::3], *GOOD.values(), *PLACES.values()]:
        ours = blocks.workspace(code)
        theirs = screenless.saved(ours)
        assert not lost(ours, theirs)
        assert parsed(blocks.program(theirs)) == parsed(code)


@real
def test_every_block_of_the_toolbox_can_be_made(blocks: Blocks, screenless: Blockly) -> None:
    tops: list[Any] = []

    def gather(contents: list[dict[str, Any]]) -> None:
        for item in contents:
            if item["kind"] == "block":
                tops.append({k: v for k, v in item.items() if k != "kind"})
            else:
                gather(item.get("contents", []))

    gather(page(blocks.library)["toolbox"]["contents"])
    assert {d["type"] for d in blocks.library.definitions} <= {top["type"] for top in tops}
    data = {"blocks": {"languageVersion": 0, "blocks": tops}}
    assert not lost(data, screenless.saved(data))


@real
def test_our_python_and_blocklys_own_generator_do_the_same(blocks: Blocks, screenless: Blockly) -> None:
    """For programs of Blockly's own blocks, both texts are run by CPython; numbers to nine digits."""
    for tops in OWN_BLOCKS:
        data = {"blocks": {"languageVersion": 0, "blocks": tops}, "variables": [{"name": "x", "id": "x"}]}
        assert output(blocks.program(data)) == output(screenless.python(data)) != []


def output(code: str) -> list[Any]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(code, "program", "exec"), {"__name__": "program"})  # noqa: S102
    return [number(line) for line in said.getvalue().splitlines()]


def number(line: str) -> Any:
    try:
        return round(float(line), 9)
    except ValueError:
        return line


def n(value: float) -> dict[str, Any]:
    return {"type": "math_number", "fields": {"NUM": value}}


def b(type_: str, fields: dict[str, Any] | None = None, extra: Any = None, **inputs: Any) -> dict[str, Any]:
    made = {"type": type_, "fields": fields or {}, "inputs": {k: {"block": v} for k, v in inputs.items()}}
    return made | ({"extraState": extra} if extra else {})


def say(*values: dict[str, Any]) -> list[dict[str, Any]]:
    return [b("text_print", TEXT=value) for value in values]


def op(type_: str, sign: str, *values: Any) -> dict[str, Any]:
    return b(type_, {"OP": sign}, **dict(zip("AB", values, strict=False)))


X = {"VAR": {"id": "x"}}
LIST = b("lists_create_with", None, {"itemCount": 3}, ADD0=n(5), ADD1=n(7), ADD2=n(9))
OWN_BLOCKS = [
    say(*(op("math_arithmetic", sign, n(7), n(2)) for sign in ("ADD", "MINUS", "MULTIPLY", "DIVIDE", "POWER"))),
    say(op("math_arithmetic", "MINUS", n(9), op("math_arithmetic", "MINUS", n(3), n(1)))),
    say(op("math_arithmetic", "POWER", op("math_arithmetic", "POWER", n(2), n(3)), n(2))),
    say(*(b("math_single", {"OP": sign}, NUM=n(4)) for sign in ("ROOT", "ABS", "NEG", "LN", "LOG10", "EXP", "POW10"))),
    say(*(b("math_trig", {"OP": sign}, NUM=n(0.5)) for sign in ("SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN"))),
    say(*(b("math_constant", {"CONSTANT": c}) for c in ("PI", "E", "GOLDEN_RATIO", "SQRT2", "SQRT1_2", "INFINITY"))),
    say(*(b("math_round", {"OP": sign}, NUM=n(2.6)) for sign in ("ROUND", "ROUNDUP", "ROUNDDOWN"))),
    say(b("math_modulo", DIVIDEND=n(64), DIVISOR=n(10)), b("math_constrain", VALUE=n(50), LOW=n(1), HIGH=n(10))),
    say(*(op("logic_compare", sign, n(1), n(2)) for sign in ("EQ", "NEQ", "LT", "LTE", "GT", "GTE"))),
    say(b("logic_negate", BOOL=op("logic_operation", "AND", b("logic_boolean"), b("logic_boolean", {"BOOL": "FALSE"})))),
    say(b("logic_ternary", IF=b("logic_boolean"), THEN=n(1), ELSE=b("logic_null"))),
    say(b("text_join", None, {"itemCount": 3}, ADD0=b("text", {"TEXT": 'a "{"'}), ADD1=n(1), ADD2=n(2))),
    say(b("text_length", VALUE=b("text", {"TEXT": "abc"})), b("text_isEmpty", VALUE=b("text", {"TEXT": ""}))),
    say(LIST, b("lists_length", VALUE=LIST), b("lists_isEmpty", VALUE=LIST), b("lists_repeat", ITEM=n(1), NUM=n(3))),
    [b("controls_for", X, FROM=n(1), TO=n(4), BY=n(1), DO=say(b("variables_get", X))[0])],
    [b("controls_for", X, FROM=n(1), TO=n(9), BY=n(3), DO=say(b("variables_get", X))[0])],
    [b("controls_forEach", X, LIST=LIST, DO=say(b("variables_get", X))[0])],
    [b("controls_repeat", {"TIMES": 3}, DO=say(n(1))[0]), b("controls_repeat_ext", TIMES=n(2), DO=say(n(2))[0])],
    [b("controls_if", None, {"elseIfCount": 1, "hasElse": True}, IF0=b("logic_boolean", {"BOOL": "FALSE"}),
       DO0=say(n(1))[0], IF1=b("logic_boolean"), DO1=say(n(2))[0], ELSE=say(n(3))[0])],
    [b("controls_ifelse", IF0=b("logic_boolean", {"BOOL": "FALSE"}), DO0=say(n(1))[0], ELSE=say(n(3))[0])],
    [b("variables_set", X, VALUE=n(3)), b("math_change", X, DELTA=n(4)),
     b("controls_whileUntil", {"MODE": "UNTIL"}, BOOL=op("logic_compare", "EQ", b("variables_get", X), n(0)),
       DO={**say(b("variables_get", X))[0], "next": {"block": b("math_change", X, DELTA=n(-1))}})],
    [{**b("procedures_defreturn", {"NAME": "do it"}, {"params": [{"name": "x", "id": "x"}]},
          RETURN=op("math_arithmetic", "ADD", b("variables_get", X), n(1))), "y": -90},
     *say(b("procedures_callreturn", None, {"name": "do it", "params": ["x"]}, ARG0=n(41)))],
]  # fmt: skip


@real
def test_the_command_verifies_and_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PACKAGE.variable, found)
    program = tmp_path / "a.py"
    program.write_text("from robokit import led\n\nled.on()\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["verify", str(program)])
    assert result.exit_code == 0, result.output
    assert "1 workspaces" in result.output
    assert "0 differ" in result.output


def test_a_difference_is_found() -> None:
    one = {"blocks": {"blocks": [{"type": "text", "fields": {"TEXT": "a"}, "x": 1}]}}
    assert not lost(
        one, {"blocks": {"blocks": [{"type": "text", "fields": {"TEXT": "a", "MORE": 1}, "x": 5}]}}
    )
    assert "fields" in lost(one, {"blocks": {"blocks": [{"type": "text", "fields": {"TEXT": "b"}}]}})
    assert "next" in lost(
        one, {"blocks": {"blocks": [{"type": "text", "fields": {"TEXT": "a"}, "next": {}}]}}
    )
    assert "not saved" in lost(one, {"blocks": {"blocks": [{"type": "text"}]}})


def test_a_missing_package_is_an_error_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROBO_CACHE", str(tmp_path))
    monkeypatch.delenv(PACKAGE.variable, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("robo_runtime.npm.shutil.which", lambda name: "/usr/bin/" + name)
    with pytest.raises(RoboError, match="robo blocks verify --install"):
        PACKAGE.find()
    monkeypatch.setattr("robo_runtime.npm.shutil.which", lambda name: None)
    with pytest.raises(RoboError, match=r"install Node\.js"):
        PACKAGE.find()
