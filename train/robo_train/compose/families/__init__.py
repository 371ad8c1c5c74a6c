"""One module per family of devices; each registers its actions, conditions and rules when imported."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

_loaded: list[str] = []


def load() -> None:
    """Import every module of this folder; what is drawn does not depend on what was imported before."""
    if _loaded:
        return
    for module in sorted(m.name for m in iter_modules(__path__)):
        _loaded.append(import_module(f"{__name__}.{module}").__name__)
    from robo_train.compose.draw import ACTIONS, CONDITIONS, RULES, SHAPES

    registries: tuple[dict[str, Any], ...] = (ACTIONS, CONDITIONS, RULES, SHAPES)
    for registry in registries:
        ordered = sorted(registry.items())
        registry.clear()
        registry.update(ordered)
