"""The gate: an exported file must compute what its checkpoint computes, or it is not published.

Measured twice. Tensor by tensor, each weight against what its type may lose at most: that catches a wrong
layout or name whatever the model. Then logits, on the fixed texts of `configs/convert/parity.yaml`: that
bounds what the rounding costs. A checkpoint trained for Q4_0 must come back exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import Field
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.paths import configs_dir
from robo_runtime.prompt import Part, clean_text, render, render_answer

from robo_convert.quants import QUANTS, largest_error
from robo_convert.reference import Array, Weights
from robo_convert.vocabulary import Encoder

MIN_POSITIONS = 200


class ParityError(RoboError):
    """An export that does not compute what its checkpoint computes."""


class Limits(Strict):
    """What a precision may cost."""

    max_difference: float = Field(gt=0)
    """Largest difference of any logit at any position."""
    top1: float = Field(gt=0, le=1)
    """Least share of positions with the same best token, near-ties counted as the same."""
    kl: float = Field(gt=0)
    """Largest mean Kullback-Leibler divergence from the checkpoint, in nats per position."""


class Case(Strict):
    """One request and its program."""

    prompt: str
    code: str
    lang: str | None = None
    hardware: str | list[str] = ""
    system: str = ""

    def parts(self) -> list[Part]:
        """The whole sequence, from `<bos>` to `<eos>`."""
        prompt = render(self.prompt, system=self.system, lang=self.lang, hardware=self.hardware)
        return prompt + render_answer(clean_text(self.code))


class FunctionalGate(Strict):
    """Held-out prompts, and what a file may lose of its checkpoint's pass@1 on them."""

    sets: list[str]
    """JSONL files of records within the workspace; {lang} stands for each language of the checkpoint."""
    prompts: int = Field(ge=1)
    """So many when nobody names a number."""
    seconds: float = Field(gt=0)
    """Of processor time, after which no further prompt is asked, when nobody names a number."""
    max_tokens: int = Field(ge=32)
    points: dict[str, dict[str, float]]
    """By format and precision; 0.5 is one of 200 prompts."""


class Gate(Strict):
    """`configs/convert/parity.yaml`."""

    tie: float = Field(ge=0)
    """The export's best token also counts as the same when the checkpoint rates it at most this many logits
    below its own best: between near-ties a model has no preference to preserve."""
    limits: dict[str, Limits]
    """By precision, for the file's weights against the checkpoint's."""
    llama_cpp: dict[str, Limits]
    """By precision, for llama.cpp against numpy on the same weights; its kernels round activations too."""
    formats: dict[str, dict[str, Limits]] = {}
    """By format and precision, for a file in its own engine against the checkpoint: weights and kernels."""
    functional: FunctionalGate
    cases: list[Case] = Field(min_length=1)

    def limits_of(self, form: str, quant: str, *, exact: bool = False) -> Limits:
        """Of a file in its own engine.

        Args:
            exact: it holds the checkpoint's weights exactly; those of floats have limits of their own.

        Raises:
            RoboError: there are none.
        """
        try:
            return self.formats[form]["exact" if exact and not quant.startswith("f") else quant]
        except KeyError:
            path = configs_dir() / "convert" / "parity.yaml"
            raise RoboError(f"{path}: formats: no limits for {form} {quant}; add them") from None

    def points_of(self, form: str, quant: str) -> float:
        """Points of pass@1 that a file may lose; raises `RoboError` when the gate does not say."""
        try:
            return self.functional.points[form][quant]
        except KeyError:
            path = configs_dir() / "convert" / "parity.yaml"
            raise RoboError(f"{path}: functional: points: none for {form} {quant}; add them") from None


def load_gate() -> Gate:
    """Read `configs/convert/parity.yaml`; every precision offered must have its limits."""
    path = configs_dir() / "convert" / "parity.yaml"
    gate = read_config(path, Gate)
    for key, limits in (("limits", gate.limits), ("llama_cpp", gate.llama_cpp)):
        if missing := [q for q in QUANTS if q not in limits]:
            raise RoboError(f"{path}: {key}: no limits for {missing[0]}")
    return gate


class Encoded(Strict):
    """One case as tokens, part by part."""

    parts: list[tuple[str, bool, list[int]]]
    """Text, whether it is a control token, ids."""

    def tokens(self, limit: int) -> list[int]:
        """All ids, the first `limit` of them."""
        return [i for _, _, ids in self.parts for i in ids][:limit]

    def prompt(self) -> list[int]:
        """The ids up to and including `[CODE]`; without one (see `foreign`) those before the last part."""
        return [i for _, _, ids in self._asked() for i in ids]

    def prompt_text(self) -> str:
        """The same as text, control tokens written out."""
        return "".join(text for text, _, _ in self._asked())

    def _asked(self) -> list[tuple[str, bool, list[int]]]:
        ends = [n for n, (text, control, _) in enumerate(self.parts) if control and text == "[CODE]"]
        return self.parts[: ends[0] + 1] if ends else self.parts[:-1]


def encode_cases(cases: Sequence[Case], encoder: Encoder) -> list[Encoded]:
    """The cases as token ids, by sentencepiece."""
    return [Encoded(parts=[(p.text, p.control, encoder.encode(p)) for p in case.parts()]) for case in cases]


class Figures(Strict):
    """How far an export is from its checkpoint."""

    positions: int
    max_difference: float
    """Of any logit."""
    top1: float
    """Share of positions with the same best token."""
    top1_or_tie: float
    """The same, near-ties counted (see `Gate.tie`)."""
    kl: float
    """Mean KL(checkpoint || export), nats per position."""


