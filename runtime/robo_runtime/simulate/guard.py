"""From program text to code that is safe to run and tells the clock of every statement.

Calls to the clock are written into the syntax tree. `sys.settrace` was the alternative: a loop of assignments
took 1.2 times as long with it, it also calls back for the simulator's own functions, and it would take the
place of a debugger or of coverage.

What a program could escape or hang with is refused or guarded: names and attributes that start with an
underscore (a program's own get names of their own), frames and code objects, products, powers, shifts and
paddings without bound.
"""

from __future__ import annotations

import ast
import re
import warnings
from types import CodeType
from typing import NoReturn

from robo_runtime.simulate.errors import PROGRAM
from robo_runtime.simulate.names import (
    ADD,
    ASCII,
    ATTRIBUTE,
    CAUGHT,
    EXTEND,
    GROWING,
    MAX_SOURCE,
    MAX_WIDTH,
    MULTIPLY,
    MUTATORS,
    NO_KEYWORDS,
    ONLY_CPYTHON,
    PERCENT,
    POSITIONAL,
    POWER,
    SHIFT,
    SHOWN,
    SLICE,
    SPEC,
    TEXT,
    TICK,
    TOUCH,
    TURN,
    check_attribute,
    own,
)  # fmt: skip
from robo_runtime.simulate.nodes import NotAllowed, at, call, call_statement, may_be_text, refuse, small

_GUARDED = {ast.Add: ADD, ast.Mult: MULTIPLY, ast.Pow: POWER, ast.LShift: SHIFT, ast.Mod: PERCENT}
_UNSUPPORTED = (ast.AsyncFor, ast.AsyncWith)
_WIDTH = re.compile(r"\d{4,}")


