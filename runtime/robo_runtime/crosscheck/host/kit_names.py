# mypy: ignore-errors
# ruff: noqa: B905
"""The end of `robokit` for MicroPython; what comes before it is converted from `robo_runtime.simulate.kit`.

MicroPython cannot ask a function for its parameters: the converter writes them into the decorator `acts`, and
`Board.arity` tells how many a callback of the program takes.
"""

from board import current


class _Row:
    def __init__(self, data):
        for key in data:
            setattr(self, key, data[key])


def acts(*names):
    *names, needed = names

    def register(act):
        for name in names:
            _ACTS[name] = (act, frozenset(needed))  # noqa: F821 - from the converted part
        return act

    return register


def call_back(callback, *arguments):
    takes = current().arity.get(getattr(callback, "__name__", ""))
    return callback(*(arguments if takes is None else arguments[:takes]))


def bind(name, parameters, positional, named, usual):
    arguments = dict(zip(parameters["order"], positional))
    arguments.update(named)
    for key, default in parameters["defaults"].items():
        if key not in arguments:
            arguments[key] = usual.get(key, default)
    return {key: arguments[key] for key in parameters["order"]}


def names(board):
    """The names of the kit's module."""
    for part in ("control", "inputs", "lights", "motion", "outputs", "sound", "wireless"):
        __import__("sim_kit_" + part)

    for series in board.world.sensors.values():
        for t, _ in series:
            wake(board, t)  # noqa: F821
    found = {}
    for name, data in board.functions.items():
        thing, _, method = name.partition(".")
        call = _callable(board, name, data)
        if method:
            found.setdefault(thing, {})[method] = call
        else:
            found[thing] = call
    return {name: _Row(value) if isinstance(value, dict) else value for name, value in found.items()}


def _callable(board, name, data):
    act, needed = _ACTS.get(name, (None, ()))  # noqa: F821
    if any(key not in data["order"] for key in needed):
        act = None
    nothing = data["nothing"]
    answers = data["answers"]

    def call(*positional, **named):
        usual = board.parts.get("usual", {}).get(name.split(".")[0], {})
        arguments = bind(name, data, positional, named, usual)
        if not answers:
            announce(board, name, arguments)  # noqa: F821
        result = None
        if act is not None:
            result = act(board, **{key: arguments[key] for key in needed})
        elif answers:
            result = sensed(board, name, arguments, nothing)  # noqa: F821
        if answers:
            seen = shown(arguments)  # noqa: F821
            seen["->"] = result
            board.record("call", name, seen)
        return result

    return call
