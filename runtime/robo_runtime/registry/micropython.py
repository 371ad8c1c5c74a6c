"""MicroPython's modules: functions, classes and constants with their signatures."""

from __future__ import annotations

import ast
import re
from typing import Any, Literal

from pydantic import Field, model_validator

from robo_runtime.files import Strict
from robo_runtime.registry.board import PinRole
from robo_runtime.registry.firmware import Number

TYPES = frozenset(
    [
        "int",
        "float",
        "bool",
        "str",
        "bytes",
        "bytearray",
        "list",
        "tuple",
        "dict",
        "function",
        "object",
        "None",
    ]
)
"""Words an annotation may use besides classes of the modules; a function is anything that can be called."""


class Argument(Strict):
    """One parameter of a MicroPython callable."""

    name: str
    kind: Literal["pos", "kw", "var", "varkw"] = "pos"
    """Positional (or keyword), keyword only, `*args`, `**kwargs`."""
    annotation: str = ""
    required: bool = True
    default: str = ""
    """As written, empty when there is none."""
    range: tuple[Number, Number] | None = None
    """Smallest and largest legal number, both included; of each element where the annotation is tuple."""
    pin: PinRole | None = None
    """The argument is a pin, given as a number or as a Pin, which must be able to do this."""
    role: PinRole | None = None
    """The argument is a Pin object (never a plain number outside `machine`) that must be able to do this."""
    values: tuple[str, ...] | None = None
    """What is allowed here: constants, e.g. ADC.ATTN_11DB, or numbers."""

    @model_validator(mode="after")
    def _possible(self) -> Argument:
        if self.range is not None:
            low, high = self.range
            if low > high:
                raise ValueError(f"`{self.name}`: between({low}, {high}) is empty")
            if re.fullmatch(r"-?[\d.]+", self.default) and not low <= float(self.default) <= high:
                raise ValueError(f"`{self.name}`: default {self.default} is not between {low} and {high}")
        return self

    @property
    def type_names(self) -> list[str]:
        """Words of the annotation, `["Pin", "None"]` for `Pin | None`."""
        return re.findall(r"\w+", self.annotation)


class Signature(Strict):
    """One way to call something."""

    arguments: tuple[Argument, ...] = ()
    returns: str = ""

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Read stub syntax: `(id: int, mode: int = -1, *, value: int = ...) -> None`.

        Raises:
            ValueError: the text is no signature.
        """
        try:
            node = ast.parse(f"def f{text}: ...").body[0]
        except SyntaxError as e:
            raise ValueError(f"{text!r} is no signature: {e.msg}") from None
        assert isinstance(node, ast.FunctionDef)
        spec, found = node.args, []
        positional = [*spec.posonlyargs, *spec.args]
        defaults = [None] * (len(positional) - len(spec.defaults)) + list(spec.defaults)
        for a, default in zip(positional, defaults, strict=True):
            found.append(_argument(a, "pos", default))
        if spec.vararg:
            found.append(_argument(spec.vararg, "var"))
        for a, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            found.append(_argument(a, "kw", default))
        if spec.kwarg:
            found.append(_argument(spec.kwarg, "varkw"))
        returns = ast.unparse(node.returns) if node.returns else ""
        return cls(arguments=tuple(found), returns=returns)


_ROLES: dict[str, PinRole] = {
    "pin": "any", "output_pin": "output", "input_pin": "input", "adc_pin": "adc", "touch_pin": "touch",
    "dac_pin": "dac",
}  # fmt: skip


def _argument(a: ast.arg, kind: Any, default: ast.expr | None = None) -> Argument:
    """Read one parameter. Besides Python types and classes an annotation may be

    - a pin role: `pin`, `output_pin`, `input_pin`, `adc_pin`, `touch_pin`, `dac_pin`;
    - `output(Pin)` or `input(Pin)`: a Pin object that must be able to do that;
    - `between(low, high)`: whole numbers, or decimal ones when a bound is written with a point;
    - `each(low, high)`: a tuple of such whole numbers;
    - `one_of(Pin.IN, Pin.OUT)`: constants or numbers.
    """
    node = a.annotation
    extra: dict[str, Any] = {}
    text = ast.unparse(node) if node else ""
    if text in _ROLES:
        extra, text = {"pin": _ROLES[text]}, "int"
    elif isinstance(node, ast.Call):
        form = ast.unparse(node.func)
        if form in ("between", "each"):
            low, high = (ast.literal_eval(bound) for bound in node.args)
            decimal = isinstance(low, float) or isinstance(high, float)
            extra, text = {"range": (low, high)}, "tuple" if form == "each" else "float" if decimal else "int"
        elif form == "one_of":
            extra, text = {"values": tuple(ast.unparse(value) for value in node.args)}, "int"
        elif form in ("output", "input") and [ast.unparse(n) for n in node.args] == ["Pin"]:
            extra, text = {"role": form}, "Pin"
        else:
            raise ValueError(f"`{text}` is no annotation")
    required = default is None and kind in ("pos", "kw")
    written = "" if default is None else ast.unparse(default)
    return Argument(name=a.arg, kind=kind, annotation=text, required=required, default=written, **extra)


class Callable(Strict):
    """A function or method with all its overloads."""

    signatures: tuple[Signature, ...] = Field(min_length=1)
    doc: str = ""


class Class(Strict):
    """A class of a MicroPython module."""

    constructor: Callable
    methods: dict[str, Callable] = {}
    constants: dict[str, str] = {}
    """Attributes by name, with their type as text (`int` where nothing better is known)."""
    call: Callable | None = None
    """How its instances are called, as `led(1)` for a Pin."""
    item: bool = False
    """Supports `x[i] = v`, `x[i]` and `len(x)`, as NeoPixel does."""
    item_each: tuple[Number, Number] | None = None
    """Smallest and largest number in a tuple that is an item."""
    item_sizes: tuple[int, ...] = ()
    """How many numbers such a tuple may have."""
    length: str = ""
    """The constructor's argument that says how many items there are."""
    doc: str = ""


class Module(Strict):
    """One importable MicroPython module."""

    name: str
    functions: dict[str, Callable] = {}
    classes: dict[str, Class] = {}
    constants: dict[str, str] = {}
    doc: str = ""

    def members(self) -> set[str]:
        """Names that can be imported from it."""
        return {*self.functions, *self.classes, *self.constants}
