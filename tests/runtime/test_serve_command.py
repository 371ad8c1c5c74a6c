"""`robo serve` as a process: it starts, answers, refuses what is unsafe, and leaves when told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from robo_runtime.errors import RoboError

pytest.importorskip("llama_cpp")
pytest.importorskip("fastapi")

pytestmark = pytest.mark.llama


def start(*args, **environment):
    """`robo serve`, with a pipe to its standard error."""
    return subprocess.Popen(
        [sys.executable, "-m", "robo_runtime.cli", "serve", *map(str, args)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | environment,
    )


@pytest.mark.skipif(os.name == "nt", reason="no SIGTERM there")
def test_it_says_where_it_is_answers_and_ends_quietly_when_told(model):
    from openai import OpenAI

    process = start("--model", model, "--port", 0, "--log", ROBO_API_KEY="sesame")
    try:
        line = process.stderr.readline()
        assert "robo-random-f32 on http://127.0.0.1:" in line
        assert "with an API key" in line
        assert "sesame" not in line
        url = line.split()[2]
        with OpenAI(base_url=url, api_key="sesame", max_retries=0, timeout=600) as client:
            done = client.completions.create(model="robo-random-f32", prompt="blink", max_tokens=30)
            assert done.usage.completion_tokens <= 30
        with urllib.request.urlopen(url.replace("/v1", "/health"), timeout=600) as health:
            assert b'"ok"' in health.read()
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=600)
    assert process.returncode in (0, -signal.SIGTERM)  # uvicorn ends by the signal it was sent
    assert "Traceback" not in errors
    assert "sesame" not in errors


def test_a_taken_port_is_told_before_the_model_is_loaded():
    from robo_runtime.serve.cli import serve

    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(RoboError, match=r"cannot listen on 127\.0\.0\.1 port .*; choose another --port"),
    ):
        serve(port=taken.getsockname()[1], model=Path("no such file"))


def test_a_model_that_cannot_be_used_is_told(model, tmp_path):
    from robo_runtime.serve.cli import serve

    short = tmp_path / "short.gguf"
    short.write_bytes(model.read_bytes()[:100_000])
    with pytest.raises(RoboError, match=r"short.gguf: cut short"):
        serve(model=short, port=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"host": "0.0.0.0"}, "lets other machines in: give a key"),
        ({"api_key": "  "}, "the API key is empty"),
        ({"api_key": "schlüssel"}, "printable ASCII"),
        ({"origins": ["kit.example"]}, "is no origin"),
        ({"origins": ["https://kit.example/page/"]}, "is no origin"),
    ],
)
def test_what_would_be_unsafe_is_refused(options, message):
    from robo_runtime.serve.cli import make_settings

    defaults = {"host": "127.0.0.1", "api_key": None, "insecure": False, "origins": []}
    limits = {"queue": 1, "seconds": 1.0, "max_tokens": None}
    with pytest.raises(RoboError, match=message):
        make_settings(**(defaults | limits | options))


def test_other_machines_may_call_with_a_key_or_when_that_is_said_out_loud():
    from robo_runtime.serve.cli import make_settings

    limits = {"queue": 1, "seconds": 1.0, "max_tokens": None, "origins": ["https://kit.example"]}
    locked = make_settings(host="0.0.0.0", api_key="sesame", insecure=False, **limits)
    assert (locked.hosts, locked.api_key, locked.origins) == (None, "sesame", ("https://kit.example",))
    assert "sesame" not in repr(locked)
    assert make_settings(host="0.0.0.0", api_key=None, insecure=True, **limits).api_key is None
    assert make_settings(host="::1", api_key=None, insecure=False, **limits).hosts is not None


def test_without_the_extra_the_remedy_is_told(monkeypatch):
    from robo_runtime.serve.cli import serve

    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(
        RoboError, match=r"needs uvicorn: python -m pip install 'robo-runtime\[llama,serve\]'"
    ):
        serve()
