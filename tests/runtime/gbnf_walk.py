"""A reader of GBNF of its own, which draws random sentences and turns simple rules into regular expressions."""

from __future__ import annotations

import random
import re
from typing import NamedTuple

TOKEN = re.compile(
    r'\s*(?:"(?P<text>(?:[^"\\]|\\.)*)"|\[(?P<chars>(?:[^\]\\]|\\.)*)\]|(?P<name>[\w-]+)'
    r"|\{(?P<low>\d+)(?P<comma>,?)(?P<high>\d*)\}|(?P<sign>[()|*+?]))"
)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class Node(NamedTuple):
    """`text`, `chars`, `name`, `sequence`, `choice` or `repeat`."""

    kind: str
    value: object = None
    parts: tuple[Node, ...] = ()


def unescape(text: str) -> list[str]:
    """The characters of a GBNF literal or class, a range dash inside a class kept as ``\\-`` apart."""
    out = []
    for m in re.finditer(r"\\x([0-9a-fA-F]{2})|\\(.)|(.)", text, re.S):
        if m[1]:
            out.append(chr(int(m[1], 16)))
        elif m[2]:
            out.append(ESCAPES.get(m[2], m[2]))
        else:
            out.append("range" if m[3] == "-" else m[3])
    return out


def read(text: str) -> dict[str, Node]:
    """The rules of a grammar written with one rule on each line."""
    rules = {}
    for line in text.splitlines():
        name, _, body = line.partition(" ::= ")
        node, rest = _choice(body)
        assert not rest.strip(), (name, rest)
        rules[name] = node
    return rules


def _choice(body: str) -> tuple[Node, str]:
    options = []
    while True:
        sequence, body = _sequence(body)
        options.append(sequence)
        if not body.startswith("|"):
            return (Node("choice", None, tuple(options)) if len(options) > 1 else options[0]), body
        body = body[1:]


def _sequence(body: str) -> tuple[Node, str]:
    parts: list[Node] = []
    while m := TOKEN.match(body):
        sign = m["sign"]
        if sign in ("|", ")"):
            body = body[m.start("sign") :]
            break
        body = body[m.end() :]
        if sign == "(":
            node, body = _choice(body)
            assert body.startswith(")"), body
            body = body[1:]
            parts.append(node)
        elif sign or m["low"]:
            low, high = {"*": (0, None), "+": (1, None), "?": (0, 1)}.get(sign or "", (0, None))
            if m["low"]:
                low = int(m["low"])
                high = int(m["high"]) if m["high"] else None if m["comma"] else low
            parts[-1] = Node("repeat", (low, high), (parts[-1],))
        elif m["name"]:
            parts.append(Node("name", m["name"]))
        elif m["chars"] is not None:
            parts.append(Node("chars", _class(m["chars"])))
        else:
            parts.append(Node("text", "".join("-" if c == "range" else c for c in unescape(m["text"]))))
    return (parts[0] if len(parts) == 1 else Node("sequence", None, tuple(parts))), body


def _class(text: str) -> tuple[bool, tuple[tuple[str, str], ...]]:
    negative = text.startswith("^")
    chars = unescape(text[negative:])
    ranges, i = [], 0
    while i < len(chars):
        if i + 2 < len(chars) and chars[i + 1] == "range":
            ranges.append((chars[i], chars[i + 2]))
            i += 3
        else:
            c = "-" if chars[i] == "range" else chars[i]
            ranges.append((c, c))
            i += 1
    return negative, tuple(ranges)


def _names(node: Node) -> set[str]:
    if node.kind == "name":
        return {str(node.value)}
    return {name for part in node.parts for name in _names(part)}


def pattern(rules: dict[str, Node], node: Node) -> str:
    """The regular expression of a rule that does not come back to itself."""
    if node.kind == "text":
        return re.escape(str(node.value))
    if node.kind == "chars":
        negative, ranges = node.value  # type: ignore[misc]
        inside = "".join(f"{re.escape(a)}-{re.escape(b)}" for a, b in ranges)
        return f"[{'^' * negative}{inside}]"
    if node.kind == "name":
        return f"(?:{pattern(rules, rules[str(node.value)])})"
    if node.kind == "repeat":
        low, high = node.value  # type: ignore[misc]
        return f"(?:{pattern(rules, node.parts[0])}){{{low},{'' if high is None else high}}}"
    parts = [pattern(rules, part) for part in node.parts]
    return f"(?:{'|'.join(parts)})" if node.kind == "choice" else "".join(parts)


class Writer:
    """Draws sentences; the deeper it is, the more it prefers the shortest way out."""

    def __init__(self, rules: dict[str, Node], seed: int) -> None:
        self.rules, self.rng = rules, random.Random(seed)
        self.cost = self._costs()

    def _costs(self) -> dict[str, float]:
        """The shortest sentence of each rule, in characters; each rule is looked at again when one it uses fell."""
        cost = dict.fromkeys(self.rules, float("inf"))
        users: dict[str, set[str]] = {name: set() for name in self.rules}
        for name, node in self.rules.items():
            for used in _names(node):
                users[used].add(name)
        todo = list(self.rules)
        while todo:
            name = todo.pop()
            if (new := self._cost(self.rules[name], cost)) < cost[name]:
                cost[name] = new
                todo.extend(users[name])
        return cost

    def _cost(self, node: Node, cost: dict[str, float]) -> float:
        if node.kind == "text":
            return len(str(node.value))
        if node.kind == "chars":
            return 1
        if node.kind == "name":
            return cost[str(node.value)] + 0.01
        if node.kind == "repeat":
            times = node.value[0]  # type: ignore[index]
            return times * self._cost(node.parts[0], cost) if times else 0
        costs = [self._cost(part, cost) for part in node.parts]
        return min(costs) if node.kind == "choice" else sum(costs)

    def sentence(self, root: str = "root", patience: int = 400) -> str:
        """One sentence; after `patience` rules it closes whatever is open."""
        out, todo, left = [], [Node("name", root)], patience
        while todo:
            node = todo.pop()
            if node.kind == "text":
                out.append(str(node.value))
            elif node.kind == "chars":
                out.append(self._char(*node.value))  # type: ignore[misc]
            elif node.kind == "name":
                left -= 1
                todo.append(self.rules[str(node.value)])
            elif node.kind == "choice":
                cheapest = min(node.parts, key=lambda part: self._cost(part, self.cost))
                todo.append(cheapest if left < 0 else self.rng.choice(node.parts))
            elif node.kind == "repeat":
                low, high = node.value  # type: ignore[misc]
                more = 0 if left < 0 else self.rng.choice((0, 0, 1, 1, 2, 5))
                todo.extend(node.parts * (low + min(more, 99 if high is None else high - low)))
            else:
                todo.extend(reversed(node.parts))
        return "".join(out)

    def _char(self, negative: bool, ranges: tuple[tuple[str, str], ...]) -> str:
        if negative:
            pool = [c for c in "abz AZ09_'#{}()é\u0939\u4e2d😀" if not any(a <= c <= b for a, b in ranges)]
            return self.rng.choice(pool)
        low, high = self.rng.choice(ranges)
        return chr(self.rng.randint(ord(low), ord(high)))
