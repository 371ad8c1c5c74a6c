"""The process of one peer, kept alive between its turns: a JSON line in, a JSON line out.

    python -m benchmarks.peers.worker

The first line is the setup, further ones are turns. What libraries print goes to stderr.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.matrix.child import peak_rss
from benchmarks.peers.peer import Ask, Decoder, Setup, Watch, Writer


def decode(decoder: Decoder, ids: Sequence[int], tokens: int) -> dict[str, Any]:
    """Read a prompt, then decode so many tokens."""
    clock = Watch()
    decoder.start(ids)
    prefill, prefill_cpu = clock.read()
    clock = Watch()
    found = decoder.go_on(tokens)
    wall, cpu = clock.read()
    return {
        "prefill_s": prefill, "prefill_cpu_s": prefill_cpu, "decode_s": wall, "decode_cpu_s": cpu,
        "ids": [int(token) for token in found],
    }  # fmt: skip


def write(writer: Writer, ask: Ask) -> dict[str, Any]:
    """Write a program."""
    clock = Watch()
    wrote = writer.write(ask)
    wall, cpu = clock.read()
    return {
        "program_s": wall, "cpu_s": cpu, "prefill": wrote.prefill, "check": wrote.check,
        "tokens": wrote.tokens, "ended": wrote.ended, "text": wrote.text,
    }  # fmt: skip


class Peer:
    """A library that is ready for turns of one kind."""

    def __init__(self, setup: dict[str, Any]) -> None:
        module = importlib.import_module(setup["module"])
        given = Setup(Path(setup["model"]), Path(setup["grammar"]), setup["threads"], setup["options"])
        clock = Watch()
        make: Callable[[Setup], Any] = getattr(
            module, {"decode": "decoder", "program": "writer"}[setup["kind"]]
        )
        self._made = make(given)
        self.load_s, self.load_cpu_s = clock.read()
        self.grammar_s = float(getattr(self._made, "grammar_s", 0.0))

    def ready(self) -> dict[str, Any]:
        """What is said when it is."""
        return {"load_s": self.load_s, "load_cpu_s": self.load_cpu_s, "grammar_s": self.grammar_s}

    def turn(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Do one turn."""
        if asked["do"] == "decode":
            return decode(self._made, asked["ids"], asked["tokens"])
        if asked["do"] == "program":
            return write(self._made, Ask(**asked["ask"]))
        return {"peak_rss_bytes": peak_rss()}


def words(error: Exception) -> str:
    """What an exception says, its first lines: some bring their state and the whole grammar along."""
    text = str(error).partition("<state>")[0]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines[:2])}"[:400]


def main() -> None:
    """Answer line by line until there are no more; an exception is an answer, too."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def answer(what: dict[str, Any]) -> None:
        answers.write(json.dumps(what) + "\n")
        answers.flush()

    peer: Peer | None = None
    for line in sys.stdin:
        try:
            if peer is None:
                peer = Peer(json.loads(line))
                answer(peer.ready())
            else:
                answer(peer.turn(json.loads(line)))
        except Exception as e:  # whatever a library throws is what its row says
            answer({"error": words(e)})
            if peer is None:
                return


if __name__ == "__main__":
    main()
