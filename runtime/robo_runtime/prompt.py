"""The one place where a request becomes model input: corpus, runtime, chat template and apps use it.

    <bos>[SYSTEM]…[/SYSTEM][LANG:xx][HARDWARE]…[/HARDWARE][USER]…[/USER][CODE]…[/CODE]<eos>

System, language and hardware are left out when they are not given. A prompt is a list of parts, each
either one control token or plain text: plain text is encoded without special tokens, so whatever a user
types can never become a control id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from robo_runtime.errors import RoboError
from robo_runtime.languages import language, languages

PAD, EOS, BOS, UNK = "<pad>", "<eos>", "<bos>", "<unk>"
META = (PAD, EOS, BOS, UNK)
SECTIONS = (
    "[SYSTEM]", "[/SYSTEM]", "[USER]", "[/USER]", "[CODE]", "[/CODE]", "[HARDWARE]", "[/HARDWARE]",
)  # fmt: skip
N_CONTROL = 64
"""Ids below this are control tokens; those not named yet are spare, for tools and images."""


class Part(NamedTuple):
    """One piece of a prompt: a control token's text, or plain text."""

    text: str
    control: bool


def control_tokens() -> list[str]:
    """Text of every control token in id order, `<pad>` (0) first, spares last."""
    named = [*META, *SECTIONS, *(f"[LANG:{code}]" for code in languages())]
    return named + [f"[SPARE:{i}]" for i in range(N_CONTROL - len(named))]


_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufeff\u2028\u2029]")


def clean_text(text: str) -> str:
    """User text in the form the tokenizer was trained on: NFC, LF line ends, no control characters.

    U+2581 becomes `_`, because SentencePiece formats use it for a space and would not give it back.
    """
    text = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _INVISIBLE.sub("", text.replace("\u2581", "_")).strip()


def render(
    user: str,
    *,
    system: str = "",
    lang: str | None = None,
    hardware: str | Sequence[str] = "",
) -> list[Part]:
    """The prompt up to and including `[CODE]`.

    Args:
        user: what the user asks for, in any language; not empty.
        system: instructions of the host application.
        lang: a code of `configs/languages`, when known.
        hardware: parts at hand, as text ("LED on pin 4, servo") or as a list.

    Raises:
        RoboError: the request is empty, or the language unknown.
    """
    if not (user := clean_text(user)):
        raise RoboError('the prompt is empty; say what the program should do, e.g. "blink the LED on pin 2"')
    parts = [Part(BOS, True)]
    if system := clean_text(system):
        parts += _section("SYSTEM", system)
    if lang is not None:
        parts.append(Part(f"[LANG:{language(lang).code}]", True))
    hardware = hardware if isinstance(hardware, str) else ", ".join(hardware)
    if hardware := clean_text(hardware):
        parts += _section("HARDWARE", hardware)
    return [*parts, *_section("USER", user), Part("[CODE]", True)]


def shared_parts(parts: Sequence[Part]) -> int:
    """How many parts at the start are the same for all prompts of an application: its system prompt."""
    end = Part("[/SYSTEM]", True)
    return parts.index(end) + 1 if end in parts else 0


def render_answer(code: str) -> list[Part]:
    """What the model must write after `[CODE]`: the program, `[/CODE]`, `<eos>`."""
    return [Part(code.strip("\n") + "\n", False), Part("[/CODE]", True), Part(EOS, True)]


def _section(name: str, text: str) -> list[Part]:
    return [Part(f"[{name}]", True), Part(text, False), Part(f"[/{name}]", True)]


def to_text(parts: Sequence[Part]) -> str:
    """The prompt as one string, for display and golden files; never for encoding."""
    return "".join(part.text for part in parts)


CHAT_TEMPLATE = (
    "{{ bos_token }}"
    "{% for m in messages %}"
    "{% if m['role'] == 'system' and m['content'] %}[SYSTEM]{{ m['content'] | trim }}[/SYSTEM]{% endif %}"
    "{% endfor %}"
    "{% if lang %}[LANG:{{ lang }}]{% endif %}"
    "{% if hardware %}[HARDWARE]{{ hardware | trim }}[/HARDWARE]{% endif %}"
    "{% for m in messages %}"
    "{% if m['role'] == 'user' %}[USER]{{ m['content'] | trim }}[/USER]"
    "{% elif m['role'] == 'assistant' %}[CODE]{{ m['content'] | trim }}\n[/CODE]{{ eos_token }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}[CODE]{% endif %}"
)
"""The same prompt as a Jinja chat template, for GGUF files and `tokenizer_config.json`."""
