"""The meaning of a task: a typed tree of devices, actions, conditions and rules, independent of wording.

A node knows three things about itself: the code it becomes (`code`), what the hardware must be seen to do
(`expect`), and the phrase rule and slots that say it (`rule`, `slots`). Families add subclasses.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import SerializeAsAny
from robo_runtime.files import Strict

from robo_train.compose.phrases import Spoken

if TYPE_CHECKING:
    from robo_train.compose.code import Code
    from robo_train.compose.expect import Expect


class Device(Strict):
    """One part on one pin (`pin2` for a second one: the echo of an HC-SR04).

    `assumed`: the prompt does not name the pin; the program says so in its first line.
    `label`: a colour, what an analog sensor measures, what an output switches. `size`: pixels of a strip.
    `more`: pins beyond the second of a part that has many. `active_low`: a low level switches it on.
    """

    type: str
    pin: int
    pin2: int = -1
    assumed: bool = False
    label: str = ""
    size: int = 0
    more: tuple[int, ...] = ()
    active_low: bool = False

    def pins(self) -> tuple[int, ...]:
        """All its pins, in order."""
        return (self.pin, *((self.pin2,) if self.pin2 >= 0 else ()), *self.more)


Mode = Literal["steady", "timed", "endless"]


class Node(Strict):
    """Anything in the tree; `kind` is fixed by the subclass."""

    kind: str
    named: ClassVar[dict[str, str]] = {}
    """Further devices that are said as finished noun phrases: slot by field."""
    clauses: ClassVar[dict[str, str]] = {}
    """Nodes below that are said as finished clauses: slot by field (slot1, slot2, ... for a tuple)."""

    def slots(self) -> dict[str, Spoken | str]:
        """What must be said besides the device, by slot name."""
        return {}

    def flags(self) -> set[str]:
        """Flags for the phrase rule."""
        return set()

    def parts(self) -> dict[str, Node]:
        """Further nodes that are said as finished clauses or noun phrases, by slot."""
        return {}

    def needs(self) -> dict[str, Any]:
        """The part of the world that this node needs for its test, whatever it is part of."""
        return {}

    def nodes(self) -> Iterator[Node]:
        """This node and all below it, in the order they are said."""
        yield self
        for value in self.__dict__.values():
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, Node):
                    yield from item.nodes()

    def devices(self) -> list[Device]:
        """Devices in the order of first use, each once."""
        found: dict[Device, None] = {}
        for node in self.nodes():
            for value in node.__dict__.values():
                for item in value if isinstance(value, tuple) else (value,):
                    if isinstance(item, Device):
                        found[item] = None
        return list(found)

    def depth(self) -> int:
        """Nesting of combinators; a plain action has depth 1."""
        below = [
            item.depth()
            for value in self.__dict__.values()
            for item in (value if isinstance(value, tuple) else (value,))
            if isinstance(item, Body)
        ]
        return 1 + max(below, default=0)


class Body(Node):
    """Something a program does.

    mode: `steady` sets a state and returns at once; `timed` takes a while and ends;
    `endless` is one cycle (`code`, `expect`) that a loop repeats.
    """

    mode: ClassVar[Mode] = "timed"

    def code(self, c: Code) -> None:
        """Write the statements that do it."""
        raise NotImplementedError

    def expect(self, x: Expect) -> None:
        """Do it on the time lines of `x`."""
        raise NotImplementedError

    def opposite(self) -> Body | None:
        """The state this one is left for when its condition ends (off for on)."""
        return None

    def open_timing(self) -> bool:
        """Whether the prompt leaves some time open."""
        return False

    @property
    def boot(self) -> float:
        """Seconds that its set-up takes, as joining a network does."""
        return 0.0


class Action(Body):
    """A leaf, on one device."""

    device: Device | None = None


class Condition(Node):
    """A level that is true or false: a button that is down, a reading above a limit."""

    @property
    def poll_ms(self) -> int:
        """How long to wait between two looks at it."""
        return 10

    def code(self, c: Code) -> str:
        """Write what must be read first; return the expression."""
        raise NotImplementedError

    def now(self, x: Expect) -> bool:
        """Whether it is true at this moment of `x`."""
        raise NotImplementedError

    def script(self, changes: list[tuple[float, bool]]) -> dict[str, Any]:
        """The part of the world in which this condition is true and false at the given times."""
        raise NotImplementedError


class Rule(Node):
    """A trigger with its body; several rules share one polling loop."""

    polled: ClassVar[bool] = True
    rough: ClassVar[bool] = False
    """Whether several states may follow each other at one moment, so that edges cannot be counted exactly."""
    nests: ClassVar[bool] = True
    """Whether it counts as a level of depth."""

    def code(self, c: Code) -> None:
        """Write what one pass of the polling loop does, or the whole body where it is not polled."""
        raise NotImplementedError

    def poll(self, x: Expect) -> None:
        """What one pass of the loop does."""
        raise NotImplementedError

    def depth(self) -> int:
        bodies = [n for n in self.__dict__.values() if isinstance(n, Body)]
        return int(self.nests) + max((b.depth() for b in bodies), default=1)

    def script(self) -> tuple[dict[str, Any], float]:
        """The world that puts a special rule to the test, and the seconds to observe."""
        raise NotImplementedError

    def stage(self, start: float, lasts: Callable[..., float]) -> tuple[dict[str, Any], float]:
        """The world from `start` seconds on, and when it has been seen; `lasts` times bodies."""
        world, end = self.script()
        return world, max(end, start)

    def checks(self, until: float) -> list[dict[str, Any]]:
        """Checks of its own, where time lines say too much; mostly none."""
        return []


class TaskSpec(Strict):
    """A whole task."""

    family: str
    rules: tuple[SerializeAsAny[Rule], ...]
    api: Literal["plain", "robokit"] = "plain"
    refusal: str = ""
    """Why it cannot be done; the whole answer."""

    def devices(self) -> list[Device]:
        """Devices in the order of first use, each once."""
        found: dict[Device, None] = {}
        for rule in self.rules:
            found.update(dict.fromkeys(rule.devices()))
        return list(found)

    def depth(self) -> int:
        """Nesting of its deepest rule."""
        return max(rule.depth() for rule in self.rules)

    def poll_ms(self) -> int:
        """Pause of the polling loop: that of its slowest condition or rule."""
        return max(10, *(getattr(n, "poll_ms", 10) for r in self.rules for n in r.nodes()))

    def open_timing(self) -> bool:
        """Whether the prompt leaves some time open, so that only the order of states can be judged."""
        return any(isinstance(n, Body) and n.open_timing() for rule in self.rules for n in rule.nodes())

    def pairs(self) -> set[tuple[str, str]]:
        """(trigger or combinator, thing directly or indirectly below it): the unit of composition."""
        found = set()
        for rule in self.rules:
            leaves = [n for n in rule.nodes() if isinstance(n, Body)]
            for leaf in leaves:
                found.add((rule.kind, leaf.kind))
                found |= {(leaf.kind, inner.kind) for inner in leaf.nodes() if inner is not leaf}
        return found

    def spec_hash(self) -> str:
        """16 hex digits that depend on the meaning only."""
        return sha256(_canonical(self).encode()).hexdigest()[:16]


def _canonical(node: Any) -> str:
    return json.dumps(_plain(node), sort_keys=True, separators=(",", ":"))


def _plain(value: Any) -> Any:
    if isinstance(value, Strict):
        return {"": type(value).__name__, **{k: _plain(v) for k, v in value.__dict__.items()}}
    if isinstance(value, tuple | list):
        return [_plain(v) for v in value]
    return value
