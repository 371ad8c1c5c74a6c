"""The tokens of a model as texts, and as a tree to find all that may follow at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from robo_runtime.automaton.states import DEAD, States

_LEAD = ((0x80, 0, 0x7F), (0xE0, 1, 0x1F), (0xF0, 2, 0x0F), (0xF8, 3, 0x07))
"""Upper bound of the first byte of a character, how many bytes follow, and the bits that it holds itself."""


class Node(NamedTuple):
    """A place in the tree: tokens that end here, and where their characters go on."""

    tokens: list[int]
    children: dict[str, Node]


class Vocabulary:
    """Texts of tokens, looked at when they are first needed.

    Args:
        piece: the bytes of a token; empty for one that stands for no text.
        size: how many tokens there are.
    """

    def __init__(self, piece: Callable[[int], bytes], size: int) -> None:
        self.piece, self.size = piece, size
        self._texts: dict[int, str | None] = {}
        self._tree: Node | None = None
        self._parts: list[int] = []

    def text(self, token: int) -> str | None:
        """The characters of a token; None when it is not made of whole ones, or of nothing."""
        try:
            return self._texts[token]
        except KeyError:
            try:
                text = self.piece(token).decode("utf-8") or None
            except UnicodeDecodeError:
                text = None
            self._texts[token] = text
            return text

    @property
    def parts(self) -> list[int]:
        """Tokens that are bytes of characters."""
        if self._tree is None:
            self._tree = self._grown()
        return self._parts

    def allowed(self, states: States, state: int) -> set[int]:
        """All tokens of whole characters that may follow in a state."""
        if self._tree is None:
            self._tree = self._grown()
        found: set[int] = set()
        todo = [(self._tree, state)]
        while todo:
            node, at = todo.pop()
            found.update(node.tokens)
            for character, child in node.children.items():
                if (following := states.after(at, character)) != DEAD:
                    todo.append((child, following))
        return found

    def _grown(self) -> Node:
        root = Node([], {})
        for token in range(self.size):
            if (text := self.text(token)) is None:
                if self.piece(token):
                    self._parts.append(token)
            else:
                node = root
                for character in text:
                    node = node.children.setdefault(character, Node([], {}))
                node.tokens.append(token)
        return root


def begun_range(data: bytes) -> tuple[int, int] | None:
    """The code points that a character can have whose first bytes are `data`; None if it can have none."""
    _, more, bits = next((row for row in _LEAD if data[0] < row[0]), (0, -1, 0))
    if more < len(data) or (len(data) == 1 and not 0xC2 <= data[0] <= 0xF4):
        return None
    code = data[0] & bits
    for byte in data[1:]:
        if byte & 0xC0 != 0x80:
            return None
        code = code << 6 | byte & 0x3F
    left = 6 * (more - len(data) + 1)
    low, high = code << left, (code << left) + (1 << left) - 1
    least = (0, 0x80, 0x800, 0x10000)[more]
    low, high = max(low, least), min(high, 0x10FFFF)
    if low >= 0xD800 and high <= 0xDFFF:
        return None  # surrogates are no characters
    return (low, high) if low <= high else None
