"""What the arguments of kit functions may be: numbers, names and texts, drawn as people choose them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from robo_train.compose.draw import Draw
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Grammar, Voice

Value = Quantity | Text
COLOURS = ("red", "green", "blue", "yellow", "cyan", "magenta", "orange", "purple", "pink", "white")
MELODIES = ("happy", "sad", "birthday", "scale", "alarm")
ICONS = (
    "happy", "sad", "heart", "arrow_up", "arrow_down", "arrow_left", "arrow_right", "check", "cross",
)  # fmt: skip
NOTES = tuple(f"{n}{octave}" for octave in (3, 4, 4, 5, 6) for n in "C D E F G A B C# D# F# G# A#".split())
TEXTS = tuple(
    "hello|Hi there!|ready|stop|go|I am a robot|danger|bye|Hello World|ok|42|on|off|done|start|help|yes|no|"
    "too hot|too cold|Goal!|Game over|Score 10|LEVEL 2|good morning|Good night|I love robots|watch out|"
    "welcome|press A|press B|it works|left|right|obstacle|party|wake up|you win|ouch|beep|nice day|Robo 1|"
    "¡Hola!|Hola amigo|Bonjour|ça va|Olá|obrigado|Guten Tag|Ciao|Привет|Стоп|नमस्ते|रुको|धन्यवाद|"
    "আমি রোবট|নমস্কার|வணக்கம்|నమస్తే|ನಮಸ್ಕಾರ|നമസ്കാരം|નમસ્તે|ਸਤ ਸ੍ਰੀ ਅਕਾਲ|你好|停止|我是机器人|こんにちは|"
    "ロボット|안녕하세요|مرحبا|قف|سلام|שלום|สวัสดี|Xin chào|Merhaba|Cześć|Γεια σου".split("|")
)
WORDS = (
    "go", "stop", "left", "right", "forward", "back", "on", "off", "red", "green", "blue", "beep", "dance",
    "open", "close", "up", "down", "light", "start", "play", "hello", "1", "2", "3", "turbo", "slow",
)  # fmt: skip
KEYS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "ok", "up", "down", "left", "right")
_NETWORKS = ("MyWiFi", "Home", "school", "FRITZ!Box 7590", "robotlab", "Galaxy A51", "WLAN-2G", "class5b")
_PASSWORDS = ("secret123", "12345678", "robots4all", "hunter22", "abcd1234", "letmein99", "Pa55word")
_BROKERS = ("192.168.1.10", "test.mosquitto.org", "10.0.0.5", "broker.local", "192.168.0.42")
_TOPICS = ("robot/1", "home/led", "class/temp", "garden", "car/speed", "kit/status", "room/alarm")
_URLS = (
    "http://example.com", "http://192.168.1.20/api", "http://robot.local/data", "http://10.0.0.7/log",
    "http://school.org/time",
)  # fmt: skip
_NAMES = ("robot", "Robo", "mycar", "kit-7", "Rover", "BlueBot", "arm1", "lamp")
_FILES = ("log", "robot", "data", "temperatures", "diary", "run1")
_KEYS_OF_DATA = ("value", "temp", "speed", "id", "score", "count")

QUOTED = frozenset(
    "color melody text icon note side sides around ssid password broker topic url name file message label "
    "key word button axis direction client".split()
)
"""Kinds of values that a program writes in quotes."""


class Backward(Quantity):
    """A percentage that drives backwards: said as it is, written with a minus."""

    kind: str = "backward"

    def spoken(self, grammar: Grammar, form: str, voice: Voice) -> str:
        return Quantity(kind="percent", value=self.value[1:]).spoken(grammar, form, voice)


class Data(Text):
    """What is posted: one number under a name."""


def _pick(choices: Sequence[str]) -> Callable[[Draw], Value]:
    return lambda d: Text(text=d.rng.choice(choices))


def _number(kind: str, low: int, high: int, *favourites: int) -> Callable[[Draw], Value]:
    """A whole number; half of the draws are favourites."""

    def draw(d: Draw) -> Value:
        if favourites and d.chance(0.5):
            return Quantity(kind=kind, value=str(d.rng.choice(favourites)))
        return Quantity(kind=kind, value=str(d.rng.randint(low, high)))

    return draw


def _ms(low: int, high: int) -> Callable[[Draw], Value]:
    def draw(d: Draw) -> Value:
        common = [
            v for v in (50, 100, 200, 250, 300, 500, 750, 1000, 1500, 2000, 3000, 5000) if low <= v <= high
        ]
        value = d.rng.choice(common) if d.chance(0.6) else 10 * d.rng.randint(low // 10 + 1, high // 10)
        return Time(unit="ms", value=str(value))

    return draw


def _seconds(d: Draw) -> Value:
    """Seconds, often a number that could be a speed or a way."""
    some = (1, 2, 3, 4, 5, "0.5", "1.5", "2.5", d.rng.randint(1, 20), d.rng.randint(2, 60))
    return Time(unit="s", value=str(d.rng.choice(some)))


def _data(d: Draw) -> Value:
    return Data(text=f'{{"{d.rng.choice(_KEYS_OF_DATA)}": {d.rng.randint(0, 200)}}}')


MAKERS: dict[str, Callable[[Draw], Value]] = {
    "led": _number("nr", 1, 4),
    "servo": _number("nr", 1, 4),
    "relay": _number("nr", 1, 2),
    "times": lambda d: d.count(2, 12),
    "percent": lambda d: d.percent(0, 100),
    "p0": lambda d: d.percent(0, 100),
    "speed": _number("percent", 5, 100, 20, 30, 40, 50, 60, 70, 80, 100),
    "wheel": _number("percent", 1, 100, 20, 30, 40, 50, 60, 80),
    "back": lambda d: Backward(value=f"-{d.rng.choice((20, 30, 40, 50, 60, d.rng.randint(1, 100)))}"),
    "s": _seconds,
    "s2": lambda d: Time(unit="s", value=str(d.rng.choice((1, 2, 3, 5, 10, d.rng.randint(1, 30))))),
    "ms": _ms(100, 5000),
    "blink_ms": _ms(20, 3000),
    "chase_ms": _ms(20, 1000),
    "cm": _number("cm", 2, 300, 5, 10, 20, 25, 30, 40, 50, 60, 100),
    "turn": _number("angle", 5, 360, 45, 90, 90, 180, 30, 60, 120, 270, 360),
    "angle": lambda d: d.angle(),
    "radius": _number("cm", 5, 200, 10, 15, 20, 25, 30, 40, 50, 100),
    "freq": lambda d: d.freq(),
    "bpm": _number("bpm", 30, 240, 60, 80, 90, 100, 120, 140, 160),
    "beats": lambda d: Quantity(kind="beats", value=d.rng.choice(("0.5", "0.25", "1", "1.5", "2", "3", "4"))),
    "steps": _number("stepn", 1, 6000, 512, 1024, 2048, 4096, 100, 200),
    "rpm": _number("rpm", 1, 20, 5, 10, 12, 15),
    "index": _number("pixno", 0, 7),
    "rgb": _number("int", 0, 255, 0, 255, 128, 100, 50),
    "color": _pick(COLOURS),
    "melody": _pick(MELODIES),
    "icon": _pick(ICONS),
    "note": _pick(NOTES),
    "text": _pick(TEXTS),
    "message": _pick(TEXTS),
    "side": _pick(("left", "right")),
    "state": _pick(("True", "False")),
    "line": _number("int", 0, 7, 1, 2, 3),
    "number": _number("int", 0, 999, 1, 5, 10, 42, 100),
    "label": _pick(("T", "Score", "Speed", "Level", "Count", "Points", "Lives", "x")),
    "x": _number("int", 0, 127, 0, 10, 20, 64),
    "y": _number("int", 0, 63, 0, 10, 20, 32),
    "w": _number("int", 1, 60, 10, 20, 40),
    "h": _number("int", 1, 30, 10, 20),
    "r": _number("int", 1, 30, 5, 10, 15, 20),
    "ssid": _pick(_NETWORKS),
    "password": _pick(_PASSWORDS),
    "broker": _pick(_BROKERS),
    "topic": _pick(_TOPICS),
    "url": _pick(_URLS),
    "name": _pick(_NAMES),
    "client": _pick(_NAMES[1:]),
    "file": _pick(_FILES),
    "data": _data,
    "hour": _number("clock", 0, 23, 7, 8, 12, 18),
    "minute": _number("clock", 10, 59, 15, 30, 45),
    "second": _number("clock", 10, 59, 30),
    "wait": lambda d: Time(unit="s", value=str(d.rng.choice((5, 10, 20, 30, d.rng.randint(1, 60))))),
    "sleep": lambda d: Time(unit="s", value=str(d.rng.choice((5, 10, 30, 60, 300, d.rng.randint(1, 600))))),
    "button": _pick(("A", "B")),
    "sides": _pick(("left", "center", "right")),
    "around": _pick(("left", "right", "front")),
    "direction": _pick(("left", "right", "forward", "backward")),
    "axis": _pick(("x", "y", "z")),
    "pad": _number("nr", 1, 4),
}
"""Makers of values by what they are."""
