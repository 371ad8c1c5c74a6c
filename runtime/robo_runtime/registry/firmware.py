"""Functions of the kit's firmware, and the blocks, generators and events that follow from them."""

from __future__ import annotations

import keyword
import re
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, model_validator

from robo_runtime.files import Strict

Number = int | float
ParameterType = Literal["int", "float", "bool", "str", "enum", "function", "dict", "tuple", "list", "None"]
Category = Literal[
    "motion", "led", "pixels", "display", "sensor", "input", "sound", "servo", "wireless", "control"
]

_PYTHON: dict[str, Any] = {
    "int": int, "float": (int, float), "bool": bool, "str": str, "enum": str, "dict": dict, "tuple": tuple,
    "list": list,
}  # fmt: skip


class _Value(Strict):
    """What may go into a function or come out of it."""

    type: ParameterType
    range: tuple[Number, Number] | None = None
    """Smallest and largest legal value, both included; of each element where the type is tuple."""
    unit: str = ""
    values: tuple[str, ...] | None = None
    """Legal strings of an enum."""
    enum: str | None = None
    """Name of an enum of `kit.yaml`, in place of `values`."""

    @model_validator(mode="after")
    def _possible(self) -> _Value:
        if self.range is not None:
            low, high = self.range
            if low > high:
                raise ValueError(f"range [{low}, {high}] is empty")
            if self.type not in ("int", "float", "tuple"):
                raise ValueError(f"a range needs a number, the type is {self.type}")
        if self.type == "enum" and not self.values:
            raise ValueError("an enum needs its values, or the name of an enum of kit.yaml")
        if self.type != "enum" and (self.values or self.enum):
            raise ValueError(f"only an enum has values, the type is {self.type}")
        return self


class Parameter(_Value):
    """One argument of a firmware function."""

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
    def _default_fits(self) -> Parameter:
        if not self.required and (problem := self.mismatch(self.default)):
            raise ValueError(f"default {self.default!r}: {problem}")
        return self

    @property
    def sample(self) -> str:
        """A legal value, as Python text."""
        if self.range is not None and self.type in ("int", "float"):
            middle = sum(self.range) / 2
            return str(int(middle) if self.type == "int" else middle)
        if self.values:
            return f'"{self.values[0]}"'
        return {
            "int": "1", "float": "1.0", "bool": "True", "str": '"hello"', "function": "on_event",
            "dict": "{}", "tuple": "(0, 0, 0)", "list": "[]",
        }.get(self.type, "None")  # fmt: skip

    def mismatch(self, value: Any) -> str | None:
        """Why a literal is not a legal value of this parameter; None when it is one."""
        kind = _PYTHON.get(self.type)
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


class Returns(_Value):
    """What a function gives back."""

    type: ParameterType = "None"


COLOURS: dict[str, int] = {
    "motion": 210, "led": 45, "pixels": 300, "display": 180, "sensor": 120, "input": 90, "sound": 330,
    "servo": 20, "wireless": 260, "control": 0,
}  # fmt: skip
_CHECKS = {"int": "Number", "float": "Number", "str": "String", "bool": "Boolean"}
_QUALIFIED = re.compile(r"[a-z_]\w*(\.[a-z_]\w*)?")


class FunctionEntry(Strict):
    """A function as the YAML writes it; its name is the key."""

    description: str = Field(min_length=3)
    parameters: dict[str, Parameter] = {}
    returns: Returns = Returns()
    grade_min: int = Field(ge=1, le=10)
    hardware_required: tuple[str, ...] = ()
    example: str = ""
    """A call, imports left out; two or more lines where a callback is needed. Derived when left out."""
    blockly: dict[str, Any] | None = None
    """A Blockly definition, where the derived one does not do."""
    generator: dict[str, Any] | None = None
    """`{kind, imports, template}`, where the derived one does not do."""
    trace: dict[str, Any] | None = None
    """The trace event, where the derived one does not do."""

    @model_validator(mode="after")
    def _names(self) -> FunctionEntry:
        for name in self.parameters:
            if not name.isidentifier() or keyword.iskeyword(name):
                raise ValueError(f"parameter {name!r} is no Python name")
        order = [not p.required for p in self.parameters.values()]
        if order != sorted(order):
            raise ValueError("a parameter without default stands after one with a default")
        return self

    def derived_example(self, name: str) -> str:
        """A call of the function `name` with a likely value for what must be given."""
        needed = {key: p for key, p in self.parameters.items() if p.required}
        words = ", ".join(p.sample for p in needed.values())
        lines = [f"{'value = ' if self.returns.type != 'None' else ''}{name}({words})"]
        if any(p.type == "function" for p in needed.values()):
            lines = ["def on_event():", "    pass", *lines]
        return "\n".join(lines)


class Function(FunctionEntry):
    """A function with everything that follows from its entry."""

    qualified_name: str
    category: Category
    module: str

    @model_validator(mode="after")
    def _block_and_generator_agree(self) -> Function:
        if not _QUALIFIED.fullmatch(self.qualified_name):
            raise ValueError("a name is lower case words, `wait` or `robot.stop`")
        if self.blockly is not None or self.generator is not None:
            block, generator = self.block(), self.code_generator()
            if missing := {"type", "message0"} - set(block):
                raise ValueError(f"blockly: {', '.join(sorted(missing))} missing")
            if missing := {"kind", "imports", "template"} - set(generator):
                raise ValueError(f"generator: {', '.join(sorted(missing))} missing")
            inputs = {a["name"] for a in block.get("args0", []) if "name" in a}
            used = set(re.findall(r"\$\{(\w+)\}", generator["template"]))
            if inputs != used:
                raise ValueError(
                    f"the block has the inputs {sorted(inputs)}, its generator writes {sorted(used)};"
                    " give both, or neither"
                )
        return self

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
        if self.trace is not None:
            return self.trace
        return {"kind": "call", "name": self.qualified_name, "args": list(self.parameters)}

    @property
    def program(self) -> str:
        """The example as a whole program."""
        return f"{self.import_line}\n\n{self.example}\n"
