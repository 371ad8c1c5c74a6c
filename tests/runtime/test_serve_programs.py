"""Programs, schemas and grammars of clients: worked on within limits, whatever they try."""

from __future__ import annotations

import ast
import os
import signal

import pytest
from robo_runtime.check import check_program
from robo_runtime.registry import load_registry
from robo_runtime.simulate import World, simulate

pytest.importorskip("llama_cpp")
pytest.importorskip("fastapi")

pytestmark = pytest.mark.llama

BLINK = "from machine import Pin\nimport time\n\nled = Pin(2, Pin.OUT)\nfor i in range(3):\n    led.on()\n    time.sleep(1)\n    led.off()\n    time.sleep(1)\n"
PRESSED = "from machine import Pin\n\nprint(Pin(14, Pin.IN).value())\n"


def test_a_program_runs_as_in_the_simulator(server):
    trace = server.post("/simulate", {"code": BLINK, "until": 4}).json()
    own = simulate(BLINK, World(), 4.0).to_dict()
    assert trace == own
    assert trace["ended"] is False


def test_a_world_is_read_as_everywhere(server):
    trace = server.post("/simulate", {"code": PRESSED, "world": {"buttons": {"14": [[0, 1]]}}}).json()
    assert trace["output"] == ["1"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"code": BLINK, "until": 0}, "until: input should be greater than or equal to 0.001"),
        ({"code": BLINK, "until": 1e9}, "at most 3600 seconds"),
        ({"code": BLINK, "world": {"colour": 1}}, "world: colour: unknown key"),
        ({"code": 3}, "code: input should be a valid string"),
        ({}, "code: this key is missing"),
    ],
)
def test_a_simulation_that_cannot_be_is_a_400_that_says_why(server, body, message):
    answer = server.post("/simulate", body)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("x = 0\nwhile True:\n    x += 1\n", "stopped: more than"),
        ("x = [0]\nwhile True:\n    x = x + x\n", ""),
        ("import os\nos.system('echo')\n", "AttributeError"),
        ("x = " + "(" * 5000 + "1" + ")" * 5000, "SyntaxError"),
        ("print(1/0)\n", "ZeroDivisionError"),
        ("raise SystemExit\n", None),
    ],
)
def test_a_hostile_program_is_a_trace_with_an_error_and_the_next_one_runs(server, code, error):
    answer = server.post("/simulate", {"code": code, "until": 3600})
    assert answer.status_code == 200
    if error is None:
        assert answer.json()["error"] is None
    else:
        assert error in answer.json()["error"]
    assert server.post("/simulate", {"code": "print(1)\n"}).json()["output"] == ["1"]


@pytest.mark.parametrize("value", ["float('nan')", "float('inf')", "1 << 9000"])
def test_numbers_that_json_has_not_are_text(server, value):
    code = f"from robokit import robot\n\nrobot.forward({value})\n"
    answer = server.post("/simulate", {"code": code})
    assert answer.status_code == 200
    assert "NaN" not in answer.text


def test_a_check_says_what_the_checker_says(server):
    code = "import tim\nfrom machine import Pin\n\nPin(34, Pin.OUT)\n"
    answer = server.post("/check", {"code": code}).json()
    own = check_program(code, load_registry(), "esp32")
    assert answer["problems"] == [problem._asdict() for problem in own]
    assert (answer["valid"], answer["board"]) == (False, "esp32")
    assert server.post("/check", {"code": BLINK, "board": "esp32c3"}).json()["valid"] is True
    assert server.post("/check", {"code": "x = ("}).json()["problems"][0]["kind"] == "syntax"
    assert server.post("/check", {"code": BLINK, "board": "x"}).status_code == 400


def test_a_helper_that_was_killed_is_started_again(server):
    os.kill(server.service.sandbox._process.pid, signal.SIGKILL)
    server.service.sandbox._process.join()
    assert server.post("/simulate", {"code": "print(1)\n"}).json()["output"] == ["1"]


ASK = {"messages": [{"role": "user", "content": "x"}], "max_tokens": 5}


@pytest.mark.parametrize(
    "grammar",
    [
        "root ::= a a a a a a a a\na ::= b b b b b b b b b b\nb ::= (c c c c c c c c)*\nc ::= [a-z]* [a-z]* [a-z]*",
        "root ::= " + "[a]? " * 5000,
        "root ::= [a]{2000}{2000}{2000}",
    ],
)
def test_a_grammar_that_llama_cpp_cannot_follow_in_bearable_time_is_refused_or_followed(server, grammar):
    answer = server.post("/v1/chat/completions", ASK | {"grammar": grammar})
    assert answer.status_code in (200, 400), answer.text
    if answer.status_code == 400:
        assert answer.json()["error"]["code"] == "invalid_grammar"
    assert server.get("/health").json()["status"] == "ok"


def test_a_schema_that_would_fill_the_memory_is_refused(server):
    schema = {"type": "array", "items": {"type": "string", "maxLength": 2_000_000_000}}
    body = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}
    answer = server.post("/v1/chat/completions", ASK | body)
    assert answer.status_code == 400
    assert "maxLength" in answer.json()["error"]["message"]


def test_nested_schemas_end_somewhere(server):
    schema = {"type": "string"}
    for _ in range(300):
        schema = {"type": "object", "properties": {"a": schema}, "required": ["a"]}
    body = {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}
    assert server.post("/v1/chat/completions", ASK | body).status_code in (200, 400)
    assert server.post("/v1/chat/completions", ASK).status_code == 200


def test_a_program_becomes_blocks_and_blocks_a_program(server):
    made = server.post("/blocks", {"code": BLINK}).json()["workspace"]
    assert made["blocks"]["languageVersion"] == 0
    back = server.post("/blocks", {"workspace": made}).json()["code"]
    assert ast.dump(ast.parse(back)) == ast.dump(ast.parse(BLINK))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "give code or a workspace"),
        ({"code": "x", "workspace": {}}, "give code or a workspace"),
        ({"code": "x = ("}, "mend that first"),
        (
            {"workspace": {"blocks": {"languageVersion": 0, "blocks": [{"type": "no_such_block"}]}}},
            "no_such_block",
        ),
        ({"workspace": {"blocks": 3}}, "blocks"),
    ],
)
def test_what_is_no_program_and_no_workspace_is_a_400_that_says_why(server, body, message):
    answer = server.post("/blocks", body)
    assert answer.status_code == 400, answer.text
    assert message in answer.json()["error"]["message"]


@pytest.mark.parametrize("depth", [200, 900])
def test_a_workspace_nested_without_end_is_a_400_and_the_next_one_is_turned(server, depth):
    text = '{"workspace": ' + '{"a": ' * depth + "1" + "}" * depth + "}"
    answer = server.post("/blocks", content=text.encode(), headers={"content-type": "application/json"})
    assert answer.status_code == 400, answer.text
    assert server.post("/blocks", {"code": BLINK}).status_code == 200
