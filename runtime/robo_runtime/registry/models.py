"""What the kit can do, as data: functions of its firmware, the MicroPython modules, the pins of its board.

The YAML says only what cannot be derived. Block, generator, import line and trace event of a function follow
from its name and parameters, so a new function is one entry and nothing else.
"""

from __future__ import annotations

import ast
import hashlib
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, model_validator

from robo_runtime.files import Strict

Number = int | float
ParameterType = Literal["int", "float", "bool", "str", "enum", "function", "dict", "tuple", "list", "None"]
Category = Literal[
    "motion", "led", "pixels", "display", "sensor", "input", "sound", "servo", "wireless", "control"
]
PinRole = Literal["any", "output", "input", "adc", "touch", "dac"]


class Parameter(Strict):
    """One argument of a firmware function."""

    type: ParameterType
    range: tuple[Number, Number] | None = None
    """Smallest and largest legal value, both included."""
    unit: str = ""
    values: tuple[str, ...] | None = None
    """Legal strings of an enum."""
    enum: str | None = None
    """Name of an enum of `kit.yaml`, in place of `values`."""
    default: Any = None
    required: bool = True
    """False when `default` is given in the YAML."""

    @model_validator(mode="before")
    @classmethod
    def _default_means_optional(cls, data: Any) -> Any:
        if isinstance(data, dict) and "default" in data and "required" not in data:
            return data | {"required": False}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> Parameter:
        if self.range is not None:
            low, high = self.range
            if low > high:
                raise ValueError(f"range [{low}, {high}] is empty")
            if self.type not in ("int", "float", "tuple"):
                raise ValueError(f"a range needs a number, the type is {self.type}")
        if self.type == "enum" and not self.values and not self.enum:
            raise ValueError("an enum needs its values, or the name of an enum of kit.yaml")
        if not self.required and (problem := self.mismatch(self.default)):
            raise ValueError(f"default {self.default!r}: {problem}")
        return self

    def mismatch(self, value: Any) -> str | None:
        """Why a literal is not a legal value of this parameter; None when it is one."""
        kinds: dict[str, Any] = {"int": int, "float": (int, float), "bool": bool, "str": str, "enum": str,
                                 "dict": dict, "tuple": tuple, "list": list}  # fmt: skip
        kind = kinds.get(self.type)
        if kind is not None and (
            not isinstance(value, kind) or (isinstance(value, bool) and self.type != "bool")
        ):
            return f"must be {'one of its names' if self.type == 'enum' else self.type}"
        if self.range is not None and self.type in ("int", "float"):
            low, high = self.range
            if not low <= value <= high:
                return f"must be from {low} to {high}{' ' + self.unit if self.unit else ''}"
        if self.values is not None and value not in self.values:
            return f"must be one of {', '.join(self.values)}"
        return None


class Returns(Strict):
    """What a function gives back."""

    type: ParameterType = "None"
    range: tuple[Number, Number] | None = None
    unit: str = ""
    values: tuple[str, ...] | None = None


COLOURS: dict[str, int] = {
    "motion": 210, "led": 45, "pixels": 300, "display": 180, "sensor": 120, "input": 90, "sound": 330,
    "servo": 20, "wireless": 260, "control": 0,
}  # fmt: skip
_CHECKS = {"int": "Number", "float": "Number", "str": "String", "bool": "Boolean"}


class FunctionEntry(Strict):
    """A function as the YAML writes it; its name is the key."""

    description: str = Field(min_length=3)
    parameters: dict[str, Parameter] = {}
    returns: Returns = Returns()
    grade_min: int = Field(ge=1, le=10)
    hardware_required: tuple[str, ...] = ()
    example: str = ""
    """A call, imports left out; two or more lines where a callback is needed."""
    blockly: dict[str, Any] | None = None
    """A Blockly definition, where the derived one does not do."""
    generator: dict[str, Any] | None = None


class Function(FunctionEntry):
    """A function with everything that follows from its entry."""

    qualified_name: str
    category: Category
    module: str

    @property
    def object(self) -> str:
        """What is imported: `robot` of `robot.stop`, `wait` of `wait`."""
        return self.qualified_name.split(".")[0]

    @property
    def import_line(self) -> str:
        """`from robokit import robot`."""
        return f"from {self.module} import {self.object}"

    @property
    def block_name(self) -> str:
        """`robot_move_forward`."""
        return self.qualified_name.replace(".", "_")

    @property
    def kind(self) -> Literal["statement", "value"]:
        """Whether its block stands in a row of blocks or plugs into another."""
        return "statement" if self.returns.type == "None" else "value"

    @cached_property
    def signature(self) -> str:
        """`robot.forward_for(seconds, speed=50)`."""
        words = (name if p.required else f"{name}={p.default!r}" for name, p in self.parameters.items())
        return f"{self.qualified_name}({', '.join(words)})"

    def block(self) -> dict[str, Any]:
        """Its Blockly block definition (JSON)."""
        if self.blockly is not None:
            return self.blockly
        words = self.qualified_name.replace(".", " ").replace("_", " ")
        inputs = [f"{name.replace('_', ' ')} %{i}" for i, name in enumerate(self.parameters, 1)]
        shape: dict[str, Any] = {"previousStatement": None, "nextStatement": None}
        if self.kind == "value":
            shape = {"output": _CHECKS.get(self.returns.type)}
        return {
            "type": self.block_name, "message0": " ".join([words, *inputs]),
            "args0": [self._input(name.upper(), p) for name, p in self.parameters.items()],
            "colour": COLOURS[self.category], "tooltip": self.description.rstrip("."), **shape,
        }  # fmt: skip

    @staticmethod
    def _input(name: str, parameter: Parameter) -> dict[str, Any]:
        if parameter.type == "enum":
            options = [[v, v] for v in parameter.values or ()]
            return {"type": "field_dropdown", "name": name, "options": options}
        if parameter.type == "function":
            return {"type": "input_statement", "name": name}
        check = _CHECKS.get(parameter.type)
        return {"type": "input_value", "name": name} | ({"check": check} if check else {})

    def code_generator(self) -> dict[str, Any]:
        """Block to text: imports and a template with one `${NAME}` for each input."""
        if self.generator is not None:
            return self.generator
        words = (
            f"${{{name.upper()}}}" if p.required else f"{name}=${{{name.upper()}}}"
            for name, p in self.parameters.items()
        )
        return {
            "kind": self.kind, "imports": [self.import_line],
            "template": f"{self.qualified_name}({', '.join(words)})",
        }  # fmt: skip

    def trace_event(self) -> dict[str, Any]:
        """What the simulator records for a call."""
        return {"kind": "call", "name": self.qualified_name, "args": list(self.parameters)}

    @property
    def program(self) -> str:
        """The example as a whole program."""
        return f"{self.import_line}\n\n{self.example}\n"


