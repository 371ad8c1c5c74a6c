"""The baseline takes the nearest training prompt's program and puts the request's own numbers in."""

import pytest
from robo_runtime.cache import configured_registry
from robo_runtime.check import check_program
from robo_runtime.errors import RoboError
from robo_runtime.simulate import World, simulate
from robo_train.corpus.records import Record, to_line

from benchmarks.quality.answers import RetrievalAnswerer
from benchmarks.quality.mentions import UNITS, mask, mentions
from benchmarks.quality.retrieval import Retriever
from tests.benchmarks.fakes import case

BLINK = """from machine import Pin
import time

led = Pin(16, Pin.OUT)

while True:
    led.on()
    time.sleep_ms(300)
    led.off()
    time.sleep_ms(300)"""
COUNTED = """from machine import Pin
import time

led = Pin(4, Pin.OUT)

for _ in range(5):
    led.on()
    time.sleep(0.5)
    led.off()
    time.sleep(0.5)"""
HOLD = """from machine import Pin
import time

button = Pin(13, Pin.IN, Pin.PULL_UP)
led = Pin(27, Pin.OUT)

while True:
    if button.value() == 0:
        led.on()
    else:
        led.off()
    time.sleep_ms(10)"""
SERVO = """from machine import Pin, PWM

servo = PWM(Pin(19), freq=50)

servo.duty_ns(500000 + 90 * 2000000 // 180)"""
STRIP = """from machine import Pin
from neopixel import NeoPixel

pixels = NeoPixel(Pin(5), 12)

pixels.fill((255, 0, 0))
pixels.write()"""
ON_ASSUMED = """# assumed: LED on pin 2
from machine import Pin

led = Pin(2, Pin.OUT)

led.on()"""
ON = """from machine import Pin

led = Pin(12, Pin.OUT)

led.on()"""
KIT_BLINK = """from robokit import led, wait_ms

while True:
    led.toggle(n=3)
    wait_ms(400)"""


def record(prompt: str, code: str, hardware: tuple[str, ...] = (), lang: str = "en") -> Record:
    return Record(
        type="instruction", grade=3, prompt=prompt, code=code, hardware=list(hardware), api_functions=[], lang=lang
    )  # fmt: skip


RECORDS = [
    record("blink the LED on pin 16 every 300 ms", BLINK),
    record("flash the led at gpio 4 five times, 0.5 s on and 0.5 s off", COUNTED),
    record("while the button on pin 13 is held, the LED on pin 27 is lit", HOLD),
    record("turn the servo on pin 19 to 90 degrees", SERVO),
    record("make the strip of 12 pixels on pin 5 red", STRIP),
    record("turn on the LED", ON_ASSUMED),
    record("switch the lamp on pin 12 on", ON),
    record('print "hello" on the console', 'print("hello")'),
    record("write win", 'print("win")'),
    record("take a photo with the camera", "# Sorry: this kit has no camera."),
    record("blink light three every 400 ms", KIT_BLINK, ("robokit",)),
    record("encender el LED del pin 14", ON.replace("12", "14"), lang="es"),
    Record(type="code", grade=3, prompt="", code="print('blink')", hardware=[], api_functions=[], lang="en"),
]


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return Retriever(RECORDS)


def changed(program: str, *pairs: tuple[str, str]) -> str:
    """The program with some of its text replaced, each of which it has."""
    for old, new in pairs:
        assert old in program
        program = program.replace(old, new)
    return program


@pytest.mark.parametrize(
    ("prompt", "program"),
    [
        ("blink the LED on pin 23 every 750 ms", changed(BLINK, ("(16", "(23"), ("300", "750"))),
        ("blink the LED on GPIO23 every half a second", changed(BLINK, ("(16", "(23"), ("300", "500"))),
        ("blink the LED on pin 23 every 2 min", changed(BLINK, ("(16", "(23"), ("300", "120000"))),
        ("flash the led at gpio 21 twice, 250 ms on and 250 ms off",
         changed(COUNTED, ("(4,", "(21,"), ("range(5)", "range(2)"), ("0.5", "0.25"))),
        ("turn the servo on pin 25 to one hundred and five degrees", changed(SERVO, ("(19)", "(25)"), ("90", "105"))),
        ("turn the servo on pin 18 to 18 degrees", changed(SERVO, ("(19)", "(18)"), ("90 *", "18 *"))),
        ("make the strip of 30 pixels on pin 33 blue",
         changed(STRIP, ("12)", "30)"), ("(5)", "(33)"), ("(255, 0, 0)", "(0, 0, 255)"))),
        ('print "good morning" on the console', 'print("good morning")'),
        ("write loss", 'print("loss")'),
    ],
)  # fmt: skip
def test_numbers_units_colours_and_texts_are_those_of_the_request(
    retriever: Retriever, prompt: str, program: str
) -> None:
    assert retriever.answer(prompt, "en", "") == program


