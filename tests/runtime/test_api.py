"""`import robo_runtime`: what it offers, and that it costs next to nothing."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
import robo_runtime


def test_every_public_name_loads_and_says_what_it_is():
    for name in robo_runtime.__all__:
        assert (inspect.getdoc(getattr(robo_runtime, name)) or "").strip(), name
        assert name in dir(robo_runtime)


def test_a_type_checker_sees_the_same_names():
    tree = ast.parse(Path(robo_runtime.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.asname or alias.name
        for block in tree.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(robo_runtime.__all__) == set(robo_runtime._NAMES)


def test_the_import_alone_loads_none_of_it():
    code = "import sys, robo_runtime; print([m for m in sys.modules if m.startswith('robo_runtime.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_name_still_works_after_the_package_of_that_name_was_loaded():
    import robo_runtime.simulate

    assert robo_runtime.simulate_program("import time\n").error is None
    assert inspect.ismodule(robo_runtime.simulate)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'robo_runtime' has no attribute 'Generater'"):
        _ = robo_runtime.Generater


def test_every_name_of_the_document_exists():
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    for block in text.split("```python")[1:]:
        tree = ast.parse(block.split("```")[0])
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "robo_runtime":
                assert {alias.name for alias in node.names} <= set(robo_runtime.__all__)
    for name in robo_runtime.__all__:
        assert f"`{name}" in text, f"{name} is missing in docs/api.md"


@pytest.mark.llama
def test_a_generator_changes_boards_and_takes_a_registry(model):
    pytest.importorskip("llama_cpp")
    from robo_runtime import Board, Generator, RoboError, grammar_text, load_registry

    led = "from machine import Pin\n\nled = Pin(48, Pin.OUT)\n"
    registry = load_registry()
    with Generator(model) as generator:
        assert [problem.kind for problem in generator.check(led)] == ["pin"]
        generator.use_board("esp32s3")
        assert generator.check(led) == []
        assert generator.generate("blink", max_tokens=8).timings.tokens == 8
        with pytest.raises(RoboError, match="unknown board 'toaster'; known: esp32"):
            generator.use_board("toaster")
        assert generator.board == "esp32s3"
    with (
        Generator(model, grammar=grammar_text("esp32")) as fixed,
        pytest.raises(RoboError, match="given a gra"),
    ):
        fixed.use_board("esp32s3")
    single = Board(name="single", title="One pin", pins=(4,), adc=(), ids=registry.boards["esp32"].ids)
    own = registry.model_copy(update={"boards": {"single": single}})
    with Generator(model, registry=own, board="single") as generator:  # what it writes: examples/own_board.py
        assert [problem.kind for problem in generator.check(led.replace("48", "5"))] == ["pin"]
