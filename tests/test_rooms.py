"""Imports run one way: runtime imports neither train nor convert, train imports runtime alone."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN = {
    "runtime/robo_runtime": {"robo_train", "robo_convert", "torch", "lightning", "transformers"},
    "train/robo_train": {"robo_convert", "llama_cpp"},
    "convert/robo_convert": set(),
}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", FORBIDDEN)
def test_a_room_imports_only_what_the_design_allows(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    wrong = {str(f.relative_to(ROOT)): imported(f) & FORBIDDEN[room] for f in files}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_the_commands_start_without_loading_torch_or_llama() -> None:
    """Help must come at once: heavy libraries are imported where they are used."""
    import subprocess
    import sys

    heavy = ("torch", "llama_cpp", "lightning", "transformers", "gguf", "fastapi", "uvicorn")
    for module in ("robo_train.cli", "robo_convert.cli", "robo_runtime.cli"):
        code = f"import {module}, sys; print([m for m in {heavy!r} if m in sys.modules])"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "[]", module