class Greedy(Strict):
    """Programs written greedily, and what the checkpoint says to each of their tokens."""

    prompts: int
    identical: int
    """Tokens before the first that the checkpoint would not have chosen, over all prompts."""
    figures: Figures
    """Of the logits at each token; `figures.positions` tokens were written."""


class Functional(Strict):
    """What a file's programs are worth beside its checkpoint's, on the same held-out prompts."""

    prompts: int
    passed: int
    checkpoint: int
    """Of the checkpoint's programs."""
    lost: int
    """Prompts that the checkpoint passes and the file does not."""
    gained: int
    """The other way round."""
    same: int
    """Programs that are the checkpoint's, character for character."""


class TensorFigures(Strict):
    """How far the stored weights are from the checkpoint's."""

    tensors: int
    exact: int
    """Tensors that dequantise to exactly the checkpoint's weights."""
    worst: str
    """Hugging Face name of the tensor with the largest relative error."""
    worst_error: float
    """Root mean square of its error over root mean square of its weights."""


def compare_tensors(
    found: Weights, expected: Weights, kinds: Mapping[str, str], where: str, *, factor: float = 1.0
) -> TensorFigures:
    """Compare dequantised weights (Hugging Face names and row order) with the checkpoint's.

    Args:
        factor: times what a type may lose; a quantiser that weighs columns gives others up.

    Raises:
        ParityError: a weight is further off than its type allows; names the tensor.
    """
    exact, worst, worst_error = 0, "", -1.0
    for name, weight in expected.items():
        difference = np.abs(found[name] - weight)
        exact += not difference.any()
        allowed = largest_error(weight, kinds[name]) * np.float32(factor)
        if not (difference <= allowed).all():
            at = np.unravel_index(np.argmax(difference - allowed), weight.shape)
            raise ParityError(
                f"{where}: tensor {name} does not hold the checkpoint's weights: at {tuple(map(int, at))} it"
                f" has {found[name][at]:.4g} instead of {weight[at]:.4g}, more than {kinds[name]} may lose;"
                " nothing was written. This is a fault of the exporter: please report it"
            )
        size = float(np.sqrt(np.mean(np.square(weight, dtype=np.float64))))
        error = float(np.sqrt(np.mean(np.square(difference, dtype=np.float64)))) / (size or 1.0)
        if error > worst_error:
            worst, worst_error = name, error
    return TensorFigures(tensors=len(expected), exact=exact, worst=worst, worst_error=_round(worst_error))


def compare_logits(found: Sequence[Array], expected: Sequence[Array], tie: float) -> Figures:
    """Compare logits (T, vocab) of the same sequences."""
    difference, same, tied, kl, positions = 0.0, 0, 0, 0.0, 0
    for a, b in zip(found, expected, strict=True):
        difference = max(difference, float(np.abs(a - b).max()))
        best, chosen, rows = b.argmax(-1), a.argmax(-1), np.arange(len(b))
        same += int((best == chosen).sum())
        tied += int((b[rows, best] - b[rows, chosen] <= tie).sum())
        p, q = log_softmax(b), log_softmax(a)
        kl += float((np.exp(p) * (p - q)).sum())
        positions += len(b)
    return Figures(
        positions=positions,
        max_difference=_round(difference),
        top1=_round(same / positions),
        top1_or_tie=_round(tied / positions),
        kl=_round(max(kl / positions, 0.0)),
    )


def compare_greedy(
    written: Sequence[tuple[Array, Sequence[int]]], expected: Sequence[Array], tie: float
) -> Greedy:
    """Compare programs with what the checkpoint would have written.

    Args:
        written: for each prompt the logits (N, vocab) from which N tokens were chosen, and the tokens.
        expected: the checkpoint's logits (N, vocab) at the same places.
    """
    same = [b.argmax(-1) == np.asarray(ids) for (_, ids), b in zip(written, expected, strict=True)]
    return Greedy(
        prompts=len(written),
        identical=int(sum(np.cumprod(row).sum() for row in same)),
        figures=compare_logits([rows for rows, _ in written], expected, tie),
    )


def log_softmax(x: Array) -> Any:
    """Log-probabilities in float64."""
    x64 = x.astype(np.float64) - x.max(-1, keepdims=True)
    return x64 - np.log(np.exp(x64).sum(-1, keepdims=True))


def failures(figures: Figures, limits: Limits) -> list[str]:
    """What a file fails at, in words; empty when it passes."""
    found = []
    if not figures.max_difference <= limits.max_difference:
        found.append(
            f"logits differ by up to {figures.max_difference:.4g} (allowed {limits.max_difference:g})"
        )
    if not figures.top1_or_tie >= limits.top1:
        found.append(f"the best token is the same at {figures.top1_or_tie:.1%} (at least {limits.top1:.1%})")
    if not figures.kl <= limits.kl:
        found.append(f"KL is {figures.kl:.4g} nats (allowed {limits.kl:g})")
    return found


def check_positions(sequences: Sequence[Encoded], context: int) -> None:
    """Raise when the gate's texts are too short to say anything."""
    positions = sum(len(s.tokens(context)) for s in sequences)
    if positions < MIN_POSITIONS:
        raise RoboError(
            f"{configs_dir() / 'convert' / 'parity.yaml'}: cases: {positions} token positions, at least"
            f" {MIN_POSITIONS} are needed; add cases"
        )


def _round(value: float) -> float:
    """Six significant digits: enough to compare, short to read."""
    return float(f"{value:.6g}")
