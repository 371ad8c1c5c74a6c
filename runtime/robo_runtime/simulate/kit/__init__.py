"""The kit's own module, made from the registry: every function is checked, recorded and, if known, acted out.

A function the registry has and no file here acts out still works: its call is recorded, and its answer comes
from `World.sensors`. Files of this package act out the well-known ones; they are found by `@acts("led.on")`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from types import CodeType, MappingProxyType
from typing import TYPE_CHECKING, Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.modules.pins import wake
from robo_runtime.simulate.native import Module
from robo_runtime.simulate.world import value_at

if TYPE_CHECKING:
    from robo_runtime.registry import Function, Parameter, Registry

Act = Callable[..., Any]
_ACTS: dict[str, tuple[Act, frozenset[str]]] = {}
_HERE = ("lights", "sound", "outputs", "motion", "inputs", "control", "wireless")

STEP_US = 20_000
_STEADY = frozenset({
    "led.on", "led.off", "led.set", "led.brightness", "led.all_on", "led.all_off", "robot.move_forward",
    "robot.move_backward", "robot.turn_left", "robot.turn_right", "robot.stop", "robot.brake",
    "robot.set_motors",
    "robot.set_motor", "robot.set_default_speed", "servo.angle", "servo.release", "servo.continuous",
    "gripper.open",
    "gripper.close", "relay.on", "relay.off", "pixels.fill", "pixels.set", "pixels.set_rgb",
    "pixels.fill_rgb",
    "pixels.clear", "pixels.brightness", "pixels.bar", "display.text", "display.print", "display.number",
    "display.clear", "display.show", "sound.start", "sound.stop", "sound.tempo",
})  # fmt: skip
"""Calls that set a state: a repetition says nothing new and is not recorded again."""
_WHICH = ("n", "index", "side", "line", "x", "y")


def acts(*names: str) -> Callable[[Act], Act]:
    """Act out the functions of these names: called with the board and the bound arguments it names."""

    def register(act: Act) -> Act:
        needed = frozenset(list(inspect.signature(act).parameters)[1:])
        for name in names:
            _ACTS[name] = (act, needed)
        return act

    return register


def names(board: Board, registry: Registry) -> Mapping[str, Any]:
    """The names of the kit's module."""
    for part in _HERE:
        import_module(f"{__name__}.{part}")
    for series in board.world.sensors.values():
        for t, _ in series:
            wake(board, t)
    found: dict[str, Any] = {}
    for name, function in registry.functions.items():
        thing, _, method = name.partition(".")
        call = _callable(board, name, function)
        if method:
            found.setdefault(thing, {})[method] = call
        else:
            found[thing] = call
    return {name: Module(name, value) if isinstance(value, dict) else value for name, value in found.items()}


def _callable(board: Board, name: str, function: Function) -> Callable[..., Any]:
    parameters = function.parameters
    act, needed = _ACTS.get(name, (None, frozenset()))
    if not needed <= parameters.keys():
        act = None  # another kit's function of the same name
    answers = function.returns.type != "None"

    def call(*positional: Any, **named: Any) -> Any:
        usual = board.parts.get("usual", {}).get(name.split(".")[0], {})
        arguments = bind(name, parameters, positional, named, usual)
        if not answers:
            announce(board, name, arguments)
        result = None
        if act is not None:
            result = act(board, **{key: arguments[key] for key in needed})
        elif answers:
            result = sensed(board, name, arguments, nothing(function))
        if answers:
            board.record("call", name, {**shown(arguments), "->": result})
        return result

    return call