def compile_program(code: str, file: str = PROGRAM) -> CodeType:
    """Compile `code` with clock calls and guards; `file` stands for it in tracebacks.

    Raises:
        SyntaxError: the text is not a program MicroPython reads, or (`NotAllowed`) uses what is refused.
        RecursionError, MemoryError, ValueError: the text is too deep or malformed for the parser.
    """
    if len(code) > MAX_SOURCE:
        raise NotAllowed(f"the program is longer than {MAX_SOURCE} characters", (PROGRAM, 1, 1, ""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # `is` with a literal, odd escapes: the program's business
        tree = ast.parse(code, file)
        return compile(_Guard().module(tree), file, "exec", dont_inherit=True)


class _Guard(ast.NodeTransformer):
    def module(self, tree: ast.Module) -> ast.Module:
        tree.body = self._block(tree.body)
        return tree

    # -- statements --------------------------------------------------------------------------------------

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for statement in body:
            if isinstance(statement, ast.FunctionDef) and statement.name == "__del__":
                continue  # MicroPython never calls it
            out.append(call_statement(TOUCH if counts(statement) else TICK, statement))
            done = self.visit(statement)
            if done is not None:
                out.append(done)
        return out

    def _bodies(self, node: ast.AST) -> None:
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                if value and isinstance(value[0], ast.stmt):
                    setattr(node, name, self._block(value))
                else:
                    setattr(node, name, [self.visit(v) if isinstance(v, ast.AST) else v for v in value])
            elif isinstance(value, ast.AST):
                setattr(node, name, self.visit(value))

    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, _UNSUPPORTED):
            refuse(node, "MicroPython on the kit does not know this statement")
        self._bodies(node)
        return node

    def visit_While(self, node: ast.While) -> ast.While:
        self._bodies(node)
        node.body.insert(0, call_statement(TURN, node))
        return node

    def visit_For(self, node: ast.For) -> ast.For:
        self._bodies(node)
        node.body.insert(0, call_statement(TICK, node))
        return node

    def visit_Match(self, node: ast.AST) -> NoReturn:
        refuse(node, "MicroPython has no match statement")

    def visit_TryStar(self, node: ast.AST) -> NoReturn:
        refuse(node, "MicroPython has no except*")

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self._bodies(node)
        if node.type is None:  # a bare except must not catch the end of the simulation
            node.type = at(ast.Name(CAUGHT, ast.Load()), node)
        if node.name:
            _check_name(node, node.name)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        if node.keywords:
            refuse(node, "MicroPython classes take no keywords")
        _check_name(node, node.name)
        _rename_own(node)
        self._bodies(node)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        if node.args.posonlyargs:
            refuse(node, "MicroPython has no positional-only parameters")
        _check_name(node, node.name, method=True)
        node.returns = None
        self._bodies(node)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.FunctionDef:
        """A coroutine is a generator, as it is in MicroPython."""
        fields = {name: getattr(node, name) for name in node._fields}
        never = at(ast.Expr(at(ast.Yield(None), node)), node)
        fields["body"] = [at(ast.If(at(ast.Constant(False), node), [never], []), node), *node.body]
        return self.visit_FunctionDef(at(ast.FunctionDef(**fields), node))

    def visit_Await(self, node: ast.Await) -> ast.YieldFrom:
        return at(ast.YieldFrom(self.visit(node.value)), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        self._bodies(node)
        guard = _GUARDED.get(type(node.op))
        if guard is None or not isinstance(node.target, ast.Name) or (guard == ADD and small(node.value)):
            return node
        name, guard = node.target.id, EXTEND if guard == ADD else guard
        value = call(guard, node, at(ast.Name(name, ast.Load()), node), node.value)
        return at(ast.Assign([at(ast.Name(name, ast.Store()), node)], value), node)

    def visit_Global(self, node: ast.Global) -> ast.Global:
        for name in node.names:
            _check_name(node, name)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.Nonlocal:
        for name in node.names:
            _check_name(node, name)
        return node

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> ast.AST:
        for alias in node.names:
            for name in filter(None, (*alias.name.split("."), alias.asname)):
                if name.startswith("_") and name != "_thread":
                    refuse(node, f"the name {name!r} cannot be imported")
        return node

    visit_ImportFrom = visit_Import

    # -- expressions -------------------------------------------------------------------------------------

    def visit_Name(self, node: ast.Name) -> ast.Name:
        _check_name(node, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        _check_name(node, node.arg)
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return at(ast.Pass(), node)
        self._bodies(node)
        return at(ast.Assign([node.target], node.value), node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if why := check_attribute(node.attr):
            refuse(node, why)
        node.attr = own(node.attr)
        node.value = self.visit(node.value)
        if (node.attr in GROWING or node.attr in ONLY_CPYTHON or node.attr in ASCII) and isinstance(
            node.ctx, ast.Load
        ):
            return call(ATTRIBUTE, node, node.value, at(ast.Constant(node.attr), node))
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self._bodies(node)
        if node.keywords:
            self._keywords(node)
        simple = len(node.args) == 1 and not node.keywords and not isinstance(node.args[0], ast.Starred)
        if simple and isinstance(node.func, ast.Name) and node.func.id == "str":
            node.func.id = TEXT
        return node

    def _keywords(self, node: ast.Call) -> None:
        """A built-in that takes no keywords refuses them at run time; one's own function of that name may."""
        function = node.func
        if isinstance(function, ast.Attribute) and function.attr in NO_KEYWORDS:
            name = at(ast.Constant(function.attr), node)
            node.func = call(POSITIONAL, node, function.value, name)
        elif isinstance(function, ast.Name) and function.id in NO_KEYWORDS:
            node.func = call(POSITIONAL, node, function)

    def visit_Dict(self, node: ast.Dict) -> ast.Dict:
        if None in node.keys:
            refuse(node, "MicroPython cannot unpack ** in a dict display")
        self._bodies(node)
        return node

    def _display(self, node: ast.Tuple | ast.List | ast.Set) -> ast.AST:
        if isinstance(getattr(node, "ctx", None), ast.Store):
            self._bodies(node)
            return node
        for item in node.elts:
            if isinstance(item, ast.Starred):
                refuse(item, "MicroPython cannot unpack * in a list, tuple or set")
        self._bodies(node)
        return node

    visit_Tuple = visit_List = visit_Set = _display

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self._bodies(node)
        if not isinstance(node.slice, ast.Slice) or node.slice.step is None:
            return node
        if not isinstance(node.ctx, ast.Load):
            refuse(node, "MicroPython cannot assign to a slice with a step")
        part = node.slice
        bounds = [b or at(ast.Constant(None), node) for b in (part.lower, part.upper, part.step)]
        return call(SLICE, node, node.value, *bounds)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self._bodies(node)
        guard = _GUARDED.get(type(node.op))
        numbers = small(node.left), small(node.right)
        if guard is None or (guard == MULTIPLY and all(numbers)) or (guard == ADD and any(numbers)):
            return node
        if guard == PERCENT and not may_be_text(node.left):
            return node
        return call(guard, node, node.left, node.right)

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        if node.is_async:
            refuse(node.iter, "MicroPython on the kit has no asynchronous comprehensions")
        self._bodies(node)
        ticked = ast.Compare(call(TICK, node.iter), [ast.Is()], [at(ast.Constant(None), node.iter)])
        node.ifs.insert(0, at(ticked, node.iter))
        return node

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.FormattedValue:
        node.value = self.visit(node.value)
        if node.format_spec is None:
            if node.conversion == -1:
                node.value = call(TEXT, node, node.value)
        elif isinstance(node.format_spec, ast.JoinedStr):
            for part in node.format_spec.values:
                if isinstance(part, ast.Constant):
                    if str(part.value)[-1:] in ("f", "F", "%"):
                        node.value = call(SHOWN, node, node.value)
                    if _WIDTH.search(str(part.value)):
                        refuse(node, f"a format wider than {MAX_WIDTH} characters")
                elif isinstance(part, ast.FormattedValue):
                    part.value = call(SPEC, node, self.visit(part.value))
        return node


def _check_name(node: ast.AST, name: str, *, method: bool = False) -> None:
    if name.startswith("_sim_") or (name.startswith("__") and name != "__name__" and not method):
        refuse(node, f"the name {name!r} cannot be used in a program for the kit")


def _rename_own(node: ast.ClassDef) -> None:
    """Give private methods and variables of a class the names under which attributes are looked up."""
    for statement in node.body:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            statement.name = own(statement.name)
        elif not isinstance(statement, ast.ClassDef):
            for part in ast.walk(statement):
                if isinstance(part, ast.Name):
                    part.id = own(part.id)


def counts(statement: ast.stmt) -> bool:
    """Whether the statement changes what the next turn of a loop sees, so that the loop is not idle."""
    if isinstance(statement, ast.AugAssign):
        return True
    if isinstance(statement, ast.Assign):
        first = statement.targets[0]
        return not isinstance(first, ast.Name) or any(
            isinstance(n, ast.Name) and n.id == first.id for n in ast.walk(statement.value)
        )
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        return isinstance(function, ast.Attribute) and function.attr in MUTATORS
    return False
