"""Checks of what people see and hear: tones, servo angles, pixels, displays."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from robo_runtime.checks.base import Held
from robo_runtime.checks.levels import hold_failure
from robo_runtime.checks.signals import near
from robo_runtime.simulate.trace import Trace

Channel = Annotated[int, Field(ge=0, le=255)]


class Tone(Held):
    """A pin (or the kit's "speaker") sounds at `hz`; 0 is silence, None any tone."""

    op: Literal["tone"]
    key: int | str
    hz: float | None = Field(None, ge=0)
    tol: float = Field(0.03, ge=0)

    def judge(self, trace: Trace) -> str | None:
        """See the class."""

        def fits(value: Any) -> bool:
            if self.hz == 0:
                return not value
            return bool(value) and (self.hz is None or abs(value - self.hz) <= self.tol * self.hz)

        want = "a tone" if self.hz is None else "silence" if self.hz == 0 else f"{self.hz:g} Hz"
        return hold_failure(self, trace, ("tone", self.key), fits, want)


class Angle(Held):
    """A servo stands at `deg` degrees: by pin, or by number if it is the kit's (`kit: true`)."""

    op: Literal["angle"]
    key: int
    deg: float
    tol: float = Field(8.0, ge=0)
    kit: bool = False

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        sig = ("servo" if self.kit else "angle", self.key)
        return hold_failure(self, trace, sig, lambda v: near(v, self.deg, self.tol), f"{self.deg:g}°")


class Pixels(Held):
    """Pixels on a pin (or of the kit: key "kit") have a colour: one by `index`, or all, or `any`."""

    op: Literal["pixels"]
    key: int | str
    color: tuple[Channel, Channel, Channel] | None = None
    """None: lit in any colour."""
    index: int | Literal["all", "any"] = "all"
    tol: float = Field(10.0, ge=0)

    def judge(self, trace: Trace) -> str | None:
        """See the class."""

        def one(rgb: Any) -> bool:
            return any(rgb) if self.color is None else near(rgb, self.color, self.tol)

        def fits(value: Any) -> bool:
            if not value:
                return self.color == (0, 0, 0)
            if self.index == "all":
                return all(map(one, value))
            if self.index == "any":
                return any(map(one, value))
            return -len(value) <= self.index < len(value) and one(value[self.index])

        which = self.index if isinstance(self.index, str) else f"pixel {self.index}"
        want = f"{which} lit" if self.color is None else f"{which} in {self.color}"
        return hold_failure(self, trace, ("pixels", self.key), fits, want)


class Display(Held):
    """The display shows a text (`contains`), or shows it no more (`gone`)."""

    op: Literal["display"]
    contains: str
    gone: bool = False
    ignore_case: bool = True
    when: Literal["always", "sometime"] = "sometime"

    def judge(self, trace: Trace) -> str | None:
        """See the class."""
        fold = str.lower if self.ignore_case else str

        def fits(value: Any) -> bool:
            return (fold(self.contains) in fold(" ".join(value or ()))) != self.gone

        want = f"no text {self.contains!r}" if self.gone else f"the text {self.contains!r}"
        return hold_failure(self, trace, ("display",), fits, want)
