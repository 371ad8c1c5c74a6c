"""What lies in models/ is what its card says, and writes programs that do what they were asked."""

import hashlib
import json
from pathlib import Path

import pytest
from robo_runtime.checks import check_list, evaluate
from robo_runtime.models import default_model
from robo_runtime.simulate import simulate

MODELS = sorted((Path(__file__).resolve().parents[2] / "models").glob("*.gguf"))


def test_a_model_ships() -> None:
    assert MODELS
    assert default_model(MODELS[0].parents[1]).exists()


@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
def test_the_card_is_of_this_file(model: Path) -> None:
    name = model.stem.rsplit("-", 1)[0]
    card = model.with_name(f"{name}.md").read_text(encoding="utf-8")
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    training = json.loads(model.with_name(f"{name}.training.json").read_text(encoding="utf-8"))
    assert f"| sha256 | `{digest}` |" in card
    assert f"| trained at commit | `{training['git']['commit']}` |" in card
    assert training["command"] in card


@pytest.mark.llama
@pytest.mark.parametrize("model", MODELS, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    ("prompt", "check"),
    [
        ("Blink an LED on pin 2 every 500 ms", {"op": "periodic", "sig": ["pin", 2], "period": 1.0}),
        ("turn on the led at pin 14", {"op": "hold", "sig": ["pin", 14], "eq": 1, "from": 0.5, "to": 5}),
    ],
)
def test_it_does_what_the_first_lesson_asks(model: Path, prompt: str, check: dict) -> None:
    from robo_runtime.generate import Generator

    generator = Generator(model)
    try:
        result = generator.generate(prompt)
    finally:
        generator.close()
    assert result.valid, result.problems
    assert evaluate(simulate(result.code, until=10.0), check_list([check])) == []
