"""The `robo` command: what it prints, where, and with which exit status."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from robo_runtime.cli import app
from robo_runtime.errors import RoboError
from robo_runtime.models import default_model
from robo_runtime.screen import ProgramStream, coloured
from typer.testing import CliRunner

pytest.importorskip("llama_cpp")
llama = pytest.mark.llama


def robo(*args, **options):
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "robo_runtime.cli", *map(str, args)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        **options,
    )


@llama
def test_generate_prints_the_program_and_nothing_else_to_a_pipe(model):
    done = robo("generate", "blink the LED on pin 2", "--model", model, "--max-tokens", 80)
    assert done.returncode == 0, done.stderr
    ast.parse(done.stdout)
    assert done.stdout
    assert "\x1b" not in done.stdout
    assert "llama" not in done.stderr


@llama
def test_the_printed_program_is_the_one_of_the_json_answer(model):
    args = ("generate", "blink", "--model", model, "--max-tokens", 80, "--temperature", 1, "--seed", 5)
    record = json.loads(robo(*args, "--json").stdout)
    assert robo(*args).stdout == record["code"]
    assert set(record) == {"prompt", "code", "valid", "problems", "stopped", "timings", "model"}


def test_every_language_is_taken_and_an_unknown_one_named():
    done = robo("generate", "blink", "--lang", "xx")
    assert done.returncode == 2
    assert done.stderr.startswith("error: unknown language 'xx'; known: en")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["generate", "  "], "the prompt is empty"),
        (["generate"], "give a prompt"),
        (["generate", "x", "--prompts-file", "f"], "takes no prompt"),
        (["generate", "--prompts-file", "none.jsonl", "--output", "o"], "none.jsonl: cannot be read"),
        (["generate", "x", "--model", "none.gguf"], "none.gguf: no such model file"),
        (["generate", "x", "--model", "foreign.gguf"], "foreign.gguf: not a GGUF file"),
        (["generate", "x", "--model", "short.gguf"], "short.gguf: cut short"),
        (["check", "none.py"], "none.py: no such file"),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(args, message, model, tmp_path):
    (tmp_path / "foreign.gguf").write_bytes(b"\x80\x02}q\x00")
    (tmp_path / "short.gguf").write_bytes(model.read_bytes()[:100_000])
    done = robo(*args, cwd=tmp_path, env=os.environ | {"PYTHONPATH": _absolute_path()})
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def _absolute_path():
    folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(str(Path(folder).resolve()) for folder in folders if folder)


@llama
def test_an_unknown_board_and_senseless_numbers_are_named(model):
    assert "board" in robo("generate", "x", "--model", model, "--board", "toaster").stderr
    done = robo("generate", "x", "--model", model, "--threads", 0)
    assert (done.returncode, "threads" in done.stderr) == (2, True)
    assert robo("generate", "x", "--model", model, "--max-tokens", "-3").returncode == 2


def test_the_default_model_is_the_newest_export_then_the_largest_shipped(tmp_path):
    with pytest.raises(RoboError, match=r"no model.*justw train nano && \./justw export gguf"):
        default_model(tmp_path)
    for name, size in (("models/robo-nano-q4_0.gguf", 1), ("models/robo-tiny-q4_0.gguf", 9)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * size)
    assert default_model(tmp_path).name == "robo-tiny-q4_0.gguf"
    for age, name in enumerate(("b", "a")):
        path = tmp_path / "exports" / name / f"{name}-q4_0.gguf"
        path.parent.mkdir(parents=True)
        path.touch()
        os.utime(path, (1e9 + age, 1e9 + age))
    assert default_model(tmp_path).name == "a-q4_0.gguf"


@llama
def test_a_batch_answers_names_bad_lines_and_resumes(model, tmp_path):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text('{"id": 1, "prompt": "blink"}\noops\n{"id": 2, "prompt": "beep", "lang": "hi"}\n')
    args = ["generate", "--prompts-file", source, "--output", output, "--model", model, "--max-tokens", 40]
    first = robo(*args)
    assert first.returncode == 0, first.stderr
    assert "in.jsonl:2: not a line of JSON" in first.stderr
    assert "2 answered" in first.stderr
    assert [json.loads(line)["id"] for line in output.read_text().splitlines()] == [1, 2]
    assert "0 answered, 0 valid, 2 were answered before" in robo(*args).stderr
    assert robo(*args, "--strict").returncode == 2
    assert robo(*args[:3], "--output", source, "--model", model).returncode == 2
    assert "oops" in source.read_text()


@llama
def test_chat_answers_keeps_settings_saves_and_survives_mistakes(model, tmp_path):
    saved = tmp_path / "main.py"
    lines = ["/save x.py", "/lang xx", "/lang hi", "/hardware LED on pin 4", "blink", f"/save {saved}"]
    lines += ["/check", "/run 1", "/run soon", "/nonsense", "", "/help", "/quit", "never read"]
    done = robo("chat", "--model", model, "--max-tokens", 60, input="\n".join(lines))
    assert done.returncode == 0, done.stderr
    assert saved.read_text() == done.stdout
    ast.parse(done.stdout)
    for said in (
        "no program yet",
        "unknown language 'xx'",
        "language: hi",
        "LED on pin 4",
        "no command",
        "1 to 3600",
        "/quit",
    ):
        assert said in done.stderr


@llama
def test_chat_ends_with_its_input(model):
    assert robo("chat", "--model", model, input="").returncode == 0


def test_check_names_file_line_and_column_and_exits_1(tmp_path):
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("import time\n\ntime.sleep(1)\n")
    bad.write_text("import time\n\ntime.sleep(\n")
    run = CliRunner().invoke
    assert run(app, ["check", str(good)]).exit_code == 0
    done = run(app, ["check", str(bad)])
    assert done.exit_code == 1
    assert f"{bad}:3:" in done.output.replace("\n", "")
    assert json.loads(run(app, ["check", str(bad), "--json"]).output)[0]["line"] == 3


def test_help_lists_the_mounted_commands_and_version_prints_one():
    done = robo("--help")
    assert done.returncode == 0
    for name in ("generate", "chat", "check", "registry", "grammar", "simulate"):
        assert name in done.stdout
    assert robo("--version").stdout.startswith("robo ")
    assert robo("nonsense").returncode == 2


@llama
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
def test_ctrl_c_exits_130(model, tmp_path):
    source = tmp_path / "in.jsonl"
    source.write_text("".join(json.dumps({"id": i, "prompt": "blink"}) + "\n" for i in range(3000)))
    output = tmp_path / "out.jsonl"
    args = ["generate", "--prompts-file", source, "--output", output, "--model", model]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:  # a job in the background is deaf to it, and so would be its children
        process = subprocess.Popen(
            [sys.executable, "-m", "robo_runtime.cli", *map(str, args)], stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)
    while process.poll() is None and not (output.exists() and output.stat().st_size):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in errors
    json.loads(output.read_text().splitlines()[-1])  # the last line is whole


@llama
def test_a_closed_pipe_is_no_traceback(model):
    process = subprocess.Popen(
        [sys.executable, "-m", "robo_runtime.cli", "generate", "blink", "--model", str(model)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    process.stdout.close()
    errors = process.stderr.read()
    process.wait(timeout=30)
    assert "Traceback" not in errors


def test_colours_change_nothing_but_colours():
    code = 'if x == 1:  # "one"\n    print("a # b", 0x1F)\n'
    painted = coloured(code)
    import re

    assert re.sub("\x1b\\[[0-9]*m", "", painted) == code
    assert '\x1b[32m"a # b"\x1b[0m' in painted


def test_the_stream_prints_only_what_stays(capsys):
    stream = ProgramStream(sys.stdout)
    for text in ("while True:\n", "    led.on()\n"):
        stream.add(text)
    assert capsys.readouterr().out == ""
    stream.flush()
    stream.add("    led.o")
    stream.finish("while True:\n    led.on()\n")
    assert capsys.readouterr().out == "while True:\n    led.on()\n"
