"""Near copies, by a definition computed here a second time and slowly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from robo_train.corpus.hygiene import NEAR, NearCopies, key, masked, normal

WORDS = st.sampled_from(["blink", "the", "led", "on", "pin", "4", "12", "twice", "servo", "please"])
PROMPTS = st.lists(WORDS, min_size=1, max_size=12).map(" ".join)


def jaccard(a: str, b: str) -> float:
    def eights(text: str) -> set[str]:
        return {text[i : i + 8] for i in range(len(text) - 7)} or {text}

    x, y = eights(normal(a)), eights(normal(b))
    return len(x & y) / len(x | y)


@given(st.lists(PROMPTS, min_size=1, max_size=8), PROMPTS)
def test_near_copies_are_those_with_a_jaccard_index_above_the_limit(known: list[str], prompt: str) -> None:
    found = NearCopies(known).find(prompt)
    near = [k for k in known if jaccard(k, prompt) > NEAR]
    assert found in near if near else found is None


def test_case_spaces_and_the_last_sign_make_no_other_prompt() -> None:
    assert key("Blink the LED.") == key("  blink   the led ")
    assert key("blink the led 2") != key("blink the led 3")
    assert key("LED को चालू करो।") == key("led को चालू करो")


def test_masking_leaves_the_template() -> None:
    assert masked('print("hi") for 3 or 4.5') == "print(#) for # or #"
