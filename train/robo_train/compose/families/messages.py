"""Words that arrive: typed, over UART, MQTT or ESP-NOW; joining Wi-Fi; the time of day."""

from __future__ import annotations

from random import Random
from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, Unfit, rule
from robo_train.compose.expect import Expect
from robo_train.compose.families.events import Lasts
from robo_train.compose.numbers import Quantity, Text, words
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Device, Rule

JOIN_S = 1.6
"""Seconds until the simulated network answers."""
_PAIRS = (
    ("on", "off"), ("ON", "OFF"), ("1", "0"), ("go", "stop"), ("start", "stop"), ("open", "close"),
    ("a", "b"), ("light", "dark"), ("left", "right"), ("up", "down"), ("yes", "no"), ("red", "green"),
    ("fast", "slow"), ("hello", "bye"), ("L", "R"), ("forward", "back"), ("play", "quiet"),
    ("lamp", "sound"), ("wake", "sleep"),
)  # fmt: skip
_TOPICS = (
    "home/lamp", "room/light", "house/light", "test", "robot/command", "garden/pump", "kitchen/led", "lamp",
    "esp32/command", "school/led", "class/alarm", "bedroom/light", "robot", "door", "hall/light", "led",
)  # fmt: skip
_BROKERS = ("192.168.1.10", "broker.local", "192.168.0.5", "test.mosquitto.org", "10.0.0.2", "192.168.1.20")
_NETWORKS = (
    ("home", "secret12"), ("MyWifi", "12345678"), ("school", "robots4all"), ("FRITZBox", "password1"),
    ("guest", "welcome1"), ("Lab", "esp32esp32"), ("iPhone", "hotspot99"), ("TP-Link", "letmein22"),
)  # fmt: skip


class Command(Rule):
    """Each word that arrives does something."""

    kind: Literal["typed", "uart", "mqtt", "espnow"]
    polled: ClassVar[bool] = False
    words: tuple[str, ...]
    bodies: tuple[SerializeAsAny[Body], ...]
    device: Device | None = None
    topic: str = ""
    broker: str = ""
    wifi: tuple[str, str] | None = None
    baud: Quantity | None = None
    clauses: ClassVar[dict[str, str]] = {"bodies": "act"}

    @property
    def rule(self) -> str:
        return f"command_{self.kind}"

    @property
    def rough(self) -> bool:  # type: ignore[override]
        """Lines that are typed in advance arrive all at once."""
        return self.kind == "typed"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {f"w{i}": Text(text=w) for i, w in enumerate(self.words, 1)}
        if self.kind == "mqtt":
            assert self.wifi
            said |= {"topic": Text(text=self.topic), "broker": Text(text=self.broker)}
            said |= {"ssid": Text(text=self.wifi[0]), "key": Text(text=self.wifi[1])}
        if self.baud:
            said["baud"] = self.baud
        return said

    def _branches(self, c: Code, variable: str, binary: bool) -> None:
        for i, (word, body) in enumerate(zip(self.words, self.bodies, strict=True)):
            test = f'{variable} == {"b" if binary else ""}"{word}"'
            with c.block(f"{'elif' if i else 'if'} {test}:"):
                body.code(c)

    def code(self, c: Code) -> None:
        if self.kind == "typed":
            with c.block("while True:"):
                c.line("line = input()")
                self._branches(c, "line", binary=False)
        elif self.kind == "uart":
            assert self.device
            assert self.baud
            c.machine("UART")
            d = self.device
            name = c.setup(d, f"uart = UART(1, {self.baud.value}, tx={d.pin}, rx={d.pin2})")
            with c.block("while True:"):
                with c.block(f"if {name}.any():"):
                    c.line(f"line = {name}.readline().decode().strip()")
                    self._branches(c, "line", binary=False)
                c.pause_ms(10)
        elif self.kind == "mqtt":
            assert self.wifi
            c.from_("umqtt.simple", "MQTTClient")
            self._branches(c, "message", binary=True)
            c.callback("received", "topic, message")
            join(c, *self.wifi)
            c.line(f'client = MQTTClient("esp32", "{self.broker}")')
            c.line("client.set_callback(received)")
            c.line("client.connect()")
            c.line(f'client.subscribe("{self.topic}")')
            with c.block("while True:"):
                c.line("client.wait_msg()")
        else:
            c.from_("espnow", "ESPNow")
            c.import_("network")
            c.line("wlan = network.WLAN(network.STA_IF)")
            c.line("wlan.active(True)")
            c.line("radio = ESPNow()")
            c.line("radio.active(True)")
            with c.block("while True:"):
                c.line("sender, message = radio.recv()")
                self._branches(c, "message", binary=True)

    def _order(self) -> list[int]:
        """Which word comes when; -1 is one that means nothing."""
        n = len(self.words)
        return [0, -1, 1 % n, 0, *([2] if n > 2 else [1 % n])]

    def poll(self, x: Expect) -> None:
        if self.kind == "typed":
            for i in self._order():
                if i >= 0:
                    self.bodies[i].expect(x)
            x.wait(10_000.0)
        for t, text in x.inputs["messages"]:
            x.wait(max(0.0, t - x.t))
            if (word := str(text).strip()) in self.words:
                self.bodies[self.words.index(word)].expect(x)
        x.wait(10_000.0)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        words = [self.words[i] if i >= 0 else "xyz" for i in self._order()]
        if self.kind == "typed":
            return {"answers": words}, sum(lasts(self.bodies[i]) for i in self._order() if i >= 0) + 0.8
        t = start + (2.2 if self.kind == "mqtt" else 0.2)
        found = []
        for word, i in zip(words, self._order(), strict=True):
            end = "\n" if self.kind == "uart" else ""
            found.append({"t": round(t, 3), "channel": self.kind, "text": word + end, "topic": self.topic})
            t += 0.8 + (lasts(self.bodies[i]) if i >= 0 else 0)
        return {"messages": found}, t


