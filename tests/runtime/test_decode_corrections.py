"""Values that no grammar can see: a line is looked at before anybody sees it, and written in another way."""

from __future__ import annotations

import pytest
from robo_runtime.decode import Budget, decode
from robo_runtime.generate import Generator
from robo_runtime.lines import computed
from robo_runtime.prompt import render

pytestmark = pytest.mark.llama
pytest.importorskip("llama_cpp")


@pytest.fixture(scope="module")
def generator(model):
    with Generator(model) as loaded:
        yield loaded


class Wanting:
    """A model that wants to write the first of some texts, and the others where it may not."""

    def __init__(self, engine, texts, prompt):
        self.engine, self.texts, self.start = engine, texts, prompt
        self.letters = {engine.piece(t): t for t in range(engine.n_vocab)}

    def written(self):
        return b"".join(map(self.engine.piece, self.engine.last(10_000)[self.start :])).decode()

    def wanted(self):
        written = self.written()
        for text in self.texts:
            if text.startswith(written):
                rest = text[len(written) :]
                yield self.letters[rest[0].encode()] if rest else self.engine.ends[0]

    def pick(self):
        return next(self.wanted())

    def pick_allowed(self, grammar):
        return next(token for token in self.wanted() if grammar.allows(token))


def write(generator, *texts, model=Wanting, **options):
    engine = generator.engine
    engine.reset()
    prompt = engine.encode(render("x"))
    engine.feed(prompt)
    picker = model(engine, texts, len(prompt))
    return decode(
        engine, picker, generator._grammar.fresh(), Budget.of(500), judge=generator.first_wrong, **options
    )


LEDS = "from machine import Pin\n\nleds = [Pin({}]\nleds[0].on()\n"
DRIVE = "from robokit import robot\n\nrobot.move_forward(speed={})\nrobot.stop()\n"


@pytest.mark.parametrize(
    ("program", "wrong", "right"),
    [
        (LEDS, "n, Pin.OUT) for n in (2, 34)", "4, Pin.OUT)"),
        (DRIVE, "100 + 100", "90 + 10"),
    ],
    ids=["a list of pins", "a sum"],
)
def test_a_value_out_of_range_is_never_shown(generator, program, wrong, right):
    shown = []
    wanted, instead = program.format(wrong), program.format(right)
    done = write(generator, wanted, instead, on_text=shown.append)
    assert "".join(shown) == done.code == instead
    assert generator.check(wanted)
    assert not generator.check(instead)


@pytest.mark.parametrize(
    ("line", "looked_at"),
    [
        ("leds = [Pin(n, Pin.OUT) for n in (2, 34)]\n", True),
        ("lamp.duty_u16(140 * 65535 // 100)\n", True),
        ("display.number(20, line=100 and 8)\n", True),
        ("lamp.duty_u16(40 * 65535 // 100)\n", False),
        ("lamp.duty_u16(level * 65535 // 4095)\n", False),
        ("lamp.duty_u16(pot.read() * 65535 // 4095)\n", False),
        ("time.sleep_ms(wait * 2)\n", False),
        ("for i in range(10):\n", False),
    ],
)
def test_only_lines_that_compute_a_value_are_looked_at(line, looked_at):
    assert computed(line) is looked_at


class Lost(Wanting):
    """Would end the program in the middle of a line."""

    def pick(self):
        wanted = super().pick()
        return self.engine.ends[0] if "keys" in self.written() else wanted


def test_a_line_without_an_end_in_sight_is_begun_again(generator):
    """None of the names fits what is read from the list, and there could be more for ever."""
    endless = "import time\n\nkeys = [a for " + ", ".join(f"b{n}" for n in range(100))
    done = write(generator, endless, "import time\n\ntime.sleep(2)\n", model=Lost)
    assert done.code == "import time\n\ntime.sleep(2)\n"
    assert done.stopped == "end"
    assert done.refused < 50
