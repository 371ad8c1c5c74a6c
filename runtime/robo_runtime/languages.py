"""The languages a prompt may be written in, read from `configs/languages/languages.yaml`."""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import Literal

from pydantic import Field

from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.paths import configs_dir


class Language(Strict):
    """One language; `code` is BCP 47 (`hi-Latn` is Hindi typed in Latin letters)."""

    code: str
    name: str
    native: str
    tier: Literal[1, 2, 3]
    direction: Literal["ltr", "rtl"] = "ltr"
    digits: str = Field(default="0123456789", min_length=10, max_length=10)
    """Zero to nine as its own script writes them; the usual digits are always understood as well."""
    stop: str = "."
    """Ends a sentence."""

    @cached_property
    def native_digits(self) -> dict[int, int]:
        """For `str.translate`: 0-9 to the language's own digits."""
        return str.maketrans("0123456789", self.digits)


class _File(Strict):
    languages: list[Language]


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """Languages by code, in the order that fixes the ids of their tokens."""
    path = configs_dir() / "languages" / "languages.yaml"
    return {entry.code: entry for entry in read_config(path, _File).languages}


def language(code: str) -> Language:
    """The language called `code`; raises `RoboError` naming the known codes."""
    try:
        return languages()[code]
    except KeyError:
        raise RoboError(f"unknown language {code!r}; known: {', '.join(languages())}") from None
