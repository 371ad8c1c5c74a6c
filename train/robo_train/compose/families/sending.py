"""What a board tells others or keeps: UART, MQTT, HTTP, ESP-NOW, files, a hotspot; sleep and restart."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action, rule
from robo_train.compose.expect import Done, Expect
from robo_train.compose.families.messages import _BROKERS, _NETWORKS, _TOPICS, JOIN_S
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Action, Body, Device, Rule

BOOT_S = 0.3
"""Seconds after a restart until a program runs again."""
_WORDS = (
    "on|off|hello|ping|alarm|start|stop|open|closed|ready|1|0|help|go|red|green|pressed|door open|motion|ok|"
    "wake up|it works|low battery|hi|test|left|right|42|full|empty|Hello World|I am here"
).split("|")
_URLS = (
    "http://example.com", "http://192.168.1.30/on", "http://192.168.1.30/off", "http://api.local/ping",
    "http://192.168.0.8/toggle", "http://myserver.net/hello", "http://esp.local/status",
    "http://10.0.0.7/relay/1", "http://school.org/api", "http://192.168.4.2/light?state=on",
)  # fmt: skip
_FILES = ("log.txt", "data.txt", "notes.txt", "presses.txt", "events.log", "diary.txt", "log.csv", "out.txt")


def wifi(c: Code, ssid: str, key: str) -> None:
    """Join a network before anything else."""
    c.import_("network")
    c.import_("time")
    c.setup(
        "wlan",
        "wlan = network.WLAN(network.STA_IF)",
        "wlan.active(True)",
        f'wlan.connect("{ssid}", "{key}")',
        "while not wlan.isconnected():",
        "    time.sleep_ms(100)",
    )


class _Net(Action):
    wifi: tuple[str, str]

    @property
    def boot(self) -> float:
        return JOIN_S

    def slots(self) -> dict[str, Spoken | str]:
        return {"ssid": Text(text=self.wifi[0]), "key": Text(text=self.wifi[1])}


class Publish(_Net):
    """A text to a topic of an MQTT broker."""

    kind: Literal["mqtt_publish"] = "mqtt_publish"
    rule: ClassVar[str] = "mqtt_publish"
    text: str
    topic: str
    broker: str

    @property
    def boot(self) -> float:
        return JOIN_S + 0.1

    def slots(self) -> dict[str, Spoken | str]:
        said = {"text": self.text, "topic": self.topic, "broker": self.broker}
        return {**super().slots(), **{slot: Text(text=t) for slot, t in said.items()}}

    def code(self, c: Code) -> None:
        wifi(c, *self.wifi)
        c.from_("umqtt.simple", "MQTTClient")
        c.setup("client", f'client = MQTTClient("esp32", "{self.broker}")', "client.connect()")
        c.line(f'client.publish("{self.topic}", "{self.text}")')

    def expect(self, x: Expect) -> None:
        x.see(op="event", kind="net", name="mqtt", args={"topic": self.topic, "message": self.text})


class Get(_Net):
    """Ask a web address; print the status if wished."""

    kind: Literal["http_get", "http_status"]
    url: str

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {**super().slots(), "url": Text(text=self.url)}

    def code(self, c: Code) -> None:
        wifi(c, *self.wifi)
        c.import_("requests")
        c.line(f'response = requests.get("{self.url}")')
        if self.kind == "http_status":
            c.line("print(response.status_code)")
        c.line("response.close()")

    def expect(self, x: Expect) -> None:
        x.wait(0.2)
        x.see(op="event", kind="net", name="http", args={"method": "GET", "url": self.url})
        if self.kind == "http_status":
            x.print("200")


class Radio(Action):
    """A word to all boards by ESP-NOW."""

    kind: Literal["espnow_send"] = "espnow_send"
    rule: ClassVar[str] = "espnow_send"
    text: str

    def slots(self) -> dict[str, Spoken | str]:
        return {"text": Text(text=self.text)}

    def code(self, c: Code) -> None:
        c.import_("network")
        c.from_("espnow", "ESPNow")
        c.setup(
            "radio",
            "wlan = network.WLAN(network.STA_IF)",
            "wlan.active(True)",
            "radio = ESPNow()",
            "radio.active(True)",
            'everyone = b"\\xff\\xff\\xff\\xff\\xff\\xff"',
            "radio.add_peer(everyone)",
        )
        c.line(f'radio.send(everyone, "{self.text}")')

    def expect(self, x: Expect) -> None:
        x.see(op="event", kind="net", name="espnow", args={"message": self.text})


class Write(Action):
    """A line over UART 1."""

    kind: Literal["uart_write"] = "uart_write"
    rule: ClassVar[str] = "uart_write"
    device: Device
    text: str
    baud: Quantity

    def slots(self) -> dict[str, Spoken | str]:
        return {"text": Text(text=self.text), "baud": self.baud}

    def code(self, c: Code) -> None:
        c.machine("UART")
        d = self.device
        name = c.setup(d, f"uart = UART(1, {self.baud.value}, tx={d.pin}, rx={d.pin2})")
        c.line(f'{name}.write("{self.text}\\n")')

    def expect(self, x: Expect) -> None:
        x.see(op="event", kind="net", name="uart1", value=f"{self.text}\n")


class Append(Action):
    """A line at the end of a file."""

    kind: Literal["file_append"] = "file_append"
    rule: ClassVar[str] = "file_append"
    text: str
    file: str

    def slots(self) -> dict[str, Spoken | str]:
        return {"text": Text(text=self.text), "file": Text(text=self.file)}

    def code(self, c: Code) -> None:
        c.line(f'file = open("{self.file}", "a")')
        c.line(f'file.write("{self.text}\\n")')
        c.line("file.close()")

    def expect(self, x: Expect) -> None:
        x.see(op="event", kind="file", name=self.file, value=f"{self.text}\n")


class Hotspot(Action):
    """A network of its own."""

    kind: Literal["hotspot"] = "hotspot"
    rule: ClassVar[str] = "hotspot"
    wifi: tuple[str, str]

    def slots(self) -> dict[str, Spoken | str]:
        return {"ssid": Text(text=self.wifi[0]), "key": Text(text=self.wifi[1])}

    def code(self, c: Code) -> None:
        c.import_("network")
        c.setup("ap", "ap = network.WLAN(network.AP_IF)")
        c.line(f'ap.config(ssid="{self.wifi[0]}", password="{self.wifi[1]}", security=3)')
        c.line("ap.active(True)")

    def expect(self, x: Expect) -> None:
        if not x.memory.setdefault("hotspot", False):  # it is opened once
            x.see(op="event", kind="net", name="hotspot", args={"ssid": self.wifi[0]})
        x.memory["hotspot"] = True


class Doze(Action):
    """Light sleep, deep sleep (the program starts anew afterwards) or a restart."""

    kind: Literal["light_sleep", "deep_sleep", "restart"]
    time: Time | None = None

    @property
    def rule(self) -> str:
        return self.kind

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time} if self.time else {}

    def code(self, c: Code) -> None:
        if not self.time:
            c.import_("machine")
            c.line("machine.reset()")
            return
        name = "lightsleep" if self.kind == "light_sleep" else "deepsleep"
        c.machine(name)
        c.line(f"{name}({self.time.milliseconds()})")

    def expect(self, x: Expect) -> None:
        if not self.time:
            x.ended = x.t
            x.wait(BOOT_S)
            x.see(op="event", kind="reset")
            raise Done
        kind = "light" if self.kind == "light_sleep" else "deep"
        x.see(op="event", kind="sleep", name=kind, value=round(self.time.seconds * 1000))
        if kind == "deep":
            x.ended = x.t
            raise Done
        x.wait(self.time.seconds)


class WakeCycle(Rule):
    """Wake up, act, sleep deeply, for ever."""

    kind: Literal["wake_cycle"] = "wake_cycle"
    rule: ClassVar[str] = "wake_cycle"
    polled: ClassVar[bool] = False
    time: Time
    body: SerializeAsAny[Body]
    clauses: ClassVar[dict[str, str]] = {"body": "act"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"time": self.time}

    def code(self, c: Code) -> None:
        self.body.code(c)
        c.machine("deepsleep")
        c.line(f"deepsleep({self.time.milliseconds()})")

    def poll(self, x: Expect) -> None:
        self.body.expect(x)
        x.ended = x.t
        x.see(op="event", kind="sleep", name="deep", value=round(self.time.seconds * 1000))
        raise Done

    def script(self) -> tuple[dict[str, Any], float]:
        x = Expect(10_000, set())
        self.body.expect(x)
        return {}, round(x.t, 3)


def _word(d: Draw) -> str:
    return d.rng.choice(_WORDS)


def _whole(d: Draw, low: float = 0.5) -> Time:
    """A time in whole milliseconds, seconds or minutes."""
    while "." in (t := d.time(low, 600)).value:
        pass
    return t


@action("mqtt_publish", weight=0.7, only=("start", "press", "release", "after", "every"))
def _publish(d: Draw, kind: str) -> Body:
    return Publish(
        wifi=d.rng.choice(_NETWORKS),
        text=_word(d),
        topic=d.rng.choice(_TOPICS),
        broker=d.rng.choice(_BROKERS),
    )


@action("http_get", weight=0.5, only=("start", "press", "release", "after"))
@action("http_status", weight=0.6, only=("start", "press", "release", "after"))
def _get(d: Draw, kind: str) -> Body:
    return Get(kind=kind, wifi=d.rng.choice(_NETWORKS), url=d.rng.choice(_URLS))  # type: ignore[arg-type]


@action("espnow_send", weight=0.8)
def _send(d: Draw, kind: str) -> Body:
    return Radio(text=_word(d))


@action("uart_write", weight=0.9, only=("start", "press", "release", "after", "every"))
def _write(d: Draw, kind: str) -> Body:
    baud = d.rng.choice((9600, 9600, 115200, 19200, 57600, 38400))
    return Write(device=d.part("uart", 2), text=_word(d), baud=Quantity(kind="baud", value=str(baud)))


@action("file_append", weight=0.9, only=("start", "press", "release", "after", "every", "seq"))
def _append(d: Draw, kind: str) -> Body:
    return Append(text=_word(d), file=d.rng.choice(_FILES))


@action("hotspot", weight=0.4, only=("start", "press", "after"))
def _hotspot(d: Draw, kind: str) -> Body:
    return Hotspot(wifi=d.rng.choice(_NETWORKS))


@action("light_sleep", weight=0.7, only=("start", "press", "seq", "after"))
@action("deep_sleep", weight=0.8, only=("start", "press", "after"))
def _sleep(d: Draw, kind: str) -> Body:
    return Doze(kind=kind, time=_whole(d))  # type: ignore[arg-type]


@action("restart", weight=0.4, only=("press", "after"))
def _restart(d: Draw, kind: str) -> Body:
    return Doze(kind="restart")


@rule("wake_cycle", weight=0.7)
def _wake(d: Draw, kind: str) -> Rule:
    body = d.action("press", ("timed",))
    while isinstance(body, Doze) or body.open_timing() or body.boot:
        body = d.action("press", ("timed",))
    return WakeCycle(time=_whole(d, 1), body=body)
