"""A few hundred random requests; `python -m tests.runtime.fuzz_serve` sends ten thousand."""

from __future__ import annotations

import pytest

from .serving import serving
from .small import SMALL_GBNF

pytest.importorskip("llama_cpp")
pytest.importorskip("fastapi")
pytest.importorskip("schemathesis")

pytestmark = pytest.mark.llama


def test_whatever_comes_the_answer_is_documented_and_the_server_lives_on(model):
    from .fuzz_serve import fuzz

    with serving(model, SMALL_GBNF, tokens=8) as server:
        statuses = fuzz(server.url, 240)
        assert statuses[200]
        assert statuses[400]
        assert set(statuses) <= {200, 400, 404}
        health = server.get("/health").json()
        assert (health["status"], health["queue"]["waiting"]) == ("ok", 0)
