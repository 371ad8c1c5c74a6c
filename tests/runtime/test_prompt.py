"""The prompt format: pinned by a golden file, and closed to control tokens from outside."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from robo_runtime.errors import RoboError
from robo_runtime.languages import languages
from robo_runtime.prompt import (
    CHAT_TEMPLATE,
    N_CONTROL,
    clean_text,
    control_tokens,
    render,
    render_answer,
    to_text,
)

GOLDEN = Path(__file__).resolve().parents[1] / "data" / "prompts_golden.json"


def test_rendered_prompts_equal_the_golden_file() -> None:
    """Apps on other platforms build the same text: change this file only together with them."""
    for case in json.loads(GOLDEN.read_text(encoding="utf-8")):
        assert to_text(render(**case["request"])) == case["text"]


def test_control_tokens_have_the_ids_of_the_design() -> None:
    tokens = control_tokens()
    assert tokens[:12] == [
        "<pad>", "<eos>", "<bos>", "<unk>", "[SYSTEM]", "[/SYSTEM]", "[USER]", "[/USER]", "[CODE]", "[/CODE]",
        "[HARDWARE]", "[/HARDWARE]",
    ]  # fmt: skip
    assert tokens[12:38] == [f"[LANG:{code}]" for code in languages()]
    assert len(tokens) == len(set(tokens)) == N_CONTROL


def test_there_are_25_languages_and_hinglish() -> None:
    assert len(languages()) == 26
    assert next(iter(languages())) == "en"


@given(st.text(min_size=1))
def test_text_of_a_user_stays_text(text: str) -> None:
    if not clean_text(text):
        return
    parts = render(text, system=text, hardware=text)
    control = set(control_tokens())
    assert all(part.text in control for part in parts if part.control)
    assert sum(part.control for part in parts) == 8  # bos, three sections of two, [CODE]


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
    assert "\u2581" not in once
    assert "\r" not in once
    once.encode("utf-8")


@pytest.mark.parametrize("empty", ["", "  ", "\n\t", "\x00"])
def test_an_empty_prompt_is_refused_with_an_example(empty: str) -> None:
    with pytest.raises(RoboError, match="the prompt is empty"):
        render(empty)


def test_an_unknown_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(RoboError, match=r"'xx'.*en, hi, bn"):
        render("hello", lang="xx")


def test_the_chat_template_renders_the_same_text() -> None:
    """Jinja as Hugging Face and llama.cpp run it against our renderer."""
    jinja2 = pytest.importorskip("jinja2")
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(CHAT_TEMPLATE)
    for case in json.loads(GOLDEN.read_text(encoding="utf-8")):
        request = dict(case["request"])
        messages = [{"role": "user", "content": request.pop("user")}]
        if system := request.pop("system", ""):
            messages.insert(0, {"role": "system", "content": system})
        hardware = request.pop("hardware", "")
        hardware = hardware if isinstance(hardware, str) else ", ".join(hardware)
        if "\u2581" in case["text"] or "\r" in messages[-1]["content"]:
            continue
        text = template.render(
            messages=messages, lang=request.get("lang"), hardware=hardware, add_generation_prompt=True,
            bos_token="<bos>", eos_token="<eos>",
        )  # fmt: skip
        assert text == case["text"]


def test_an_answer_ends_with_one_line_end_and_the_two_end_tokens() -> None:
    assert to_text(render_answer("x = 1\n\n")) == "x = 1\n[/CODE]<eos>"
