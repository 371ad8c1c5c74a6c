"""Arguments of the kit's functions: of the right type and within their range, or a clear error.

`where` is "led.on: n". TypeError for a wrong type, ValueError for a value out of range or a name
that there is not.
"""


def whole(where, value, low, high, unit=""):
    """An integer from low to high."""
    integer(where, value)
    if not low <= value <= high:
        outside(where, low, high, unit)


def integer(where, value):
    """Any integer."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(where + " must be int")


def number(where, value):
    """Any number."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(where + " must be float")


def between(where, value, low, high, unit=""):
    """A number from low to high."""
    number(where, value)
    if not low <= value <= high:
        outside(where, low, high, unit)


def outside(where, low, high, unit):
    """Refuse a value that is out of range."""
    raise ValueError("%s must be from %s to %s%s" % (where, str(low), str(high), " " + unit if unit else ""))


def flag(where, value):
    """True or False."""
    if not isinstance(value, bool):
        raise TypeError(where + " must be bool")


def text(where, value):
    """A string."""
    if not isinstance(value, str):
        raise TypeError(where + " must be str")


def name(where, value, names):
    """One of the names."""
    if not isinstance(value, str):
        raise ValueError(where + " must be one of its names")
    if value not in names:
        raise ValueError(where + " must be one of " + ", ".join(names))


def function(where, value):
    """Something that can be called."""
    if not callable(value):
        raise TypeError(where + " must be a function")
