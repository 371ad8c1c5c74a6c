"""What a library has to do to be measured: decode greedily, or write a program under the grammar, or both.

A file of `benchmarks/peers/libraries` has `decoder(setup)` or `writer(setup)`, or both; `peers.yaml`
registers it. What a library needs to get ready happens there, before anything is timed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from robo_runtime.engine import Engine
from robo_runtime.prompt import Part, render

MOST = 256
"""Tokens of a program at the most."""
Seconds = tuple[float, float]
"""Of the clock, and of the processor for all threads of the process."""


class Watch:
    """Seconds of this process since it was made."""

    def __init__(self) -> None:
        self._cpu, self._wall = time.process_time(), time.perf_counter()

    def read(self) -> Seconds:
        """How many there were."""
        return time.perf_counter() - self._wall, time.process_time() - self._cpu


class Setup(NamedTuple):
    """What a library gets ready for."""

    model: Path
    """A file of weights, or the folder of a checkpoint."""
    grammar: Path
    """GBNF text whose start symbol is `root`."""
    threads: int
    options: Mapping[str, Any] = {}
    """Of the peer's row in `peers.yaml`."""


class Ask(NamedTuple):
    """One prompt."""

    prompt: str
    lang: str
    hardware: Sequence[str]
    ids: Sequence[int]
    """The same as token ids: what a library is given that has no place for our prompt's form."""

    @property
    def parts(self) -> list[Part]:
        """The prompt in the form the model was trained on."""
        return render(self.prompt, lang=self.lang, hardware=self.hardware)


@dataclass
class Wrote:
    """A program, as far as it came."""

    text: str
    tokens: int
    ended: bool
    """The library ended it; false when `MOST` tokens were spent."""
    prefill: Seconds = (0.0, 0.0)
    """Of it, reading the prompt; 0 where a library does not tell: 100 tokens are then scaled as a whole."""
    check: Seconds = (0.0, 0.0)
    """Of it, checking the program, which only our runtime does."""


class Decoder(Protocol):
    """Decodes greedily, whatever comes: an end of the text is a token like others."""

    def start(self, ids: Sequence[int]) -> None:
        """Forget the running text and read a prompt."""

    def go_on(self, n: int) -> list[int]:
        """The next `n` tokens."""


class Writer(Protocol):
    """Writes what the grammar allows, always the best token."""

    grammar_s: float
    """Seconds in which the grammar was made ready, before the first prompt."""

    def write(self, ask: Ask) -> Wrote:
        """The program for a prompt."""


class Stepper(Protocol):
    """A grammar engine beside llama.cpp's scores, at some place of a text."""

    def best(self, scores: Any) -> int | None:
        """The best token that may come next (a numpy array of scores, which may be changed); None for the
        end of the text."""

    def accept(self, token: int) -> None:
        """Go past a token."""


@dataclass
class OverLlama:
    """A `Writer` that follows a grammar library over the scores of llama.cpp, in the loop of our engine."""

    engine: Engine
    fresh: Any
    """Makes a `Stepper` at the start of a text."""
    grammar_s: float = 0.0
    _scores: Any = field(default=None, repr=False)

    def write(self, ask: Ask) -> Wrote:
        """See `Writer`."""
        import numpy as np

        engine: Any = self.engine
        watch = Watch()
        stepper: Stepper = self.fresh()
        engine.reset()
        engine.feed(engine.encode(ask.parts))
        read = watch.read()
        text: list[bytes] = []
        while len(text) < MOST:
            token = stepper.best(np.array(engine.logits(), dtype=np.float32))
            if token is None:
                return Wrote(b"".join(text).decode("utf-8", "replace"), len(text), True, read)
            stepper.accept(token)
            text.append(engine.piece(token))
            engine.feed([token])
        return Wrote(b"".join(text).decode("utf-8", "replace"), len(text), False, read)