def join(c: Code, ssid: str, key: str) -> None:
    """Join a network and wait for it."""
    c.import_("network")
    c.line("wlan = network.WLAN(network.STA_IF)")
    c.line("wlan.active(True)")
    c.line(f'wlan.connect("{ssid}", "{key}")')
    with c.block("while not wlan.isconnected():"):
        c.pause_ms(100)


class Joined(Rule):
    """Join Wi-Fi; when it is done, act."""

    kind: Literal["wifi"] = "wifi"
    rule: ClassVar[str] = "wifi_joined"
    polled: ClassVar[bool] = False
    wifi: tuple[str, str]
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"ssid": Text(text=self.wifi[0]), "key": Text(text=self.wifi[1])}

    def code(self, c: Code) -> None:
        join(c, *self.wifi)
        self.body.code(c)

    def poll(self, x: Expect) -> None:
        x.wait(1.51)
        self.body.expect(x)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        return {"wifi": {self.wifi[0]: self.wifi[1]}}, JOIN_S + lasts(self.body) + 1.0

    def checks(self, until: float) -> list[dict[str, Any]]:
        return []


class Clock(Rule):
    """At a time of day; a state holds from then on, a timed body runs once a day."""

    kind: Literal["clock"] = "clock"
    rule: ClassVar[str] = "clock"
    polled: ClassVar[bool] = True
    hour: Quantity
    minute: Quantity
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    @property
    def poll_ms(self) -> int:
        return 1000

    def slots(self) -> dict[str, Spoken | str]:
        return {"clock": Clocktime(hour=self.hour.value, minute=self.minute.value)}

    def code(self, c: Code) -> None:
        c.machine("RTC")
        c.setup("rtc", "rtc = RTC()")
        c.line("now = rtc.datetime()")
        with c.block(f"if now[4] == {self.hour.value} and now[5] == {self.minute.value}:"):
            self.body.code(c)
            if self.body.mode != "steady":
                c.import_("time")
                c.line("time.sleep(60)")

    def poll(self, x: Expect) -> None:
        if FIRST_S <= x.t < FIRST_S + 60:
            self.body.expect(x)
            if self.body.mode != "steady":
                x.wait(60)

    def stage(self, start: float, lasts: Lasts) -> tuple[dict[str, Any], float]:
        before = int(self.hour.value) * 60 + int(self.minute.value) - 1
        hour, minute = divmod(before % 1440, 60)
        return {"clock": (2025, 3, 3, hour, minute, 57)}, FIRST_S + lasts(self.body) + 4.0


FIRST_S = 3.0
"""Seconds from the start of a scene to the minute in question."""


class Clocktime(Text):
    """A time of day; hours and minutes as the program spells them."""

    text: str = ""
    hour: str
    minute: str

    def spoken(self, grammar: Any, form: str, voice: Any) -> str:
        hour, minute = int(self.hour), int(self.minute)
        if grammar.lang == "en" and voice.rng.random() < 0.25:
            return _in_english(hour, minute, voice.rng)
        style = voice.rng.random()
        half = ""
        if hour > 12 or grammar.lang != "en":  # "am" and "o'clock" are English
            style = min(style, 0.69)
        if style < 0.7:
            said = f"{hour}:{minute:02d}" if voice.rng.random() < 0.75 else f"{hour:02d}:{minute:02d}"
        elif hour and style < 0.9:
            half = " am" if hour < 12 else " pm"
            said = f"{hour}:{minute:02d}" if minute else f"{hour}"
        else:
            said, half = f"{hour}:{minute:02d}", " o'clock" if not minute else ""
            said = f"{hour}" if not minute else said
        return f"\x01{said}\x02{half}"


