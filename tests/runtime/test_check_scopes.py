"""Scopes and the order of reads, against CPython's symbol table and CPython itself."""

import ast
import itertools
import symtable
from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from robo_runtime.check.frames import Frames
from robo_runtime.check.names import name_problems
from robo_runtime.check.order import early_reads

from tests.runtime.programs import PROJECTS, RIGHT


def test_scopes_are_those_of_the_symbol_table_of_cpython() -> None:
    programs = [code for code in RIGHT if "*" not in code.split("import")[-1][:3]]
    for code in [*programs, *PROJECTS]:
        frames = Frames(ast.parse(code), {})
        ours = sorted(
            sorted(f.bound)
            for f in frames.all
            if isinstance(f.node, ast.Module | ast.FunctionDef | ast.Lambda)
        )
        theirs = sorted(sorted(n) for n in _tables(symtable.symtable(code, "program", "exec")))
        assert ours == theirs, code


def _tables(table: symtable.SymbolTable) -> Iterator[list[str]]:
    """Names bound in the module and in each function; comprehensions are inlined since Python 3.12."""
    if table.get_type() == "module":
        inner = [t for child in table.get_children() for t in _all(child)]
        declared = {
            s.get_name() for t in inner for s in t.get_symbols() if s.is_declared_global() and s.is_assigned()
        }
        yield list(
            declared | {s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported()}
        )
    for child in table.get_children():
        if child.get_type() == "function" and child.get_name() not in (
            "listcomp",
            "dictcomp",
            "setcomp",
            "genexpr",
        ):
            yield [s.get_name() for s in child.get_symbols() if s.is_local()]
        yield from _tables(child)


def _all(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _all(child)


LINES = st.one_of(
    st.sampled_from("abc").map(lambda n: ["set", n]),
    st.sampled_from("abc").map(lambda n: ["get", n]),
)
BLOCKS = st.recursive(
    st.lists(LINES, min_size=1, max_size=4),
    lambda inner: st.lists(
        st.one_of(LINES, st.tuples(st.sampled_from(["if", "else", "while", "for", "try"]), inner, inner)),
        min_size=1, max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip


def _written(block: list, gets: list, indent: str) -> list[str]:
    lines = []
    for item in block:
        if item[0] == "set":
            lines.append(f"{indent}{item[1]} = 1")
        elif item[0] == "get":
            lines.append(f"{indent}got({len(gets)}, {item[1]})")
            gets.append(item[1])
        else:
            heads = {"if": ["if flip():"], "else": ["if flip():", "else:"], "while": ["while flip():"],
                     "for": ["for _ in turns():"], "try": ["try:", "except ValueError:"]}[item[0]]  # fmt: skip
            for head, body in zip(heads, item[1:], strict=False):
                lines += [indent + head, *_written(body, gets, indent + "    ")]
                if head == "try:":
                    lines.append(f"{indent}    fail()")
    return lines


@settings(max_examples=150, deadline=None)
@given(BLOCKS, st.booleans())
def test_a_name_read_too_early_never_has_a_value_there(block: list, in_function: bool) -> None:
    """Every way through the program is run by CPython: a read we complain of must always raise NameError."""
    gets: list[str] = []
    lines = _written(block, gets, "    " if in_function else "")
    code = "\n".join(["def main():", *lines, "main()"] if in_function else lines)
    tree = ast.parse(f"got = flip = fail = turns = print\n{code}")  # so that these names are known
    frames = Frames(ast.increment_lineno(tree, -1), {})
    early = {n.lineno for f in frames.all for n in early_reads(f, frames)}
    numbers = {
        line.split("(")[1].split(",")[0]: i for i, line in enumerate(code.split("\n"), 1) if "got(" in line
    }
    succeeded, always = set(), set()
    for choices in itertools.product([False, True], repeat=5):
        done, error = _run(code, choices)
        succeeded |= done
        always |= {error} if error else set()
    assert not early & {numbers[str(k)] for k in succeeded}, code
    if not any(word in code for word in ("if", "while", "for", "try")):
        assert sorted(p.line for p in name_problems(frames, {}))[:1] == list(always), code


def _run(code: str, choices: tuple[bool, ...]) -> tuple[set[int], int | None]:
    """Reads that had a value, and the line of a NameError."""
    left, done = list(choices), set()

    def flip() -> bool:
        return left.pop() if left else False

    def fail() -> None:
        if flip():
            raise ValueError

    names = {
        "got": lambda k, v: done.add(k),
        "flip": flip,
        "fail": fail,
        "turns": lambda: range(2) if flip() else (),
    }
    try:
        exec(code, names)  # noqa: S102
    except NameError as e:
        frame = e.__traceback__
        while frame is not None and frame.tb_next is not None:
            frame = frame.tb_next
        return done, frame.tb_lineno if frame else None
    except ValueError:
        pass
    return done, None
