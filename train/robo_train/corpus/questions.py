"""Documentation as questions and answers, made from the registry and from MicroPython's docstrings.

The texts are read in pretraining only: what a prompt is answered with is always a program. Answers about
MicroPython quote its documentation (MIT licence); such records have a source that begins with `stubs/`.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from robo_runtime.registry import Function, Parameter, Registry
from robo_runtime.registry.docs import argument_text, docstrings

from robo_train.corpus.records import Record

_WHAT = ("What does {name} do?", "What is {name} for?", "Explain {name}.", "When do I use {name}?")
_WHICH = (
    "Which function does this: {text}",
    "How do I do this with the kit? {text}",
    "{text} Which call is that?",
)
_HOW = ("Show an example of {name}.", "How is {name} called?", "Give me a program with {name}.")
_RANGE = ("Which values may {parameter} of {name} have?", "What is the range of {parameter} in {name}?")
_DEFAULT = (
    "What happens when {parameter} of {name} is left out?",
    "What is the default of {parameter} in {name}?",
)
_PARTS = ("Which parts does {name} need?", "What hardware must I have for {name}?")
_TAKES = ("Which arguments does {name} take?", "What do I pass to {name}?")


def question_records(registry: Registry, seed: int) -> Iterator[Record]:
    """One or more questions for every function of the kit and every documented name of MicroPython."""
    rng = Random(f"questions:{seed}")
    for function in registry.functions.values():
        for question, answer in _kit_questions(function, rng):
            yield _record(question, answer, f"registry/{function.qualified_name}", function.grade_min)
    for name, module in registry.modules.items():
        said = docstrings(name)
        callables = {
            **module.functions,
            **{f"{c}.{m}": f for c, k in module.classes.items() for m, f in k.methods.items()},
        }
        for key, found in callables.items():
            full = f"{name}.{key}"
            if text := found.doc or said.get(key, ""):
                yield _record(rng.choice(_WHAT).format(name=full), text, f"stubs/{full}", 7)
            forms = [", ".join(map(argument_text, s.arguments)) for s in found.signatures]
            takes = " or ".join(f"{full}({arguments})" for arguments in forms)
            yield _record(rng.choice(_TAKES).format(name=full), takes, f"registry/{full}", 7)


def _kit_questions(function: Function, rng: Random) -> Iterator[tuple[str, str]]:
    name = function.qualified_name
    text = function.description
    yield rng.choice(_WHAT).format(name=name), text
    yield rng.choice(_WHICH).format(text=text), function.signature
    yield rng.choice(_HOW).format(name=name), function.program.strip()
    if function.hardware_required:
        yield rng.choice(_PARTS).format(name=name), ", ".join(function.hardware_required)
    for key, parameter in function.parameters.items():
        if limits := _limits(parameter):
            yield rng.choice(_RANGE).format(parameter=key, name=name), limits
        if not parameter.required:
            answer = f"It is {parameter.default!r}{' ' + parameter.unit if parameter.unit else ''}."
            yield rng.choice(_DEFAULT).format(parameter=key, name=name), answer


def _limits(parameter: Parameter) -> str:
    unit = f" {parameter.unit}" if parameter.unit else ""
    if parameter.range:
        return f"{parameter.range[0]} to {parameter.range[1]}{unit}"
    return ", ".join(parameter.values or ())


def _record(question: str, answer: str, source: str, grade: int) -> Record:
    return Record(
        type="doc", grade=grade, prompt="", code=f"Q: {question}\nA: {answer}", hardware=[], api_functions=[],
        lang="en", source=source, family="question",
    )  # fmt: skip