class Argument(Strict):
    """One parameter of a MicroPython callable."""

    name: str
    kind: Literal["pos", "kw", "var", "varkw"] = "pos"
    """Positional (or keyword), keyword only, `*args`, `**kwargs`."""
    annotation: str = ""
    required: bool = True
    range: tuple[Number, Number] | None = None
    pin: PinRole | None = None
    """The argument is a pin, which must be able to do this."""
    values: tuple[str, ...] | None = None
    """Names of constants allowed here, e.g. ADC.ATTN_11DB."""


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
        first_default = len(positional) - len(spec.defaults)
        for i, a in enumerate(positional):
            found.append(_argument(a, "pos", required=i < first_default))
        if spec.vararg:
            found.append(_argument(spec.vararg, "var", required=False))
        for a, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            found.append(_argument(a, "kw", required=default is None))
        if spec.kwarg:
            found.append(_argument(spec.kwarg, "varkw", required=False))
        returns = ast.unparse(node.returns) if node.returns else ""
        return cls(arguments=tuple(found), returns=returns)


_PINS: dict[str, PinRole] = {
    "pin": "any", "output_pin": "output", "input_pin": "input", "adc_pin": "adc", "touch_pin": "touch",
    "dac_pin": "dac",
}  # fmt: skip


def _argument(a: ast.arg, kind: Any, required: bool) -> Argument:
    """Besides Python types an annotation may be a pin role, `between(low, high)` or `one_of(Pin.IN, …)`."""
    node = a.annotation
    extra: dict[str, Any] = {}
    text = ast.unparse(node) if node else ""
    if text in _PINS:
        extra, text = {"pin": _PINS[text]}, "int"
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "between":
        low, high = (ast.literal_eval(bound) for bound in node.args)
        extra, text = {"range": (low, high)}, "int"
    elif isinstance(node, ast.Call) and ast.unparse(node.func) == "one_of":
        extra, text = {"values": tuple(ast.unparse(value) for value in node.args)}, "int"
    return Argument(name=a.arg, kind=kind, annotation=text, required=required, **extra)


class Callable(Strict):
    """A function or method with all its overloads."""

    signatures: tuple[Signature, ...]
    doc: str = ""


class Class(Strict):
    """A class of a MicroPython module."""

    constructor: Callable
    methods: dict[str, Callable] = {}
    constants: dict[str, str] = {}
    """Attributes by name, with their type as text (`int` where nothing better is known)."""
    item: bool = False
    """Supports `x[i] = v`, `x[i]` and `len(x)`, as NeoPixel does."""
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


class Board(Strict):
    """What the pins of a board can do."""

    name: str
    title: str
    pins: tuple[int, ...]
    """Pins that exist and are free to use."""
    input_only: tuple[int, ...] = ()
    adc: tuple[int, ...]
    adc2: tuple[int, ...] = ()
    """ADC pins that do not work while Wi-Fi is on."""
    touch: tuple[int, ...] = ()
    dac: tuple[int, ...] = ()
    strapping: tuple[int, ...] = ()
    """Pins that decide how the chip starts; usable with care."""
    flash: tuple[int, ...] = ()
    """Wired to the flash memory: using them crashes the board."""
    led: int | None = None
    i2c_scl: int | None = None
    i2c_sda: int | None = None

    def can(self, pin: int, role: PinRole) -> bool:
        """Whether a pin exists and may be used so."""
        if pin not in self.pins:
            return False
        lists = {"adc": self.adc, "touch": self.touch, "dac": self.dac}
        if role == "output":
            return pin not in self.input_only
        return pin in lists[role] if role in lists else True

    def able(self, role: PinRole) -> tuple[int, ...]:
        """All pins that may be used so."""
        return tuple(pin for pin in self.pins if self.can(pin, role))


class Registry(Strict):
    """Everything a program may use."""

    module: str
    """What robokit programs import from."""
    enums: dict[str, tuple[str, ...]]
    functions: dict[str, Function]
    modules: dict[str, Module]
    boards: dict[str, Board]

    @cached_property
    def objects(self) -> dict[str, list[Function]]:
        """Firmware functions by the name that is imported."""
        found: dict[str, list[Function]] = {}
        for function in self.functions.values():
            found.setdefault(function.object, []).append(function)
        return found

    @cached_property
    def digest(self) -> str:
        """Hash of the content, for caches and for files made from it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()
