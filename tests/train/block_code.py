"""What a stack of blocks means, as Python's own syntax tree: the reference that programs are compared with."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from robo_runtime.registry import Function, Registry
from robo_train.syllabus_blocks import Block

COMPARE = {"EQ": ast.Eq, "NEQ": ast.NotEq, "LT": ast.Lt, "LTE": ast.LtE, "GT": ast.Gt, "GTE": ast.GtE}
ARITHMETIC = {"ADD": ast.Add, "MINUS": ast.Sub, "MULTIPLY": ast.Mult, "DIVIDE": ast.Div}
CALLBACK = "callback"


def of_blocks(stack: Sequence[Block], registry: Registry) -> str:
    """A dump of the program that `stack` says, imports left out and callbacks written where they are used."""
    kit = {f.block()["type"]: f for f in registry.functions.values()}
    return _dump(_Blocks(kit).body(stack))


def of_program(code: str) -> str:
    """A dump of a robokit program in the same form."""
    tree = _Signed().visit(ast.parse(code))
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    return _dump([n for n in map(_Inlined(functions).visit, tree.body) if n is not None])


class _Signed(ast.NodeTransformer):
    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        """A number block holds its sign, so -40 is one number."""
        self.generic_visit(node)
        if (
            isinstance(node.op, ast.USub)
            and isinstance(node.operand, ast.Constant)
            and isinstance(node.operand.value, int | float)
        ):
            return ast.Constant(-node.operand.value)
        return node


class _Inlined(ast.NodeTransformer):
    def __init__(self, functions: dict[str, ast.FunctionDef]) -> None:
        self.functions = functions

    def _gone(self, node: ast.AST) -> None:
        return None

    visit_ImportFrom = visit_FunctionDef = visit_Global = _gone

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        for i, argument in enumerate(node.args):
            if isinstance(argument, ast.Name) and argument.id in self.functions:
                body = [n for n in self.functions[argument.id].body if not isinstance(n, ast.Global)]
                node.args[i] = _callback(body)
        return node


class _Blocks:
    def __init__(self, kit: dict[str, Function]) -> None:
        self.kit = kit

    def body(self, stack: Sequence[Block]) -> list[ast.stmt]:
        return [self.statement(block) for block in stack]

    def statement(self, b: Block) -> ast.stmt:
        if b.type == "controls_whileUntil":
            assert b.fields == {"MODE": "WHILE"}
            return ast.While(self.value(b.inputs["BOOL"]), self.body(b.statements["DO"]), [])
        if b.type == "controls_repeat_ext":
            times = ast.Call(_name("range"), [self.value(b.inputs["TIMES"])], [])
            return ast.For(ast.Name("_", ast.Store()), times, self.body(b.statements["DO"]), [])
        if b.type == "controls_if":
            rest = self.body(b.statements["ELSE"]) if "ELSE" in b.statements else []
            for i in reversed(range(len(b.inputs))):
                rest = [ast.If(self.value(b.inputs[f"IF{i}"]), self.body(b.statements[f"DO{i}"]), rest)]
            return rest[0]
        if b.type == "variables_set":
            return ast.Assign([ast.Name(str(b.fields["VAR"]), ast.Store())], self.value(b.inputs["VALUE"]))
        if b.type == "math_change":
            target = ast.Name(str(b.fields["VAR"]), ast.Store())
            return ast.AugAssign(target, ast.Add(), self.value(b.inputs["DELTA"]))
        return ast.Expr(self.call(b))

    def value(self, b: Block) -> ast.expr:
        inside = (
            {name: self.value(block) for name, block in b.inputs.items()} if b.type not in self.kit else {}
        )
        if b.type in ("math_number", "text"):
            return ast.Constant(b.fields.get("NUM", b.fields.get("TEXT")))
        if b.type == "logic_boolean":
            return ast.Constant(b.fields["BOOL"] == "TRUE")
        if b.type == "variables_get":
            return _name(str(b.fields["VAR"]))
        if b.type == "logic_compare":
            return ast.Compare(inside["A"], [COMPARE[str(b.fields["OP"])]()], [inside["B"]])
        if b.type == "logic_operation":
            return ast.BoolOp(ast.And() if b.fields["OP"] == "AND" else ast.Or(), [inside["A"], inside["B"]])
        if b.type == "math_arithmetic":
            return ast.BinOp(inside["A"], ARITHMETIC[str(b.fields["OP"])](), inside["B"])
        if b.type == "math_round":
            quotient = inside["NUM"]
            assert b.fields["OP"] == "ROUNDDOWN"
            assert isinstance(quotient, ast.BinOp)
            return ast.BinOp(quotient.left, ast.FloorDiv(), quotient.right)
        if b.type == "text_join":
            parts = [inside[f"ADD{i}"] for i in range(len(inside))]
            return ast.JoinedStr(
                [p if isinstance(p, ast.Constant) else ast.FormattedValue(p, -1) for p in parts]
            )
        return self.call(b)

    def call(self, b: Block) -> ast.Call:
        function = self.kit[b.type]
        *path, last = function.qualified_name.split(".")
        called = ast.Attribute(_name(path[0]), last, ast.Load()) if path else _name(last)
        node = ast.Call(called, [], [])
        for name, parameter in function.parameters.items():
            key = name.upper()
            if key in b.statements:
                node.args.append(_callback(self.body(b.statements[key])))
            elif key in b.fields or key in b.inputs:
                value = ast.Constant(b.fields[key]) if key in b.fields else self.value(b.inputs[key])
                if parameter.required:
                    node.args.append(value)
                else:
                    node.keywords.append(ast.keyword(name, value))
        return node


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _callback(body: list[ast.stmt]) -> ast.expr:
    return _name(f"{CALLBACK}: {_dump(body)}")


def _dump(body: list[ast.stmt]) -> str:
    return ast.dump(ast.Module(body, []))