def bind(
    name: str,
    parameters: Mapping[str, Parameter],
    positional: tuple[Any, ...],
    named: dict[str, Any],
    usual: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Arguments by name, with defaults (`usual` before the registry's), checked against the registry.

    Raises:
        TypeError: missing, unknown, given twice, or of the wrong type.
        ValueError: outside the range or not among the names.
    """
    if len(positional) > len(parameters):
        raise TypeError(
            f"{name}() takes {len(parameters)} positional arguments but {len(positional)} were given"
        )
    arguments = dict(zip(parameters, positional, strict=False))
    for key, value in named.items():
        if key not in parameters:
            raise TypeError(f"{name}() got an unexpected keyword argument '{key}'")
        if key in arguments:
            raise TypeError(f"{name}() got multiple values for argument '{key}'")
        arguments[key] = value
    for key, parameter in parameters.items():
        if key not in arguments:
            if parameter.required:
                raise TypeError(f"{name}() missing required argument '{key}'")
            arguments[key] = usual.get(key, parameter.default)
        elif parameter.type == "function":
            if not callable(arguments[key]):
                raise TypeError(f"{name}: {key} must be a function")
        elif problem := parameter.mismatch(arguments[key]):
            error = ValueError if problem.startswith(("must be from", "must be one of")) else TypeError
            raise error(f"{name}: {key} {problem}")
    return arguments


def announce(board: Board, name: str, arguments: dict[str, Any]) -> None:
    """Record a call, unless it only repeats the state the call before it set."""
    if news(board.parts.setdefault("steady", {}), name, arguments):
        board.emit("call", name, shown(arguments))


def news(steady: dict[Any, Any], name: str, arguments: dict[str, Any]) -> bool:
    """Whether a call says more than that a state stays as it is; `steady` remembers the states set so far."""
    thing = name.split(".")[0]
    about: tuple[Any, ...] = (thing, *(arguments.get(key) for key in _WHICH))
    lasting = name in _STEADY
    if not lasting or name.endswith(("all_on", "all_off", "clear", "fill", "fill_rgb")):
        for key in [key for key in steady if key[0] == thing and not (lasting and key == about)]:
            del steady[key]
    if not lasting:
        return True
    known = steady.get(about) == (name, arguments)
    steady[about] = (name, arguments)
    return not known


def shown(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments as the record shows them: a function is its name."""
    return {key: getattr(v, "__name__", "function") if callable(v) else v for key, v in arguments.items()}


def sensed(board: Board, name: str, arguments: Mapping[str, Any], default: Any) -> Any:
    """What the world says a function returns: by name and arguments ("sensor.line:left"), else by name."""
    sensors = board.world.sensors
    detailed = ":".join([name, *(str(value) for value in arguments.values())])
    series = sensors.get(detailed) or sensors.get(name)
    value = value_at(series, board.t, default) if series else default
    return (
        type(default)(value)
        if isinstance(default, (bool, int, float)) and not isinstance(value, str)
        else value
    )


def nothing(function: Function) -> Any:
    """What a function answers when the world says nothing."""
    returns = function.returns
    if returns.type == "enum":
        return (returns.values or ("",))[0]
    empty: dict[str, Any] = {
        "int": 0,
        "float": 0.0,
        "bool": False,
        "str": "",
        "tuple": (0, 0, 0),
        "list": [],
        "dict": {},
    }
    value = empty.get(returns.type)
    if returns.range is not None and isinstance(value, (int, float)) and not isinstance(value, bool):
        low, high = returns.range
        value = type(value)(min(max(value, low), high))
    return value


def glide(board: Board, start: float, end: float, ms: int, put: Callable[[float], Any]) -> None:
    """Let a value go from `start` to `end` within `ms`, put every 20 ms."""
    steps = max(ms * 1000 // STEP_US, 1)
    for step in range(1, steps + 1):
        board.sleep(ms * 1000 // steps)
        put(start + (end - start) * step / steps)


def call_back(callback: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of the program with as many of the arguments as it takes."""
    code = getattr(callback, "__code__", None)
    if isinstance(code, CodeType) and not code.co_flags & inspect.CO_VARARGS:
        bound = 1 if hasattr(callback, "__self__") else 0
        arguments = arguments[: code.co_argcount - bound]
    return callback(*arguments)
