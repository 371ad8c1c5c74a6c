"""One module per family of devices; each registers its actions, conditions and rules when imported."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Import every module of this folder."""
    for module in sorted(m.name for m in iter_modules(__path__)):
        import_module(f"{__name__}.{module}")
