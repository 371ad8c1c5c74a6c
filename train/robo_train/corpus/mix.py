"""Which languages a corpus has, and how much of each: `configs/languages/mixes/*.yaml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator
from robo_runtime.files import Strict, read_config
from robo_runtime.languages import language, languages
from robo_runtime.paths import configs_dir

ENGLISH = "en"
_BY_TIER = {1: 3.0, 2: 2.0, 3: 1.0}


class Mix(Strict):
    """Shares of the languages of a corpus."""

    about: str = ""
    languages: list[str] | Literal["all"]
    mixing_strategy: Literal["proportional", "equal", "english_heavy"]
    """equal: the same share for all; proportional: by weight, or by tier (3, 2, 1); english_heavy: English
    has `english_ratio`, the others share the rest equally."""
    english_ratio: float | None = Field(default=None, ge=0, le=1)
    """English's share; under english_heavy 0.5 when left out. Not for equal."""
    weights: dict[str, float] = {}
    """By language, under proportional."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Mix:
        known = ", ".join(languages())
        for code in [*self.codes, *self.weights]:
            if code not in languages():
                raise ValueError(f"unknown language {code!r}; known: {known}")
        if len(set(self.codes)) != len(self.codes) or not self.codes:
            raise ValueError("languages: each language once, and at least one")
        if self.mixing_strategy == "equal" and self.english_ratio is not None:
            raise ValueError("english_ratio: with `equal` all shares are the same; leave it out")
        if self.english_ratio is not None and ENGLISH not in self.codes:
            raise ValueError("english_ratio: English is not among the languages")
        if self.weights and self.mixing_strategy != "proportional":
            raise ValueError("weights: only `proportional` uses them")
        if any(w <= 0 for w in self.weights.values()):
            raise ValueError("weights: must be greater than 0; leave a language out instead")
        return self

    @property
    def codes(self) -> list[str]:
        """The languages, in the order of the file."""
        return list(languages()) if self.languages == "all" else list(self.languages)

    def shares(self) -> dict[str, float]:
        """Share of each language; they add up to 1."""
        codes = self.codes
        if self.mixing_strategy == "equal":
            return {c: 1 / len(codes) for c in codes}
        weight = {
            c: self.weights.get(c, _BY_TIER[language(c).tier])
            if self.mixing_strategy == "proportional"
            else 1
            for c in codes
        }
        ratio = self.english_ratio
        if ratio is None and self.mixing_strategy == "english_heavy":
            ratio = 0.5
        others = [c for c in codes if c != ENGLISH]
        if ratio is None or ENGLISH not in codes or not others:
            total = sum(weight.values())
            return {c: weight[c] / total for c in codes}
        total = sum(weight[c] for c in others)
        return {c: ratio if c == ENGLISH else (1 - ratio) * weight[c] / total for c in codes}

    def counts(self, samples: int) -> dict[str, int]:
        """`samples` divided by shares; what rounding leaves over goes to the largest remainders."""
        exact = {c: share * samples for c, share in self.shares().items()}
        counts = {c: int(n + 1e-9) for c, n in exact.items()}
        for c in sorted(exact, key=lambda c: counts[c] - exact[c])[: samples - sum(counts.values())]:
            counts[c] += 1
        return {c: n for c, n in counts.items() if n}


def load_mix(name: str) -> Mix:
    """`configs/languages/mixes/<name>.yaml`."""
    return read_config(configs_dir() / "languages" / "mixes" / f"{name}.yaml", Mix)
