"""What the pins of a board can do, against what a program asks of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from robo_runtime.check.lookup import Known
from robo_runtime.check.problem import Problem
from robo_runtime.check.types import Types
from robo_runtime.check.values import Values
from robo_runtime.registry import Board
from robo_runtime.registry.models import PinRole

_PIN = Known("instance", "machine.Pin")
_ABLE: dict[PinRole, str] = {
    "adc": "measure a voltage", "touch": "feel touch", "dac": "give out a voltage", "input": "listen",
}  # fmt: skip
_UNITS: dict[PinRole, str] = {"adc": "measure voltages", "touch": "feel touch", "dac": "give out a voltage"}


class Pins:
    """Finds the numbers behind pin expressions and judges them."""

    def __init__(self, board: Board, types: Types, values: Values) -> None:
        self.board, self.types, self.values = board, types, values

    def numbers(self, node: ast.expr, depth: int = 0) -> tuple[int, ...]:
        """Pins given as numbers, as `Pin(n, …)` or by names bound to those."""
        found = tuple(v for v in self.values.of(node) if isinstance(v, int) and not isinstance(v, bool))
        if found or depth > 5:
            return found
        if isinstance(node, ast.Call) and self.types.infer(node) == _PIN:
            inner = node.args[:1] or [k.value for k in node.keywords if k.arg == "id"]
            return self.numbers(inner[0], depth + 1) if inner else ()
        if isinstance(node, ast.Name):
            owner = self.types.frames.of[node].owner(node.id)
            bound = owner.bound[node.id] if owner else []
            if len(bound) == 1 and bound[0].kind == "value":
                return self.numbers(bound[0].source, depth + 1)
        return ()

    def problems(
        self, node: ast.expr, role: PinRole, mode: ast.expr | None = None, pull: ast.expr | None = None
    ) -> Iterator[Problem]:
        """What is wrong with using a pin so."""
        where = (node.lineno, node.col_offset)
        if not self.board.able(role):
            words = _UNITS.get(role, role)
            yield Problem(
                *where, "pin", f"The {self.board.title} has no pins that {words}.", "Use other parts."
            )
            return
        chosen = self.types.infer(mode) if mode is not None else None
        if chosen is not None and chosen.of is not None and chosen.of.name.endswith((".OUT", ".OPEN_DRAIN")):
            role = "output"
        pulled = self.types.infer(pull) if pull is not None else None
        resistor = pulled is not None and pulled.of is not None and "PULL_" in pulled.of.name
        made = self.types.infer(node) == _PIN  # then its own number is judged where it is made
        for number in self.numbers(node):
            if made and number not in self.board.pins:
                continue
            if found := self._problem(where, number, role, resistor):
                yield found
                return

    def _problem(self, where: tuple[int, int], number: int, role: PinRole, resistor: bool) -> Problem | None:
        board = self.board
        instead = f"Use another pin, e.g. {board.advice(role)}."
        if number in board.flash:
            text = f"Pin {number} belongs to the flash memory; using it stops the {board.title}."
        elif number not in board.pins:
            text = f"The {board.title} has no pin {number}."
            instead = f"Its pins are {', '.join(map(str, board.pins))}."
        elif number in board.input_only and role == "output":
            text = f"Pin {number} can only listen, it cannot switch anything."
        elif number in board.input_only and resistor:
            text = f"Pin {number} has no pull-up or pull-down resistor inside."
            instead = f"Use another pin, e.g. {board.advice('output')}, or add a resistor."
        elif not board.can(number, role):
            text = f"Pin {number} cannot {_ABLE.get(role, role)}."
            instead = f"Pins that can: {', '.join(map(str, board.able(role)))}."
        else:
            return None
        return Problem(*where, "pin", text, instead)
