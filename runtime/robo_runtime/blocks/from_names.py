"""Names that blocks give to variables and functions, made names of Python."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Callable
from typing import NoReturn

from robo_runtime.blocks.library import Library
from robo_runtime.blocks.loading import BlockError
from robo_runtime.blocks.patterns import Import
from robo_runtime.blocks.tree import Block


class Names:
    """What the expressions of one workspace have in common.

    Args:
        where: the file's name, for messages.
        taken: names that variables may not have, because the blocks need them for something else.
    """

    def __init__(self, library: Library, where: str, taken: frozenset[str]) -> None:
        self.library, self.where, self.taken = library, where, taken
        self.needs: set[Import] = set()
        self.before: list[ast.stmt] = []
        """Functions that a block's mouth holds, to be written above the statement in hand."""
        self.row: Callable[[list[Block]], list[ast.stmt]]
        """Writes a row of blocks; set by whoever writes statements."""
        self.one: Callable[[Block], ast.stmt]
        """Writes a statement; set likewise."""
        self._names: dict[str, str] = {}

    def fail(self, block: Block, text: str) -> NoReturn:
        """Refuse a block, by its id."""
        raise BlockError(f"{self.where}: block {block.id} ({block.type}): {text}")

    def name(self, shown: str, kind: str = "") -> str:
        """The Python name of a variable or, with `kind`, of something else; Blockly takes any words."""
        key = f"{kind} {shown}"
        if key not in self._names:
            name = shown
            if not is_name(name):
                name = re.sub(r"\W+", "_", shown.strip()).strip("_") or "item"
                name = f"_{name}" if name[0].isdigit() or keyword.iskeyword(name) else name
            used = {*self._names.values(), *self.taken}
            if name in used:
                name = next(n for n in (name, *(f"{name}_{i}" for i in range(2, 10**6))) if n not in used)
            self._names[key] = name
        return self._names[key]

    def variables(self) -> list[str]:
        """The Python names of all variables and functions so far."""
        return list(self._names.values())

    def names(self, block: Block, key: str, *, dotted: bool = False) -> list[str]:
        """The names that a text field lists."""
        words = str(block.fields.get(key, "")).replace(" ", "").split(",")
        for word in words:
            if not all(is_name(part) for part in (word.split(".") if dotted else [word])):
                self.fail(block, f"fields.{key}: {word!r:.60} is no name; expected names with commas between")
        return words


def is_name(text: str) -> bool:
    """Whether Python takes it as a name."""
    return text.isidentifier() and not keyword.iskeyword(text)
