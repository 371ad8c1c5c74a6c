"""Pins that can do what is asked of them: `Pin(34, Pin.OUT)` has no rule, `ADC(Pin(34))` has one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from robo_runtime.grammar.expressions import Layer
from robo_runtime.grammar.gbnf import Grammar, words
from robo_runtime.registry.models import Board, PinRole


class Pins:
    """Rules for the pins of `board` in one layer.

    A pin given by a name or an index (`Pin(pin, Pin.OUT)`) is taken: its number is not written there.
    """

    def __init__(self, g: Grammar, layer: Layer, ident: str, board: Board) -> None:
        self.g, self.n, self.board = g, layer.name, board
        self.by_name = f"{ident} {layer.name('after-name')}"
        self.pull = g.share('("pull=")? ("Pin.PULL_UP"|"Pin.PULL_DOWN") ")"')
        self.outputs = board.able("output")
        self.inputs = [pin for pin in board.able("input") if pin not in self.outputs]

    def constructor(self) -> str:
        """What follows `Pin(`: a pin, and a mode that it has; pins that only listen have no pulls."""
        level = f'", value=" ([01]|{self.n("plain")}) ")"'
        pulled = self.g.share('")"', f'", " {self.pull}')
        driven = self.g.share('")"', level)
        mode = self.g.share(
            '")"', f'", Pin." ("IN" {pulled}|"OUT" {driven}|"OPEN_DRAIN" (")"|", " {self.pull}|{level}))'
        )
        numbers = words(
            self.g, _numbers(self.outputs, mode) | _numbers(self.inputs, self.g.share('")"', '", Pin.IN)"'))
        )
        return self.g.share(numbers, f"{self.n('plain')} {mode}")

    def argument(self, role: PinRole, number: bool) -> str:
        """A pin written out as an argument, for a device that needs `role`.

        Args:
            number: it may also be a bare number.
        """
        able = self.board.able(role)
        bare = [words(self.g, _numbers(able, ""))] if number and able else []
        return self.g.share(self._wrapped(able, role), *bare)

    def _wrapped(self, able: Sequence[int], role: PinRole) -> str:
        inward = self.g.share('")"', '", Pin.IN)"')
        pulled = f'", Pin.IN" (")"|", " {self.pull})'
        both = self.g.share('")"', '", Pin.OUT)"', *([] if role == "output" else [pulled]))
        actions = {str(pin): both if pin in self.outputs else inward for pin in able}
        written = [words(self.g, actions)] if actions else []
        return f'"Pin(" {self.g.share(*written, f"{self.by_name} {both}")}'


def _numbers(pins: Iterable[int], action: str) -> dict[str, str]:
    return {str(pin): action for pin in pins}
