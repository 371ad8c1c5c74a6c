# mypy: ignore-errors
# ruff: noqa: UP031
"""For MicroPython: what converted modules of the simulator import from `native` and `modules.pins`."""

from lines import wake  # noqa: F401 - imported from here


class Native:
    pass


class Module:
    def __init__(self, name, names):
        for key in names:
            setattr(self, key, names[key])


def line_of(pin):
    import machine

    return machine.line_of(pin)


def as_int(value):
    if isinstance(value, int):
        return int(value)
    raise TypeError("can't convert %s to int" % type(value).__name__)


def as_float(value):
    if isinstance(value, (int, float)):
        return float(value)
    raise TypeError("can't convert %s to float" % type(value).__name__)


def as_bytes(value):
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    raise TypeError("object with buffer protocol required")


def text_of(data):
    return bytes(data).decode()


def hsv_to_rgb(h, s, v):
    """`colorsys.hsv_to_rgb`."""
    if s == 0.0:
        return v, v, v
    i = int(h * 6.0)
    f = h * 6.0 - i
    p, q, t = v * (1.0 - s), v * (1.0 - s * f), v * (1.0 - s * (1.0 - f))
    return ((v, t, p), (q, v, p), (p, v, t), (p, q, v), (t, p, v), (v, p, q))[i % 6]
