"""Names that mean something: built-ins, modules, classes, methods, and the kit's own functions.

Each becomes a reserved word of the name tree with its own continuation, so that `time.` can only be followed
by what the module has, and `sleep_ms(` by arguments that fit.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from robo_runtime.grammar import language
from robo_runtime.grammar.expressions import Layer
from robo_runtime.grammar.gbnf import Grammar, words
from robo_runtime.grammar.kinds import firmware_signature, micropython_signature
from robo_runtime.grammar.pins import Pins
from robo_runtime.grammar.signatures import Signature, call_rule
from robo_runtime.grammar.values import Values
from robo_runtime.registry.models import Board, Callable, Class, Function, Module, Registry
from robo_runtime.registry.models import Signature as StubSignature

FROM_MACHINE = "machine"
"""The one module whose functions are imported by name; the others are used as `time.sleep(1)`."""

_KEYWORD_METHODS = ("init", "irq")  # written in C, yet taking keywords


class Heads:
    """The reserved words of one layer.

    Args:
        kit: the style in which the kit's own functions are imported.
        ident: the rule of a free name.
        values_only: the kit's functions that give nothing back may not stand in an expression.
    """

    def __init__(
        self, g: Grammar, layer: Layer, registry: Registry, board: Board, ident: str, kit: bool,
        values_only: bool = False,
    ) -> None:  # fmt: skip
        self.values_only = values_only or layer.inner
        self.g, self.layer, self.registry, self.board = g, layer, registry, board
        self.ident, self.kit = ident, kit
        self.pins = Pins(g, layer, ident, board)
        self.values = Values(g, layer, ident, self.pins.argument)
        self._calls: dict[tuple[Signature, ...], str] = {}
        self.class_names = {name for module in registry.modules.values() for name in module.classes}

    def expression(self) -> dict[str, str | None]:
        """Reserved words of an expression, each with what may follow it."""
        n, after = self.layer.name, self.layer.name("after-call")
        variable = [f'"." {n("member")}', f'"[" {n("index")} {n("after-name")}', '""']
        out = _Words(self._keywords())
        for name, call in self._builtins.items():
            out.add(name, f'"(" {call} {after}')
        for name, module in self.registry.modules.items():
            out.add(name, *self._dotted(self._members(module, after)))
        for name, cls in self._classes.items():
            out.add(name, *(() if self.layer.inner else self._class(name, cls, after)))
        for name, call in self._imported.items():
            out.add(name, f'"(" {call} {after}', *variable)
        for name, functions in self._objects.items():
            calls = self._kit_calls(functions, after, values_only=self.values_only)
            out.add(name, *calls, *(variable if name in self._plain_functions else variable[1:]))
        return out.actions(self.g)

    def statement(self, after: str, assign: str) -> dict[str, str | None]:
        """Reserved words at the start of a statement: only calls may stand alone.

        Args:
            after: the rule for what may follow a call.
            assign: the rule for an assignment to a name that is also free to be a variable.
        """
        out = _Words(self._keywords() | {"pass": ['""']})
        for name, call in self._builtins.items():
            out.add(name, f'"(" {call} {after}')
        for name, module in self.registry.modules.items():
            out.add(name, *self._dotted(self._members(module, after, calls_only=True)))
        for name, cls in self._classes.items():
            out.add(name, f'"(" {self._constructor(name, cls)} {after}')
        for name, call in self._imported.items():
            out.add(name, f'"(" {call} {after}', assign)
        for name, functions in self._objects.items():
            out.add(name, *self._kit_calls(functions, after), assign)
        return out.actions(self.g)

    def free(self) -> dict[str, str | None]:
        """Words that are no free names: neither variables nor functions may be called so."""
        return dict.fromkeys([*self._keywords(), *language.BUILTINS, *self.registry.modules, *self._classes])

    @cached_property
    def methods(self) -> dict[str, str]:
        """Methods of all classes and built-in types by name, each with its arguments."""
        found: dict[str, list[Signature]] = {
            name: self._builtin(texts) for name, texts in language.METHODS.items()
        }
        for cls in self._classes.values():
            for name, method in cls.methods.items():
                if not name.startswith("_"):
                    found.setdefault(name, []).extend(self._signatures(method, name in _KEYWORD_METHODS))
        return {name: f'"(" {self._call(signatures)}' for name, signatures in found.items()}

    @cached_property
    def attributes(self) -> list[str]:
        """Attributes of instances, such as the `n` of a NeoPixel; constants belong to classes."""
        return sorted({a for cls in self._classes.values() for a in cls.constants if a[0].islower()})

    @staticmethod
    def _keywords() -> dict[str, list[str]]:
        return {word: [] for word in sorted(language.KEYWORDS | language.FORBIDDEN)}

    def _dotted(self, members: dict[str, str]) -> list[str]:
        return [f'"." {words(self.g, members)}'] if members else []

    def _call(self, overloads: list[Signature]) -> str:
        key = tuple(overloads)
        if key not in self._calls:
            self._calls[key] = call_rule(self.g, overloads, self.values, self.ident)
        return self._calls[key]

    def _signatures(
        self, callable_: Callable, by_name: bool = False, ids: tuple[int, int] | None = None
    ) -> list[Signature]:
        return [
            micropython_signature(s, self.class_names, by_name=by_name, ids=ids) for s in callable_.signatures
        ]

    def _builtin(self, texts: Iterable[str]) -> list[Signature]:
        return [micropython_signature(StubSignature.parse(text), self.class_names) for text in texts]

    @cached_property
    def _builtins(self) -> dict[str, str]:
        return {name: self._call(self._builtin(texts)) for name, texts in language.BUILTINS.items()}

    @cached_property
    def _classes(self) -> dict[str, Class]:
        return {
            name: cls for module in self.registry.modules.values() for name, cls in module.classes.items()
        }

    def _constructor(self, name: str, cls: Class) -> str:
        if name == "Pin":
            return self.pins.constructor()
        return self._call(self._signatures(cls.constructor, by_name=True, ids=self.board.ids.get(name)))

    def _class(self, name: str, cls: Class, after: str) -> list[str]:
        constants = {c: "" for c in cls.constants if c[0].isupper()}
        return [f'"(" {self._constructor(name, cls)} {after}', *self._dotted(constants)]

    def _members(self, module: Module, after: str, calls_only: bool = False) -> dict[str, str]:
        out = {
            name: f'"(" {self._call(self._signatures(function))} {after}'
            for name, function in module.functions.items()
        }
        if self.layer.inner:
            return out | dict.fromkeys(module.constants, "")
        for name, cls in module.classes.items():
            if calls_only:
                out[name] = f'"(" {self._constructor(name, cls)} {after}'
            else:
                out[name] = self.g.share(*self._class(name, cls, after))
        return out if calls_only else out | dict.fromkeys(module.constants, "")

    @cached_property
    def _imported(self) -> dict[str, str]:
        """Functions of `machine`: a name of one may be a variable, but a call must fit the function."""
        module = self.registry.modules.get(FROM_MACHINE)
        functions = module.functions if module else {}
        return {name: self._call(self._signatures(f)) for name, f in functions.items()}

    @cached_property
    def _objects(self) -> dict[str, list[Function]]:
        return self.registry.objects if self.kit else {}

    @cached_property
    def _plain_functions(self) -> set[str]:
        """Kit functions without an object: `wait`, not `led.on`."""
        return {name for name, fs in self._objects.items() if any(f.qualified_name == name for f in fs)}

    def _kit_calls(self, functions: list[Function], after: str, values_only: bool = False) -> list[str]:
        calls, members = [], {}
        for function in functions:
            if values_only and function.returns.type == "None":
                continue
            call = self._call([firmware_signature(function, self.registry.enums)])
            _, dot, member = function.qualified_name.partition(".")
            if dot:
                members[member] = f'"(" {call} {after}'
            else:
                calls.append(f'"(" {call} {after}')
        return calls + self._dotted(members)


class _Words:
    """Reserved words with the alternatives of what may follow each; a word may be both module and class."""

    def __init__(self, alternatives: dict[str, list[str]]) -> None:
        self._alternatives = alternatives

    def add(self, word: str, *alternatives: str) -> None:
        self._alternatives.setdefault(word, []).extend(alternatives)

    def actions(self, g: Grammar) -> dict[str, str | None]:
        """One GBNF sequence for each word; None where the word may not stand at all."""
        return {
            word: g.share(*found) if len(found) > 1 else found[0] if found else None
            for word, found in self._alternatives.items()
        }
