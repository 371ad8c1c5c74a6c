"""The Kotlin engine for LiteRT with the interpreter itself, which runs in Python at the other end of a pipe."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.android import bridge
from tests.android.conftest import PROMPTS, coded, write


def test_kotlin_drives_the_interpreter_as_python_does(tokens: Path) -> None:
    pytest.importorskip("ai_edge_litert", reason="robo-runtime[litert] is not installed")
    model = bridge.export(tokens)
    asked = [(prompt, lang or "") for prompt, lang in PROMPTS]
    rows = zip(asked, bridge.expected(model, asked), strict=True)
    write(tokens / "litert.tsv", ([coded(prompt), lang, coded(code)] for (prompt, lang), code in rows))
    write(tokens / "signatures.tsv", bridge.Interpreter(model).rows())
    said = bridge.run(tokens, model)
    assert "passed\tLiteRT" in said, said
