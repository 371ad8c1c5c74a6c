"""Cases made by hand and answerers that need no model."""

from robo_runtime.checks.tasks import is_refusal
from robo_train.corpus.records import Record

from benchmarks.quality.answers import Answer
from benchmarks.quality.cases import Case

BLINK = """from machine import Pin
import time

led = Pin(16, Pin.OUT)

while True:
    led.on()
    time.sleep_ms(300)
    led.off()
    time.sleep_ms(700)"""
BLINKING = [{"op": "periodic", "sig": ["pin", 16], "period": 1.0, "duty": 0.3, "to": 6.0}]
QUIET = [{"op": "ended", "max": 0.01}, {"op": "print", "eq": 0, "to": 1.0}]
SORRY = "# Sorry: this kit has no camera."


def case(prompt: str, code: str = BLINK, checks: list | None = None, **fields: object) -> Case:
    fields = {"split": "iid", "family": "start/blink", "lang": "en", "id": prompt[:20], **fields}
    record = Record(
        type="instruction", grade=5, prompt=prompt, code=code, hardware=[], api_functions=[],
        checks=BLINKING if checks is None else checks, **fields,
    )  # fmt: skip
    return Case(record, prompt)


BLINK_CASE = case("blink the LED on pin 16: on for 300 ms, off for 700 ms")
CAMERA_CASE = case("take a photo", SORRY, QUIET, family="refuse/camera")


class Fake:
    """Answers by prompt; the reference program where it has no answer of its own."""

    def __init__(self, name: str, answers: dict[str, str] | None = None) -> None:
        self.name, self.answers, self.closed = name, answers or {}, False
        self.about = {"kind": "fake"}

    def answer(self, case: Case) -> Answer:
        code = self.answers.get(case.prompt, case.record.code)
        return Answer(code, 0.5, is_refusal(code))

    def close(self) -> None:
        self.closed = True
