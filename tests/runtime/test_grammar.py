"""The grammar of programs, asked of llama.cpp; CPython's `ast` and `compile` are the second judge."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import yaml
from robo_runtime.engine import GrammarError
from robo_runtime.errors import RoboError
from robo_runtime.grammar import accepts, first_rejected, micropython_gbnf
from robo_runtime.grammar.cli import app
from robo_runtime.registry import Registry, load_registry
from typer.testing import CliRunner

from tests.runtime.gbnf_walk import Writer, read
from tests.runtime.grammar_bad import RIGHT, WRONG
from tests.runtime.grammar_good import GOOD

ROOT = Path(__file__).resolve().parents[2]
PROJECTS = sorted((ROOT / "data" / "syllabus").glob("*.yaml"))


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="module")
def grammar(registry: Registry) -> str:
    return micropython_gbnf(registry)


@pytest.fixture
def llama() -> None:
    pytest.importorskip("llama_cpp")


def stop(grammar: str, program: str) -> str:
    """Where the grammar stops, for a message; empty when it accepts."""
    at = first_rejected(grammar, program)
    return "" if at is None else f"{program[max(0, at - 40) : at]!r} <stops before> {program[at : at + 20]!r}"


needs_llama = [pytest.mark.llama, pytest.mark.usefixtures("llama")]


class TestPrograms:
    pytestmark = needs_llama

    @pytest.mark.parametrize("program", [pytest.param(text, id=name) for name, text in GOOD.items()])
    def test_a_good_program_is_accepted(self, grammar: str, program: str) -> None:
        ast.parse(program)
        assert not stop(grammar, program)

    @pytest.mark.parametrize(("frame", "wrong"), WRONG)
    def test_a_near_miss_is_refused_where_it_goes_wrong(self, grammar: str, frame: str, wrong: str) -> None:
        start = frame.index("{line}")
        at = first_rejected(grammar, frame.replace("{line}", wrong))
        assert at is not None
        assert start <= at <= start + len(wrong) + 1

    @pytest.mark.parametrize(("frame", "lines"), RIGHT)
    def test_the_same_lines_mended_are_accepted(self, grammar: str, frame: str, lines: list[str]) -> None:
        assert not stop(grammar, frame.replace("{line}", "\n".join(lines)))

    @pytest.mark.parametrize("project", PROJECTS, ids=lambda path: path.stem)
    def test_both_programs_of_a_project_are_accepted(self, grammar: str, project: Path) -> None:
        entry = yaml.safe_load(project.read_text(encoding="utf-8"))
        for key in ("micropython_code", "robokit_code"):
            if entry.get(key):
                assert not stop(grammar, entry[key])

    def test_the_example_of_every_kit_function_is_accepted(self, grammar: str, registry: Registry) -> None:
        for function in registry.functions.values():
            if function.example:
                assert not stop(grammar, function.program)

    def test_every_name_of_every_module_can_be_imported(self, grammar: str, registry: Registry) -> None:
        lines = [f"import {name}" for name in registry.modules]
        for module in registry.modules.values():
            functions = module.functions if module.name == "machine" else {}
            if names := [*module.classes, *module.constants, *functions]:
                lines.append(f"from {module.name} import {', '.join(names)}")
        lines.append(f"from {registry.module} import {', '.join(registry.objects)}")
        assert not stop(grammar, "\n".join([*lines, "", "print(1)", ""]))

    def test_the_good_programs_use_every_module(self, registry: Registry) -> None:
        text = "\n".join(GOOD.values())
        unused = [
            m for m in registry.modules if not re.search(rf"^(from|import) {re.escape(m)}\b", text, re.M)
        ]
        assert set(unused) <= {"urequests"}  # the older name of requests

    def test_composed_programs_are_accepted(self, grammar: str) -> None:
        compose = pytest.importorskip("robo_train.compose")
        for sample in compose.samples(seed=3, n=40):
            assert not stop(grammar, sample.code.strip("\n") + "\n")


class TestCalls:
    """Arguments of everything in the registry, with `v` as the value of every argument."""

    pytestmark = needs_llama

    def test_every_method_and_function_takes_as_many_arguments_as_it_has(
        self, grammar: str, registry: Registry
    ) -> None:
        legal, illegal = [], []
        for name, counts in counted(registry).items():
            legal += [f"{name}({', '.join('v' * n)})" for n in sorted(counts)]
            if max(counts) < 20:
                illegal.append(f"{name}({', '.join('v' * (max(counts) + 1))})")
        assert not stop(grammar, "\n".join([*legal, ""]))
        assert len(illegal) > 150
        for line in illegal[::4]:
            assert first_rejected(grammar, line + "\n") is not None, line

    def test_a_changed_range_changes_the_grammar_and_nothing_else_is_needed(
        self, grammar: str, registry: Registry
    ) -> None:
        forward = registry.functions["robot.move_forward"]
        speed = forward.parameters["speed"].model_copy(update={"range": (0, 120)})
        faster = forward.model_copy(update={"parameters": {"speed": speed}})
        functions = {**registry.functions, "robot.move_forward": faster, "robot.jump": faster}
        functions["robot.jump"] = faster.model_copy(update={"qualified_name": "robot.jump"})
        data = registry.model_dump() | {"functions": {name: f.model_dump() for name, f in functions.items()}}
        changed = micropython_gbnf(Registry.model_validate(data))
        for call in ("robot.move_forward(120)", "robot.jump(1)"):
            program = f"from robokit import robot\n\n{call}\n"
            assert accepts(changed, program)
            assert not accepts(grammar, program)
        assert not accepts(changed, "from robokit import robot\n\nrobot.move_forward(121)\n")

    @pytest.mark.parametrize("board", ["esp32", "esp32c3", "esp32s3"])
    def test_each_board_allows_exactly_its_own_pins(self, registry: Registry, board: str) -> None:
        pins = registry.boards[board]
        text = micropython_gbnf(registry, board)
        for make, role in (
            ("Pin({}, Pin.OUT)", "output"),
            ("ADC(Pin({}))", "adc"),
            ("Pin({}, Pin.IN)", "input"),
        ):
            able = set(pins.able(role))  # type: ignore[arg-type]
            lines = "".join(f"x = {make.format(pin)}\n" for pin in sorted(able))
            assert not stop(text, lines)
            for pin in sorted(set(range(50)) - able)[::5]:
                assert not accepts(text, f"x = {make.format(pin)}\n"), pin


def counted(registry: Registry) -> dict[str, set[int]]:
    """How many positional arguments each module function and each method may have; methods of one name together."""
    found: dict[str, set[int]] = {}
    for module in registry.modules.values():
        for name, function in module.functions.items():
            found[f"{module.name}.{name}"] = counts(function)
    methods: dict[str, set[int]] = {}
    for module in registry.modules.values():
        for cls in module.classes.values():
            for name, method in cls.methods.items():
                methods.setdefault(name, set()).update(counts(method))
    builtin = {"close", "read", "readline", "write", "copy", "index", "flush", "count", "format", "get"}
    return found | {f"x.{name}": c for name, c in methods.items() if name not in builtin}


def counts(function: object) -> set[int]:
    out: set[int] = set()
    for signature in function.signatures:  # type: ignore[attr-defined]
        positional = [a for a in signature.arguments if a.kind == "pos"]
        if any(a.required for a in signature.arguments if a.kind == "kw"):
            continue
        top = 25 if any(a.kind == "var" for a in signature.arguments) else len(positional)
        out |= set(range(sum(a.required for a in positional), top + 1))
    return out


class TestRandomSentences:
    def test_whatever_the_grammar_writes_is_python(self, grammar: str) -> None:
        writer = Writer(read(grammar), seed=11)
        beyond = re.compile("duplicate argument .* in function definition")  # no grammar can see it
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for _ in range(250):
                program = writer.sentence(patience=600)
                assert program.endswith("\n")
                ast.parse(program)
                try:
                    compile(program, "program", "exec")
                except SyntaxError as e:
                    assert beyond.match(str(e)), program

    @pytest.mark.llama
    @pytest.mark.usefixtures("llama")
    def test_llama_reads_the_grammar_as_it_is_meant(self, grammar: str) -> None:
        writer = Writer(read(grammar), seed=5)
        for _ in range(25):
            assert not stop(grammar, writer.sentence(patience=120))


class TestAsking:
    pytestmark = needs_llama

    def test_the_offset_counts_characters_not_bytes(self) -> None:
        grammar = 'root ::= "é温" [a-c]+ "."\n'
        assert first_rejected(grammar, "é温abc.") is None
        assert first_rejected(grammar, "é温abx.") == 4
        assert first_rejected(grammar, "é温ab") == 4
        assert first_rejected(grammar, "é汉") == 1
        assert first_rejected(grammar, "") == 0

    def test_a_broken_grammar_is_an_error(self) -> None:
        with pytest.raises(GrammarError, match="does not parse"):
            accepts('root ::= "a" (\n', "a")
        with pytest.raises(GrammarError, match="does not parse"):
            accepts("root ::= root\n", "a")


def test_an_unknown_board_is_named_with_the_known_ones(registry: Registry) -> None:
    with pytest.raises(RoboError, match=r"'uno'.*esp32"):
        micropython_gbnf(registry, "uno")


def test_the_text_does_not_depend_on_the_order_of_hashes(grammar: str) -> None:
    code = (
        "import sys; from robo_runtime.grammar import micropython_gbnf as m;"
        "from robo_runtime.registry import load_registry as r; sys.stdout.write(m(r()))"
    )
    env = os.environ | {"PYTHONHASHSEED": "77", "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, check=True)
    assert done.stdout.decode() == grammar


@pytest.mark.llama
@pytest.mark.usefixtures("llama")
def test_the_command_line_prints_the_grammar_and_checks_programs(
    grammar: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROBO_CACHE", str(tmp_path / "cache"))
    run = CliRunner().invoke
    assert run(app, ["micropython"]).stdout == grammar
    assert "rules" in run(app, ["micropython", "--out", str(tmp_path / "m.gbnf")]).stdout
    assert (tmp_path / "m.gbnf").read_text(encoding="utf-8") == grammar
    program = tmp_path / "program.py"
    program.write_text("x = 1\n", encoding="utf-8")
    assert run(app, ["accepts", str(program)]).exit_code == 0
    program.write_text("x = 1\nimport numpy\n", encoding="utf-8")
    result = run(app, ["accepts", str(program)])
    assert result.exit_code == 1
    assert f"{program}:2:" in result.stdout.replace("\n", "")
