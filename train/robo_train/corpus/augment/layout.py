"""The same program written otherwise: comments, a function, other words. Programs only, without a prompt."""

from __future__ import annotations

import ast
import re
from random import Random

from robo_train.corpus.augment.confirm import changed, confirmed
from robo_train.corpus.records import Record

_COMMENTS = (
    (r"(\w+) = Pin\((\d+), Pin\.OUT\)", "{0} is on pin {1}"),
    (r"(\w+) = Pin\((\d+), Pin\.IN, Pin\.PULL_UP\)", "{0} goes from pin {1} to GND, 0 when pressed"),
    (r"(\w+) = PWM\(Pin\((\d+)\), freq=50", "servo on pin {1}: 50 pulses a second"),
    (r"(\w+) = PWM\(Pin\((\d+)\)", "fast switching on pin {1}"),
    (r"(\w+) = ADC\(Pin\((\d+)\)", "voltage on pin {1}, 0 to 65535"),
    (r"(\w+) = NeoPixel\(Pin\((\d+)\), (\d+)\)", "{2} pixels on pin {1}"),
    (r"while True:", "again and again"),
    (r"for \w+ in range\((\d+)\):", "{0} times"),
    (r"time\.sleep\(([\d.]+)\)", "wait {0} s"),
    (r"time\.sleep_ms\((\d+)\)", "wait {0} ms"),
    (r"if (\w+)\.value\(\) == 0:", "{0} is pressed"),
)
_OTHER_WORDS = ((".on()", ".value(1)"), (".off()", ".value(0)"))


def comments(record: Record, rng: Random) -> list[Record]:
    """Comments above some lines, or none where there were some."""
    if record.type != "code":
        return []
    lines: list[str] = []
    had = False
    for line in record.code.split("\n"):
        if line.lstrip().startswith("#"):
            had = True
            continue
        for pattern, text in _COMMENTS:
            if (m := re.search(pattern, line)) and rng.random() < 0.6:
                said = text.format(*m.groups())
                lines.append(f"{line[: len(line) - len(line.lstrip())]}# {said}")
                break
        lines.append(line)
    return _kept(record, "comments", "\n".join(lines if not had else [ln for ln in lines if "#" not in ln]))


def functions(record: Record, rng: Random) -> list[Record]:
    """What follows the parts' set-up gathered in `main()`, which is called at the end."""
    if record.type != "code":
        return []
    sections = record.code.split("\n\n")
    tree = ast.parse(record.code)
    simple = not any(isinstance(n, ast.FunctionDef | ast.Global) for n in ast.walk(tree))
    if len(sections) != 3 or not simple:
        return []
    body = sections[2]
    outer = {n.targets[0].id for n in ast.parse(sections[1]).body
             if isinstance(n, ast.Assign) and isinstance(n.targets[0], ast.Name)}  # fmt: skip
    assigned = {
        n.id for n in ast.walk(ast.parse(body)) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    if outer & assigned:
        return []
    indented = "\n".join(f"    {line}" if line else line for line in body.split("\n"))
    return _kept(record, "functions", f"{sections[0]}\n\n{sections[1]}\n\ndef main():\n{indented}\n\nmain()")


def style(record: Record, rng: Random) -> list[Record]:
    """`value(1)` for `on()`, and names by way of `machine`."""
    if record.type != "code":
        return []
    code = record.code
    for old, new in _OTHER_WORDS:
        code = code.replace(old, new)
    if m := re.search(r"^from machine import (.+)$", code, re.M):
        code = code.replace(m[0], "import machine")
        for name in m[1].split(", "):
            code = re.sub(rf"(?<![\w.]){name}\b", f"machine.{name}", code)
    return _kept(record, "style", code)


def hardware(record: Record, rng: Random) -> list[Record]:
    """A relay in place of the one LED, which is switched alike."""
    if record.type != "instruction" or "robokit" in record.hardware or "relay" in record.code:
        return []
    if not re.search(r"^led = Pin\(\d+, Pin\.OUT\)$", record.code, re.M) or re.search(
        r"\bled\d", record.code
    ):
        return []
    other = re.compile(r"\b(LED|led|Led|light|lamp)\b")
    if not other.search(record.prompt):
        return []
    found = changed(
        record, "hardware", code=re.sub(r"\bled\b", "relay", record.code),
        prompt=other.sub("relay", record.prompt), hardware=[other.sub("relay", h) for h in record.hardware],
    )  # fmt: skip
    return [found] if confirmed(found) else []


def _kept(record: Record, name: str, code: str) -> list[Record]:
    found = changed(record, name, code=code)
    return [found] if code != record.code and confirmed(found) else []
