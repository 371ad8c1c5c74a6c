"""The grammar of a whole program, from the registry.

A program is a refusal, or: one comment, imports, statements. Importing from the kit's own module decides the
style: with it, the kit's names can only be used as the kit has them; without it they are free names, so that
`led` may be a pin and `led.blink(…)` does not exist.
"""

from __future__ import annotations

from robo_runtime.errors import RoboError
from robo_runtime.grammar.expressions import Layer, add_expressions
from robo_runtime.grammar.gbnf import Grammar, words
from robo_runtime.grammar.heads import FROM_MACHINE, Heads
from robo_runtime.grammar.lexical import add_lexical
from robo_runtime.grammar.names import names
from robo_runtime.grammar.statements import Statements
from robo_runtime.registry.models import Board, Registry

REFUSAL = "# Sorry: "
"""How a program begins that only says why the request cannot be met."""


def micropython_gbnf(registry: Registry, board: str = "esp32") -> str:
    """GBNF text for the programs that `registry` and the pins of `board` allow.

    Raises:
        RoboError: the registry has no such board.
    """
    pins = board_of(registry, board)
    g = Grammar()
    add_root(g)
    add_lexical(g)
    plain, kit = (_add_style(g, registry, pins, kit) for kit in (False, True))
    imports, of_kit = _add_imports(g, registry), kit_imports(g, registry)
    g.rule("program", f"{imports} program", f"{of_kit} kit-program", plain)
    g.rule("kit-program", f"({imports}|{of_kit}) kit-program", kit)
    return g.text()


def board_of(registry: Registry, board: str) -> Board:
    """The board of that name.

    Raises:
        RoboError: the registry has no such board.
    """
    if board not in registry.boards:
        raise RoboError(f"unknown board {board!r}; the registry has: {', '.join(sorted(registry.boards))}")
    return registry.boards[board]


def add_root(g: Grammar) -> None:
    """The start symbol: a comment and a program, a program, or a refusal."""
    g.rule("root", f'"# " (text "\\n" blank program|"{REFUSAL[2:]}" char text "\\n")', "program")


def kit_imports(g: Grammar, registry: Registry) -> str:
    """The rule for one line that imports from the kit's own module."""
    return g.share(f'"from {registry.module} import " {_listed(g, set(registry.objects))} eol')


def _add_style(g: Grammar, registry: Registry, board: Board, kit: bool) -> str:
    """All rules of one style; returns the rule of its statements."""
    outer, inner = (Layer("kit" if kit else "plain", inner) for inner in (False, True))
    heads = Heads(g, outer, registry, board, "name", kit)
    if not kit:  # a free name is the same in both styles
        g.rule("name", names(g, heads.free(), ""))
    for layer in (outer, inner):
        add_expressions(g, layer, "name")
        own = heads if layer is outer else Heads(g, layer, registry, board, "name", kit)
        g.rule(layer.name("methods"), words(g, own.methods))
        g.rule(layer.name("attributes"), words(g, dict.fromkeys(own.attributes, "")))
        g.rule(layer.name("names"), names(g, own.expression(), layer.name("after-name")))
    statements = Statements(g, outer, "name")
    reserved = heads.statement(outer.name("after-statement"), outer.name("assign"))
    g.rule(outer.name("simple"), names(g, reserved, outer.name("after-free-name")))
    return statements.program()


def _add_imports(g: Grammar, registry: Registry) -> str:
    """The rule for one line that imports MicroPython's modules."""
    listed = {}
    for name, module in registry.modules.items():
        members = {*module.classes, *module.constants, *(module.functions if name == FROM_MACHINE else ())}
        if members:
            listed[name] = f'" import " {_listed(g, members)}'
    return g.share(
        f'"from " {words(g, listed)} eol', f'"import " {words(g, dict.fromkeys(registry.modules, ""))} eol'
    )


def _listed(g: Grammar, members: set[str]) -> str:
    """One or more of the names, with commas between them."""
    name = words(g, dict.fromkeys(sorted(members), ""))
    return f'{name} (", " {name})*'