def test_pins_go_to_the_part_that_is_named_with_them_in_either_order(retriever: Retriever) -> None:
    wanted = changed(HOLD, ("(13", "(32"), ("(27", "(4"))
    assert retriever.answer("while the button on pin 32 is held, the LED on pin 4 is lit", "en", "") == wanted
    assert retriever.answer("the LED on pin 4 is lit while the button on pin 32 is held", "en", "") == wanted


def test_pins_may_stand_in_the_list_of_parts(retriever: Retriever) -> None:
    wanted = changed(HOLD, ("(13", "(32"), ("(27", "(4"))
    prompt = "while the button is held, the LED is lit"
    assert retriever.answer(prompt, "en", "LED on pin 4, button on pin 32") == wanted
    assert retriever.answer(prompt, "en", ["button on pin 32", "LED on pin 4"]) == wanted


def test_a_pin_that_nobody_named_is_the_usual_one_of_the_part(retriever: Retriever) -> None:
    assert retriever.answer("blink the LED every 300 ms", "en", "") == changed(BLINK, ("(16", "(2"))


def test_a_neighbour_that_refuses_makes_a_refusal(retriever: Retriever) -> None:
    assert retriever.answer("take a photo with my camera", "en", "") == ""


def test_the_kit_is_answered_with_its_own_functions(retriever: Retriever) -> None:
    wanted = changed(KIT_BLINK, ("n=3", "n=2"), ("400", "150"))
    assert retriever.answer("blink light two every 150 ms", "en", "robokit") == wanted
    assert retriever.answer("blink light two every 150 ms with robokit", "en", "") == wanted
    assert "robokit" not in retriever.answer("blink light two every 150 ms", "en", "")


def test_neighbours_speak_the_language_of_the_request(retriever: Retriever) -> None:
    assert retriever.answer("encender el LED del pin 22", "es", "") == changed(ON, ("12", "22"))
    assert retriever.answer("allume la LED", "fr", "") == ""


def test_every_answer_is_a_legal_program_that_runs(retriever: Retriever) -> None:
    for prompt in (
        "turn the servo on pin 26 to 45 degrees",
        "blink the LED on pin 5 every 1.5 s",
        "flash 3 times",
    ):
        code = retriever.answer(prompt, "en", "")
        assert not check_program(code, configured_registry())
        assert simulate(code, World(), until=2.0).error is None


def test_a_prompt_is_masked_by_what_its_numbers_are() -> None:
    text = "Blink the green LED on D4 3x for half a minute at 40 % when 'go' comes, 25 °C, 90 degrees, 2 kHz"
    assert mask(text, mentions(text)) == (
        "blink the colourx led on pinx numberx for timex at sharex when textx comes, temperaturex , anglex , ratex"
    )


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("500 ms", 0.5), ("half a second", 0.5), ("one and a half seconds", 1.5), ("2 1/2 s", 2.5), (".25s", 0.25),
     ("a quarter of an hour", 900), ("two minutes", 120), ("1200 miliseconds", 1.2), ("every second", 1),
     ("one thousand two hundred milliseconds", 1.2), ("०.५ s", 0.5)],
)  # fmt: skip
def test_times_are_read_however_they_are_said(said: str, seconds: float) -> None:
    [mention] = mentions(f"wait {said} now")
    assert mention.kind == "time"
    assert mention.value * UNITS[mention.unit][1] == pytest.approx(seconds)


def test_names_of_parts_are_no_numbers() -> None:
    assert mentions("an esp32 with ssd1306 128x64, dht22, hc-sr04, ws2812 and 28byj-48") == []


def test_a_corpus_without_instructions_is_an_error() -> None:
    with pytest.raises(RoboError, match="no instruction to retrieve"):
        Retriever([RECORDS[-1]])


def test_records_may_come_from_a_file_and_the_benchmark_asks_like_any_answerer(tmp_path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join(map(to_line, RECORDS)), encoding="utf-8")
    assert Retriever(path).answer("switch the lamp on pin 33 on", "en", "") == changed(ON, ("12", "33"))
    answerer = RetrievalAnswerer(RECORDS, "toy")
    assert answerer.answer(case("blink the LED on pin 16 every 900 ms")).code == changed(
        BLINK, ("300", "900")
    )
    assert answerer.answer(case("take a photo with the camera")).refused
