"""Which names a program has bound so far, where they may be read, and what they stand for.

A name has one type for the whole program, or Python could bring another one round a loop. Two changes are
possible: a whole number may become a decimal one as long as nobody relied on it being whole, and nothing
(`None`) may become something.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from robo_runtime.scope.text import Illegal
from robo_runtime.scope.types import ANY, NUMBERS, WHOLE, T, join


class Var(NamedTuple):
    """What a name stands for."""

    type: T
    whole: bool = False
    """Something relies on it being a whole number."""


class Frame(NamedTuple):
    """The names of the module, or of the function that is being written."""

    names: Mapping[str, Var]
    defined: frozenset[str]
    """Those that certainly have a value here."""
    shared: frozenset[str] = frozenset()
    """A function's `global` names."""
    outer: frozenset[str] = frozenset()
    """Names of the module that a function has read: it cannot assign to them any more."""


class Scope:
    """The names seen by one line while it is read; `frames` is what it leaves behind.

    Args:
        builtins: names that are always there.
    """

    def __init__(self, module: Frame, local: Frame | None, builtins: Iterable[str]) -> None:
        self.module, self.local = module, local
        self.builtins = builtins
        self.inner: list[dict[str, T]] = []
        """Names of lambdas and comprehensions around the place that is being read."""
        self.read: list[str] = []
        """Variables that were read since somebody last looked."""
        self.lists = 0
        """Lists around the place that is being read."""

    def readable(self) -> set[str]:
        """Names that may be read here, built-ins left out."""
        found = {name for inner in self.inner for name in inner}
        found |= self.module.defined if self.local is None else self.local.defined
        if self.local is not None:
            found |= {n for n in self.module.defined if self._outer(n)}
        return found

    def _outer(self, name: str) -> bool:
        """Whether a function that reads `name` means the module's."""
        assert self.local is not None
        return name in self.local.shared or name not in self.local.names

    def look_up(self, name: str) -> T | None:
        """What `name` stands for where it is read; None when it may not be read here."""
        for inner in reversed(self.inner):
            if name in inner:
                return inner[name]
        if self.local is not None and not self._outer(name):
            if name not in self.local.defined:
                return None
            self.read.append(name)
            return self.local.names[name].type
        if name not in self.module.defined:
            return None
        if self.local is not None:
            self.local = self.local._replace(outer=self.local.outer | {name})
        self.read.append(name)
        return self.module.names[name].type

    def known(self, name: str) -> bool:
        """Whether it may be read here; nothing is noted."""
        return name in self.readable()

    def _holder(self, name: str) -> str:
        """`local` or `module`, whichever the name belongs to when it is assigned."""
        return "local" if self.local is not None and name not in self.local.shared else "module"

    def current(self, name: str) -> T | None:
        """The type that an assignment to `name` has to keep."""
        frame: Frame = getattr(self, self._holder(name))
        return frame.names[name].type if name in frame.names else None

    def bind(self, name: str, value: T, sources: Iterable[str] = ()) -> None:
        """Give a name a value.

        Args:
            sources: variables that the value was computed from.

        Raises:
            Illegal: the name has a type that does not allow it.
        """
        holder = self._holder(name)
        frame: Frame = getattr(self, holder)
        if holder == "local" and name in frame.outer:
            raise Illegal
        old = frame.names.get(name)
        if value.kind in WHOLE:
            self.rely(n for n in sources if n != name)
            frame = getattr(self, holder)  # its sources may be in the same one
        new = Var(value) if old is None else self._changed(old, value)
        names = frame.names if new == old else {**frame.names, name: new}
        setattr(self, holder, frame._replace(names=names, defined=frame.defined | {name}))

    @staticmethod
    def _changed(old: Var, value: T) -> Var:
        if value == ANY or old.type == value:
            return old
        new = join(old.type, value)
        if new is None or (new == ANY and old.type != ANY) or _wider(old.type, new, old.whole):
            raise Illegal
        return old._replace(type=new)

    def grow(self, name: str, old: T, new: T) -> None:
        """What a name stands for got an element: no assignment, so a function may do it to the module's.

        Raises:
            Illegal: the name does not stand for an `old`, or may not become a `new`.
        """
        holder = "module" if self.local is None or self._outer(name) else "local"
        frame: Frame = getattr(self, holder)
        var = frame.names.get(name)
        if var is None or var.type != old:
            raise Illegal
        setattr(self, holder, frame._replace(names={**frame.names, name: self._changed(var, new)}))

    def rely(self, names: Iterable[str]) -> None:
        """From now on these must stay whole numbers, where they are."""
        for name in names:
            for holder in ("local", "module"):
                frame: Frame | None = getattr(self, holder)
                var = frame.names.get(name) if frame else None
                if frame is None or var is None:
                    continue
                if not var.whole:
                    names_ = {**frame.names, name: var._replace(whole=True)}
                    setattr(self, holder, frame._replace(names=names_))
                break

    def rely_on_read(self) -> None:
        """The same for the variables that were just read."""
        self.rely(self.read)

    def share(self, name: str) -> None:
        """`global name`."""
        local = self.local
        if local is None or name in local.names or name in local.outer or name not in self.module.defined:
            raise Illegal
        self.local = local._replace(shared=local.shared | {name})


def _wider(old: T, new: T, whole: bool) -> bool:
    """Whether what was done with an `old` could fail with a `new`.

    Args:
        whole: something relied on whole numbers being whole.
    """
    if old == new or old.kind in ("none-yet", "None"):
        return False
    if old.kind in NUMBERS and new.kind in NUMBERS:
        return whole and new.kind not in WHOLE
    if old.kind != new.kind or len(old.of) != len(new.of):
        return True
    return any(isinstance(a, T) and _wider(a, b, whole) for a, b in zip(old.of, new.of, strict=True))
