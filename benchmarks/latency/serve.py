"""Many clients at once against `robo serve`: errors, memory, order and tokens a second.

    .venv/bin/python -m benchmarks.latency.serve [--clients 8] [--minutes 5] [--model FILE] [--json OUT.json]

Starts the server as a process of its own. Each client sends one request after the other, every second one
streamed; prompts, seeds and temperatures differ. Order: an inversion is a request that was sent 50 ms or more
before another and answered after it. Memory: resident bytes of the server, the median of the first tenth of
the time (after a warm-up) beside that of the last.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, NamedTuple

from robo_runtime.files import write_json
from robo_runtime.models import default_model

from benchmarks.latency.first_token import load_average, machine, spread

PROMPTS = (
    "Blink an LED on pin 2 every 500 ms",
    "turn the servo on pin 13 to 45 degrees",
    "beep when the button on pin 14 is pressed",
    "read the temperature every ten seconds and print it",
    "make my robot drive a square with robokit",
)
_AHEAD = 0.05
"""Seconds by which a request must have been sent earlier to count as first in line."""
_WARM_UP = 0.1
"""Share of the time before memory is looked at."""


class Exchange(NamedTuple):
    """One request and its answer."""

    client: int
    sent: float
    answered: float
    tokens: int
    error: str | None


def body(client: int, number: int) -> dict[str, Any]:
    """The request with this number of a client."""
    streamed = number % 2 == 1
    return {
        "messages": [{"role": "user", "content": PROMPTS[(client + number) % len(PROMPTS)]}],
        "temperature": 0.0 if number % 3 else 1.0,
        "seed": client * 100_000 + number,
        "max_tokens": 200,
        "stream": streamed,
        **({"stream_options": {"include_usage": True}} if streamed else {}),
    }


def exchange(connection: http.client.HTTPConnection, client: int, number: int) -> Exchange:
    """Send one request and read all of the answer."""
    asked, sent = body(client, number), time.perf_counter()
    tokens, error = 0, None
    try:
        data = json.dumps(asked).encode()
        connection.request("POST", "/v1/chat/completions", data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            error = f"{response.status}: {text[:200]}"
        elif asked["stream"]:
            events = [line[6:] for line in text.splitlines() if line.startswith("data: ")]
            tokens = json.loads(events[-2])["usage"]["completion_tokens"]
        else:
            tokens = json.loads(text)["usage"]["completion_tokens"]
    except (OSError, http.client.HTTPException, ValueError, KeyError, IndexError, TypeError) as e:
        error = f"{type(e).__name__}: {e}"
        connection.close()
    return Exchange(client, sent, time.perf_counter(), tokens, error)


def resident(process: int) -> int | None:
    """Bytes of memory that a process holds; None where the system does not tell."""
    try:
        for line in Path(f"/proc/{process}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def inversions(exchanges: list[Exchange]) -> int:
    """Requests that were overtaken by one sent clearly later."""
    ordered = sorted(exchanges, key=lambda e: e.answered)
    latest_sent, count = float("-inf"), 0
    for one in ordered:
        count += one.sent < latest_sent - _AHEAD
        latest_sent = max(latest_sent, one.sent)
    return count


def measure(model: Path, clients: int, seconds: float) -> dict[str, Any]:
    """Run the server and its clients for so long."""
    before = load_average()
    options = ["--model", str(model), "--port", "0", "--queue", str(clients)]
    server = subprocess.Popen(
        [sys.executable, "-m", "robo_runtime.cli", "serve", *options],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    line = server.stderr.readline()
    if " on http://" not in line:
        sys.exit(f"error: the server did not start: {line}{server.stderr.read()}")
    address = line.split("http://")[1].split("/")[0]
    exchanges, memory = _load(address, server.pid, clients, seconds)
    exit_status = _end(server)
    return _figures(exchanges, memory, model, clients, seconds) | {
        "server_exit": exit_status,
        "machine": machine(),
        "load": {"before": before, "after": load_average()},
        "date": time.strftime("%Y-%m-%d"),
    }


def _load(
    address: str, process: int, clients: int, seconds: float
) -> tuple[list[Exchange], list[tuple[float, int]]]:
    start, exchanges = time.perf_counter(), list[Exchange]()

    def run(client: int) -> None:
        connection, number = http.client.HTTPConnection(address, timeout=300), 0
        while time.perf_counter() - start < seconds:
            exchanges.append(exchange(connection, client, number))
            number += 1
        connection.close()

    threads = [threading.Thread(target=run, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    memory = []
    while (at := time.perf_counter() - start) < seconds:
        if (held := resident(process)) is not None:
            memory.append((at / seconds, held))
        time.sleep(min(1.0, seconds / 40))
    for thread in threads:
        thread.join()
    return exchanges, memory


def _end(server: subprocess.Popen[str]) -> int:
    server.terminate()
    try:
        server.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        server.kill()
        server.communicate()
    return server.returncode


def _figures(
    exchanges: list[Exchange],
    memory: list[tuple[float, int]],
    model: Path,
    clients: int,
    seconds: float,
) -> dict[str, Any]:
    good = [e for e in exchanges if e.error is None]
    errors = [e.error for e in exchanges if e.error is not None]
    counts = [sum(e.client == client for e in good) for client in range(clients)]
    span = max((e.answered for e in good), default=0.0) - min((e.sent for e in good), default=0.0)
    first = [held for at, held in memory if _WARM_UP <= at < 2 * _WARM_UP]
    last = [held for at, held in memory if at >= 0.9]
    grown = statistics.median(last) / statistics.median(first) - 1 if first and last else None
    return {
        "what": "clients at once against robo serve",
        "command": f"python -m benchmarks.latency.serve --clients {clients} --minutes {seconds / 60:g}",
        "model": model.name,
        "clients": clients,
        "seconds": round(seconds, 1),
        "requests": len(good),
        "errors": len(errors),
        "first_errors": errors[:3],
        "tokens_per_second": round(sum(e.tokens for e in good) / span, 1) if span > 0 else None,
        "answer_s": spread([e.answered - e.sent for e in good]),
        "requests_of_a_client": {"fewest": min(counts, default=0), "most": max(counts, default=0)},
        "inversions": inversions(good),
        "rss_mb": {
            "after_warm_up": round(statistics.median(first) / 1e6, 1) if first else None,
            "end": round(statistics.median(last) / 1e6, 1) if last else None,
            "grown": None if grown is None else round(grown, 4),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--model", type=Path, help="GGUF file; the newest export when not given")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    args = parser.parse_args()
    if args.clients < 1 or args.minutes <= 0:
        parser.error("--clients and --minutes: use more than 0")
    found = measure(args.model or default_model(), args.clients, args.minutes * 60)
    rss, each, answer = found["rss_mb"], found["requests_of_a_client"], found["answer_s"]
    print(f"model      {found['model']}, {found['clients']} clients, {found['seconds']:g} s")
    print(f"machine    {found['machine']['cpu']}, {found['machine']['cores']} cores")
    print(f"load       {found['load']['before']} before, {found['load']['after']} after")
    print(f"requests   {found['requests']}, {found['errors']} errors {found['first_errors'] or ''}")
    print(f"tokens/s   {found['tokens_per_second']}")
    if answer:
        print(f"answer     {answer['median']:.3f} s median, {answer['min']:.3f} to {answer['max']:.3f}")
    print(f"order      {found['inversions']} overtaken; {each['fewest']} to {each['most']} a client")
    print(f"memory     {rss['after_warm_up']} MB after the warm-up, {rss['end']} MB at the end")
    if args.json:
        write_json(args.json, found)
    if found["errors"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