def _in_english(hour: int, minute: int, rng: Random) -> str:
    """A time of day as English speakers type it: "half past 7", "7.30", "0730 hrs", "6 pm" (18:00)."""
    pm, twelve = hour >= 12, (hour - 1) % 12 + 1
    half = "pm" if pm else "am"
    ways = [f"{hour}.{minute:02d}", f"{hour:02d}{minute:02d} hrs", f"{hour} h {minute:02d}"]
    if minute == 0:
        ways = [f"{hour:02d}00 hrs", f"{twelve} {half}", f"{twelve}{half}"]
        ways += [f"{twelve} o'clock in the morning"] if 4 <= hour < 12 else []
        ways += [f"{twelve} in the evening"] if 17 <= hour < 22 else []
        ways += {0: ["midnight"] * 3, 12: ["noon"] * 3}.get(hour, [])
    else:
        ways += [f"{twelve}:{minute:02d} {half}", f"{twelve}:{minute:02d}{half}"]
    if not pm and hour and (quarter := {15: "quarter past", 30: "half past"}.get(minute)):
        ways += [f"{quarter} {hour}", f"{quarter} {words(hour)}"]
    return f"\x01{rng.choice(ways)}\x02"


def _answers(d: Draw, n: int) -> tuple[Body, ...]:
    """Bodies for words: a state and its opposite, or things of their own."""
    d.reuse = 0.6
    first = d.action("press", ("steady", "timed"))
    found = [first]
    if n > 1 and first.opposite() is not None and d.chance(0.75):
        off = first.opposite()
        assert off is not None
        found.append(off)
    for _ in range(30):
        if len(found) >= n:
            break
        body = d.action("press", ("steady", "timed"))
        if body not in found:
            found.append(body)
    if len(found) < n:
        raise Unfit
    return tuple(found[:n])


@rule("typed", weight=1.4)
@rule("uart", weight=1.6)
@rule("mqtt", weight=1.5)
@rule("espnow", weight=1.2)
def _command(d: Draw, kind: str) -> Rule:
    n = d.rng.choice((1, 2, 2, 2, 3))
    words = list(d.rng.choice(_PAIRS))
    if n == 3:
        words.append(d.rng.choice(("blink", "test", "party", "help", "x", "status", "alarm")))
    more: dict[str, Any] = {}
    if kind == "uart":
        pins = [d.pin((4, 5, 12, 13, 14, 16, 17, 18, 19, 21, 22, 23, 25, 26, 27, 32, 33)) for _ in range(2)]
        if pins[0] == pins[1]:
            raise Unfit
        more["device"] = Device(type="uart", pin=pins[0], pin2=pins[1])
        d.devices.append(more["device"])
        baud = "9600" if d.chance(0.6) else d.rng.choice(("115200", "19200", "38400", "57600"))
        more["baud"] = Quantity(kind="baud", value=baud)
    if kind == "mqtt":
        more |= {"topic": d.rng.choice(_TOPICS), "broker": d.rng.choice(_BROKERS)}
        more["wifi"] = d.rng.choice(_NETWORKS)
    bodies = _answers(d, n)
    if any(b.kind == "toggle" for b in bodies) and kind == "typed":
        raise Unfit
    return Command(kind=kind, words=tuple(words[:n]), bodies=bodies, **more)  # type: ignore[arg-type]


@rule("wifi", weight=1.2)
def _wifi(d: Draw, kind: str) -> Rule:
    body = d.action("start", ("steady", "timed"))
    return Joined(wifi=d.rng.choice(_NETWORKS), body=body)


@rule("clock", weight=1.4)
def _clock(d: Draw, kind: str) -> Rule:
    hour = d.rng.choice((6, 7, 8, 12, 18, 20, 22, d.rng.randint(0, 23)))
    minute = d.rng.choice((0, 0, 15, 30, 30, 45, d.rng.randint(0, 59)))
    body = d.action("after", ("steady", "timed"))
    if body.kind in ("toggle", "off"):
        body = d.action("after", ("steady",), ("on",))
    return Clock(
        hour=Quantity(kind="int", value=str(hour)), minute=Quantity(kind="int", value=str(minute)), body=body
    )
