"""Random requests against a server, made from its own OpenAPI document, and bodies that follow no document.

    .venv/bin/python -m tests.runtime.fuzz_serve --bodies 10000 [--url http://127.0.0.1:8080] [--seed 0]

Without --url a server with the default model is started. Half of the bodies are what the document allows, a
quarter what it forbids, a quarter bytes. Every answer has to have a documented status, content type and
shape, and none may be a 5xx.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import httpx2 as httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def fuzz(
    url: str, bodies: int, start: int = 0, say: Callable[[str], object] = lambda _: None
) -> Counter[int]:
    """Send so many bodies, and return how often each status came; raises on an answer that may not be.

    Args:
        say: hears when each operation is through.
    """
    document = schemathesis.openapi.from_url(f"{url}/openapi.json")
    posts = [op for found in document.get_all_operations() if (op := found.ok()).method.upper() == "POST"]
    statuses: Counter[int] = Counter()
    for operation in posts:
        share = bodies // len(posts)
        for mode, count in ((GenerationMode.POSITIVE, share // 2), (GenerationMode.NEGATIVE, share // 4)):
            _documented(operation, mode, count, start, statuses)
        _bytes(url + operation.full_path, share - share // 2 - share // 4, start, statuses)
        say(f"{operation.label}: {statuses.total():,} of {bodies:,} bodies sent")
    return statuses


def _documented(operation: Any, mode: GenerationMode, count: int, start: int, statuses: Counter[int]) -> None:
    @seed(start)
    @_many(count)
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: Any) -> None:
        response = case.call()
        case.validate_response(response, checks=CHECKS)
        statuses[response.status_code] += 1

    one()


def _bytes(url: str, count: int, start: int, statuses: Counter[int]) -> None:
    texts = st.text(st.sampled_from('{}[]":,\\u0aé\x00 1e9-'), max_size=60).map(str.encode)

    @seed(start)
    @_many(count)
    @given(body=st.one_of(st.binary(max_size=60), texts))
    def one(body: bytes) -> None:
        answer = httpx.post(url, content=body, headers={"content-type": "application/json"}, timeout=600)
        assert answer.status_code == 400, (body, answer.status_code, answer.text)
        assert answer.json()["error"]["message"], body
        statuses[answer.status_code] += 1

    one()


def _many(count: int) -> Any:
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bodies", type=int, default=10_000)
    parser.add_argument("--url", help="of a running server; one is started when not given")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    from robo_runtime.models import default_model

    from .serving import serving

    given_server = nullcontext(SimpleNamespace(url=args.url))
    with given_server if args.url else serving(default_model(), tokens=8) as server:
        statuses = fuzz(server.url, args.bodies, args.seed, lambda text: sys.stderr.write(text + "\n"))
        alive = httpx.get(server.url + "/health", timeout=600).json()
    told = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    sys.stdout.write(f"{statuses.total()} bodies; {told}; the server says {alive['status']!r}\n")


if __name__ == "__main__":
    main()
