"""What a server does with clients that are rude, gone, too many, or not who they should be."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time

import pytest
from robo_runtime.paths import configs_dir
from robo_runtime.prompt import Part

from .serving import serving
from .small import SMALL_GBNF

pytest.importorskip("llama_cpp")
pytest.importorskip("fastapi")
openai = pytest.importorskip("openai")
httpx = pytest.importorskip("httpx2")

pytestmark = pytest.mark.llama

ASK = {"messages": [{"role": "user", "content": "blink"}], "max_tokens": 40}
CHAT = "/v1/chat/completions"
JSON = {"content-type": "application/json"}
ENDLESS = "root ::= [^\\x00-\\x1f] root"


def until(true, what):
    """Wait for a state that must come."""
    for _ in range(60_000):
        if true():
            return
        time.sleep(0.005)
    raise AssertionError(f"never: {what}")


def idle(server):
    until(lambda: server.service.worker.running_for is None, "the model is free")


@contextlib.contextmanager
def held(server):
    """The model is busy for as long as the block takes."""
    with server.service.generator._lock:
        yield


@pytest.fixture
def noted(server, monkeypatch):
    """Tokens of each choice that ended, and whether it was cancelled."""
    seen = []
    note = server.service.metrics.note

    def noting(answer, *, cancelled):
        seen.append((answer.tokens, cancelled))
        note(answer, cancelled=cancelled)

    monkeypatch.setattr(server.service.metrics, "note", noting)
    return seen


def slow_down(server, monkeypatch):
    engine = server.service.generator.engine
    feed = engine.feed
    monkeypatch.setattr(engine, "feed", lambda tokens: (time.sleep(0.02), feed(tokens))[1])


@pytest.fixture
def slow(server, monkeypatch):
    """A model that takes its time, so that a client can leave in between."""
    slow_down(server, monkeypatch)


def test_a_client_that_leaves_mid_stream_frees_the_model(server, slow, noted):
    with server.client() as client:
        stream = client.chat.completions.create(
            model="robo-random-f32", messages=ASK["messages"], stream=True, extra_body={"grammar": ENDLESS}
        )
        next(iter(stream))
        stream.close()
    idle(server)
    until(lambda: noted, "its end is noted, just behind the model's")
    [(tokens, cancelled)] = noted
    assert cancelled
    assert tokens < 400  # of the 480 that there is room for
    assert server.post(CHAT, ASK).status_code == 200


def test_a_client_that_leaves_before_its_answer_frees_the_model(server, slow, noted):
    body = json.dumps(ASK | {"grammar": ENDLESS, "max_tokens": 400}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with server.connect() as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        until(lambda: server.service.worker.running_for is not None, "the model works")
    idle(server)
    until(lambda: noted, "its end is noted, just behind the model's")
    assert noted[0][1]
    assert noted[0][0] < 400


def test_a_client_that_leaves_the_queue_is_not_answered(server, noted):
    body = json.dumps(ASK).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with held(server):
        first = threading.Thread(target=server.post, args=(CHAT, ASK))
        first.start()
        until(lambda: server.service.worker.running_for is not None, "the first is at work")
        with server.connect() as connection:
            connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            until(lambda: server.service.worker.waiting == 1, "the second waits")
        until(lambda: server.service.worker.waiting == 0, "the second left")
    first.join()
    idle(server)
    until(lambda: noted, "the end of the first is noted")
    assert len(noted) == 1


@pytest.fixture(scope="module")
def strict(model):
    """A server with little room, and a key."""
    settings = {"queue": 1, "tokens": 5, "body_seconds": 0.5, "origins": ("https://kit.example",)}
    with serving(model, api_key="sesame", hosts=None, **settings) as running:
        yield running


KEY = {"authorization": "Bearer sesame"}


def test_each_board_has_its_own_grammar_and_its_own_checks(strict):
    engine = strict.service.generator.engine

    def writable(board, pin):
        code = f"from machine import Pin\n\nled = Pin({pin}, Pin.OUT)\nled.on()\n"
        grammar = strict.service._writer._programs[board].fresh()
        for token in engine.encode([Part(code, False)]):
            if not grammar.allows(token):
                return False
            grammar.accept(token)
        return True

    boards = strict.get("/health").json()["boards"]
    assert {(board, pin) for board in boards for pin in (25, 48) if writable(board, pin)} == {
        ("esp32", 25),
        ("esp32s3", 48),
    }
    done = strict.post(CHAT, ASK | {"board": "esp32c3", "max_tokens": 2}, headers=KEY)
    assert done.status_code == 200


def test_a_full_queue_is_429_with_retry_after(strict):
    def post():
        return strict.post(CHAT, ASK, headers=KEY)

    with held(strict):
        waiting = [threading.Thread(target=post) for _ in range(2)]
        waiting[0].start()
        until(lambda: strict.service.worker.running_for is not None, "one runs")
        waiting[1].start()
        until(lambda: strict.service.worker.waiting == 1, "one waits")
        refused = post()
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "queue_full")
        assert 1 <= int(refused.headers["retry-after"]) <= 120
        with (
            strict.client(api_key="sesame") as client,
            pytest.raises(openai.RateLimitError, match="1 requests"),
        ):
            client.completions.create(model="robo-random-f32", prompt="x")
        assert strict.get("/health").json()["queue"] == {"waiting": 1, "room": 1, "running": True}
        assert "robo_queue_length 1.0" in strict.get("/metrics", headers=KEY).text
    for thread in waiting:
        thread.join()
    idle(strict)
    assert post().status_code == 200


def test_an_answer_that_takes_too_long_ends_with_what_is_there(server, monkeypatch):
    engine = server.service.generator.engine
    feed, fed = engine.feed, []

    def feeding(tokens):
        fed.append(tokens)
        if len(fed) > 5:  # as if a minute had passed
            server.service.worker._running.stop.at = 0.0
        feed(tokens)

    monkeypatch.setattr(engine, "feed", feeding)
    done = server.post(CHAT, {**ASK, "grammar": ENDLESS, "max_tokens": 400}).json()
    [choice] = done["choices"]
    assert (choice["finish_reason"], choice["robo"]["stopped"]) == ("length", "time")
    assert done["usage"]["completion_tokens"] == 5


def test_a_longest_answer_holds_whatever_is_asked_for(strict):
    for asked in (None, 40):
        done = strict.post(CHAT, ASK | {"max_tokens": asked, "temperature": 1.0}, headers=KEY).json()
        assert done["usage"]["completion_tokens"] <= 5


def test_a_megabyte_is_too_long_as_a_body_and_as_a_prompt(server):
    whole = server.post(CHAT, {"messages": [{"role": "user", "content": "blink " * 200_000}]})
    assert (whole.status_code, whole.json()["error"]["code"]) == (413, "request_too_large")
    prompt = server.post(CHAT, {"messages": [{"role": "user", "content": "b" * 1_000_000}]})
    assert (prompt.status_code, prompt.json()["error"]["code"]) == (400, "context_length_exceeded")


def test_a_body_in_chunks_is_counted_too(server):
    def chunks():
        for _ in range(40):
            yield b" " * 50_000

    answer = server.post(CHAT, content=chunks(), headers=JSON)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request_too_large")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            b'{"messages": [{"role": "user", "content": "\xff\xfe"}]}',
            "not UTF-8: invalid start byte at byte 43",
        ),
        (b'{"messages": ', "not JSON: Expecting value at character 13"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "cannot be read: Exceeds the limit"),
        (b"[]", "body: input should be a valid dictionary"),
        (b"null", "body: "),
        (b"", "body: this key is missing"),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', "messages.0.content"),
        (b'{"temperature": NaN, "messages": []}', "temperature"),
        (b'{"messages": {"\\ud800": 1}}', "messages: input should be a valid list"),
        (b'{"\\ud800": 1, "messages": []}', "unable to parse raw data as a unicode string"),
    ],
)
def test_a_body_that_is_no_request_is_a_400_that_says_why(server, body, message):
    answer = server.post(CHAT, content=body, headers=JSON)
    assert answer.status_code == 400, answer.text
    assert message in answer.json()["error"]["message"]
    assert "Traceback" not in answer.text


def test_other_content_types_are_told_what_to_send(server):
    answer = server.post(CHAT, content=b"{}", headers={"content-type": "text/plain"})
    assert answer.status_code == 400
    assert "send JSON with Content-Type: application/json (got text/plain)" in answer.text


def test_a_body_that_does_not_come_is_given_up(strict):
    with strict.connect() as connection:
        head = f"POST {CHAT} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        lock = "Authorization: Bearer sesame\r\nContent-Length: 100\r\n\r\n{"
        connection.sendall((head + lock).encode())
        assert b" 408 " in connection.recv(1000).split(b"\r\n")[0]
    assert strict.get("/health").status_code == 200


def test_the_wrong_path_and_method_are_named(server):
    assert "there is no /v1/chat here" in server.post("/v1/chat", {}).json()["error"]["message"]
    assert "takes POST, not GET" in server.get(CHAT).json()["error"]["message"]


def test_a_web_page_that_gives_this_machine_another_name_is_refused(server):
    answer = server.get("/v1/models", headers={"host": "evil.example:80"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "unknown_host")
    for name in ("localhost", "127.0.0.1:1", "[::1]:8080", "LOCALHOST:99"):
        assert server.get("/v1/models", headers={"host": name}).status_code == 200


def test_with_a_key_everything_but_the_health_needs_it(strict):
    for headers in ({}, {"authorization": "Basic sesame"}, {"authorization": "Bearer"}):
        answer = strict.get("/v1/models", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "missing_api_key")
        assert answer.headers["www-authenticate"] == "Bearer"
    for path in ("/metrics", "/openapi.json", "/nowhere"):
        assert strict.get(path).status_code == 401
    assert strict.get("/health").status_code == 200
    with strict.client(api_key="open") as client, pytest.raises(openai.AuthenticationError) as caught:
        client.models.list()
    assert caught.value.code == "invalid_api_key"
    assert "sesame" not in str(caught.value)
    with strict.client(api_key="sesame") as client:
        assert list(client.models.list())
    assert strict.get("/health", headers={"host": "kit.example"}).status_code == 200
    assert strict.get("/v1/models", headers={"authorization": b"Bearer s\xe9same"}).status_code == 401


def test_pages_of_other_origins_may_call_only_when_they_are_named(server, strict):
    asks = {"origin": "https://kit.example", "access-control-request-method": "POST"}
    assert "access-control-allow-origin" not in server.get("/health", headers=asks).headers
    allowed = httpx.options(strict.url + CHAT, headers=asks)
    assert allowed.headers["access-control-allow-origin"] == "https://kit.example"
    other = httpx.options(strict.url + CHAT, headers=asks | {"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in other.headers


def test_a_registry_that_changes_is_told_and_not_taken(model, tmp_path, monkeypatch):
    import shutil

    copy = tmp_path / "configs"
    shutil.copytree(configs_dir(), copy)
    monkeypatch.setenv("ROBO_CONFIGS", str(copy))
    code = {"code": "from robokit import led\n\nled.on()\n"}
    with serving(model, SMALL_GBNF) as server:
        assert server.get("/health").json()["registry"]["changed_on_disk"] is False
        before = server.post(CHAT, ASK).json()["choices"]
        for path in (copy / "firmware").glob("*.yaml"):
            path.write_text("nonsense: [")
        health = server.get("/health").json()
        assert health["registry"]["changed_on_disk"] is True
        assert "restart it" in health["registry"]["note"]
        after = server.post(CHAT, ASK).json()["choices"]
        assert after[0]["message"] == before[0]["message"]
        assert server.post("/check", code).json()["valid"] is True
        assert server.post("/simulate", code).json()["error"] is None


def test_a_fault_of_ours_is_a_500_without_its_details_and_the_server_lives_on(server, monkeypatch):
    def broken(*_):
        raise RuntimeError("a secret")

    with monkeypatch.context() as patch:
        patch.setattr(server.service.generator.engine, "encode", broken)
        answer = server.post(CHAT, ASK)
        assert answer.status_code == 500
        assert "secret" not in answer.text
        with server.client() as client, pytest.raises(openai.InternalServerError):
            client.chat.completions.create(model="robo-random-f32", stream=True, **ASK)
    with monkeypatch.context() as patch:
        patch.setattr(server.service, "health", broken)
        assert server.get("/health").status_code == 500
    assert server.post(CHAT, ASK).status_code == 200


def test_a_fault_in_the_middle_of_a_stream_is_an_event(server, monkeypatch):
    engine = server.service.generator.engine
    feed, fed = engine.feed, []

    def breaks(tokens):
        fed.append(tokens)
        if len(fed) > 20:
            raise RuntimeError("a secret")
        feed(tokens)

    monkeypatch.setattr(engine, "feed", breaks)
    with server.client() as client, pytest.raises(openai.APIError, match="the server failed") as caught:
        options = {"stream": True, "extra_body": {"grammar": ENDLESS}}
        list(client.chat.completions.create(model="robo-random-f32", **(ASK | options)))
    assert "secret" not in str(caught.value)


def test_requests_have_numbers_and_are_counted(server):
    numbers = {server.get("/health").headers["x-request-id"] for _ in range(3)}
    assert len(numbers) == 3
    server.post(CHAT, ASK)
    text = server.get("/metrics").text
    assert 'robo_requests_total{method="GET",path="/health",status="200"}' in text
    for name in ("robo_tokens_total", "robo_queue_seconds", "robo_first_token_seconds", "process_resident"):
        assert name in text


def test_the_openapi_document_is_there_and_pages_that_load_scripts_are_not(server):
    paths = server.get("/openapi.json").json()["paths"]
    assert {CHAT, "/v1/completions", "/v1/models", "/simulate", "/check", "/health"} <= set(paths)
    assert server.get("/docs").status_code == 404


def test_a_server_that_is_told_to_stop_ends_what_it_has_begun(model, monkeypatch):
    with serving(model, SMALL_GBNF) as server:
        slow_down(server, monkeypatch)
        helper = server.service.sandbox._process.pid
        with server.client() as client:
            options = {"stream": True, "max_tokens": 40, "extra_body": {"grammar": ENDLESS}}
            stream = iter(client.chat.completions.create(model="robo-random-f32", **(ASK | options)))
            next(stream)
            server.uvicorn.should_exit = True
            assert [chunk.choices[0].finish_reason for chunk in stream][-1] == "length"
    with pytest.raises(ProcessLookupError):
        os.kill(helper, 0)
    assert not server.service.worker._thread.is_alive()
