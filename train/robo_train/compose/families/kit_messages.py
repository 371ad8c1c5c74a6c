"""Robokits that are steered by words: over radio and Bluetooth, by a remote control; and networks."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.expect import Done, Expect
from robo_train.compose.families.kit import Call, announce
from robo_train.compose.families.kit_events import length
from robo_train.compose.families.kit_output import Show
from robo_train.compose.numbers import Text
from robo_train.compose.phrases import Spoken
from robo_train.compose.rules import POLL_MS
from robo_train.compose.spec import Body, Node, Rule


class OnMessage(Rule):
    """Connect, and let every message of a topic be printed, shown or said."""

    kind: Literal["kit_on_message"] = "kit_on_message"
    rule: ClassVar[str] = "kit_on_message"
    polled: ClassVar[bool] = False
    connect: tuple[SerializeAsAny[Call], ...]
    topic: str
    sink: Literal["print", "say", "display"]

    def slots(self) -> dict[str, Spoken | str]:
        return {"topic": Text(text=self.topic)}

    def parts(self) -> dict[str, Node]:
        return {"a": self.connect[0], "b": self.connect[1], "act": MessageOut(sink=self.sink)}

    def code(self, c: Code) -> None:
        with c.block("def received(message):"):
            function = {"print": "print", "say": "say", "display": "display.print"}[self.sink]
            if self.sink != "print":
                c.from_("robokit", function.split(".")[0])
            c.line(f"{function}(message)")
        c.line("")
        for call in self.connect:
            call.code(c)
        c.from_("robokit", "mqtt")
        c.line(f'mqtt.on_message("{self.topic}", received)')

    def script(self) -> tuple[dict[str, Any], float]:
        messages = [
            {"t": t, "channel": "mqtt", "topic": topic, "text": text}
            for t, topic, text in ((4, self.topic, "hi"), (5, "other", "no"), (6, self.topic, "21.5"))
        ]
        return {"messages": messages}, 7.0

    def poll(self, x: Expect) -> None:
        for call in self.connect:
            call.expect(x)
        for t, text in ((4.0, "hi"), (6.0, "21.5")):
            x.t = t
            if self.sink == "print":
                x.print(text)
            else:
                announce(x, "say" if self.sink == "say" else "display.print", {"text": text})


class MessageOut(Node):
    """What happens to a message."""

    kind: Literal["kit_message_out"] = "kit_message_out"
    sink: str

    @property
    def rule(self) -> str:
        return f"kit_message_{self.sink}"


class Command(Node):
    """A word that arrives and what it makes the robot do."""

    kind: Literal["kit_command"] = "kit_command"
    rule: ClassVar[str] = "kit_command"
    word: str
    body: SerializeAsAny[Body]

    def slots(self) -> dict[str, Spoken | str]:
        return {"word": Text(text=self.word)}

    def parts(self) -> dict[str, Node]:
        return {"act": self.body}


class Remote(Rule):
    """Steering by words over radio or Bluetooth, or by the keys of a remote control."""

    kind: Literal["kit_radio", "kit_ble", "kit_key"]
    polled: ClassVar[bool] = False
    commands: tuple[Command, ...]
    start: Call | None = None

    @property
    def rule(self) -> str:
        return f"{self.kind}_remote"

    def parts(self) -> dict[str, Node]:
        return dict(zip("abcd", self.commands, strict=False)) | ({"start": self.start} if self.start else {})

    @property
    def source(self) -> str:
        """The call that gives what arrived."""
        return {"kit_radio": "radio.receive()", "kit_ble": "ble.receive()", "kit_key": "remote.key()"}[
            self.kind
        ]

    def code(self, c: Code) -> None:
        c.from_("robokit", self.source.split(".")[0])
        if self.start:
            self.start.code(c)
            c.line("")
        with c.block("while True:"):
            word = self.source
            if len(self.commands) > 1:
                word = "key" if self.kind == "kit_key" else "message"
                c.line(f"{word} = {self.source}")
            for i, command in enumerate(self.commands):
                with c.block(f'{"elif" if i else "if"} {word} == "{command.word}":'):
                    command.body.code(c)
            c.pause_ms(POLL_MS)

    def _arrivals(self) -> list[tuple[float, int]]:
        """When which command arrives, each twice; -1 is a word without a meaning."""
        t, found = 1.0, []
        for i in [*range(len(self.commands)), -1, *reversed(range(len(self.commands)))]:
            found.append((round(t, 3), i))
            t += 0.9 + (length(self.commands[i].body) if i >= 0 else 0)
        return [*found, (round(t, 3), -1)]

    def script(self) -> tuple[dict[str, Any], float]:
        found = [(t, self.commands[i].word if i >= 0 else "xyz") for t, i in self._arrivals()]
        if self.kind == "kit_key":
            series: list[tuple[float, str]] = [(0.0, "")]
            for t, word in found:
                series += [(t, word), (round(t + POLL_MS / 1000 + 0.0005, 4), "")]
            return {"sensors": {"remote.key": series}}, found[-1][0]
        channel = "espnow" if self.kind == "kit_radio" else "ble"
        return {"messages": [{"t": t, "channel": channel, "text": w} for t, w in found]}, found[-1][0]

    def poll(self, x: Expect) -> None:
        if self.start:
            self.start.expect(x)
        for t, i in self._arrivals():
            if t > x.until:
                raise Done
            x.t = max(x.t, t)
            if i >= 0:
                self.commands[i].body.expect(x)


class Echo(Rule):
    """Every message that arrives over radio or Bluetooth is printed, shown, said or sent on."""

    kind: Literal["kit_echo_radio", "kit_echo_ble"]
    polled: ClassVar[bool] = False
    sink: Literal["print", "say", "display"]
    start: Call | None = None

    @property
    def rule(self) -> str:
        return self.kind

    def parts(self) -> dict[str, Node]:
        out: dict[str, Node] = {"act": MessageOut(sink=self.sink)}
        return out | ({"start": self.start} if self.start else {})

    def code(self, c: Code) -> None:
        thing = "radio" if self.kind == "kit_echo_radio" else "ble"
        c.from_("robokit", thing)
        if self.start:
            self.start.code(c)
            c.line("")
        with c.block("while True:"):
            c.line(f"message = {thing}.receive()")
            with c.block("if message:"):
                function = {"print": "print", "say": "say", "display": "display.print"}[self.sink]
                if self.sink != "print":
                    c.from_("robokit", function.split(".")[0])
                c.line(f"{function}(message)")
            c.pause_ms(POLL_MS)

    def script(self) -> tuple[dict[str, Any], float]:
        channel = "espnow" if self.kind == "kit_echo_radio" else "ble"
        found = [
            {"t": t, "channel": channel, "text": w} for t, w in ((1.0, "hi"), (2.0, "go on"), (3.0, "7"))
        ]
        return {"messages": found}, 4.0

    def poll(self, x: Expect) -> None:
        if self.start:
            self.start.expect(x)
        for t, text in ((1.0, "hi"), (2.0, "go on"), (3.0, "7")):
            x.t = t
            if self.sink == "print":
                x.print(text)
            else:
                announce(x, "say" if self.sink == "say" else "display.print", {"text": text})


class Ask(Rule):
    """Connect and then say, print or show whether, as what or what is there."""

    kind: Literal["kit_ask"] = "kit_ask"
    rule: ClassVar[str] = "kit_ask"
    polled: ClassVar[bool] = False
    connect: Call
    show: Show

    def parts(self) -> dict[str, Node]:
        return {"a": self.connect, "b": self.show}

    def code(self, c: Code) -> None:
        self.connect.code(c)
        self.show.code(c)

    def script(self) -> tuple[dict[str, Any], float]:
        return {}, 6.0

    def poll(self, x: Expect) -> None:
        self.connect.expect(x)
        self.show.expect(x)
