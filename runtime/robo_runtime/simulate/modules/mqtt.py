"""umqtt.simple: publishing and receiving through a broker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.modules.inbox import Inbox
from robo_runtime.simulate.modules.net import require_network
from robo_runtime.simulate.native import Module, Native, as_bytes, text_of
from robo_runtime.simulate.world import Message

CONNECT_US = 100_000


class MQTTException(Exception):
    """A refusal of the broker."""


class MQTTClient(Native):
    """A client; messages of the topics it subscribed to wait until `check_msg` or `wait_msg`."""

    __slots__ = ("_board", "_callback", "_inbox", "_linked", "_topics", "client_id", "server")

    def __init__(
        self, client_id: Any, server: Any, port: Any = 0, user: Any = None, password: Any = None,
        keepalive: Any = 0, ssl: Any = None, ssl_params: Any = None,
    ) -> None:  # fmt: skip
        self._board = current()
        self.client_id, self.server = text_of(as_bytes(client_id)), server
        self._callback: Any = None
        self._linked = False
        self._topics: list[str] = []
        self._inbox: Inbox | None = None

    def set_callback(self, f: Any) -> None:
        self._callback = f

    def set_last_will(self, topic: Any, msg: Any, retain: Any = False, qos: Any = 0) -> None:
        if not topic:
            raise AssertionError

    def connect(self, clean_session: Any = True, timeout: Any = None) -> bool:
        require_network(self._board, "mqtt")
        self._board.busy(CONNECT_US)
        self._board.emit("net", "mqtt", {"connect": str(self.server)})
        self._linked = True
        return False

    def reconnect(self) -> bool:
        return self.connect()

    def disconnect(self) -> None:
        self._linked = False

    def _need(self) -> None:
        if not self._linked:
            raise OSError(-1)
        require_network(self._board, "mqtt")

    def ping(self) -> None:
        self._need()

    def publish(self, topic: Any, msg: Any, retain: Any = False, qos: Any = 0) -> None:
        self._need()
        self._board.busy(5_000)
        content = {"topic": text_of(as_bytes(topic)), "message": text_of(as_bytes(msg))}
        self._board.emit("net", "mqtt", {**content, "retain": True} if retain else content)

    def subscribe(self, topic: Any, qos: Any = 0) -> None:
        if self._callback is None:
            raise AssertionError("Subscribe callback is not set")
        self._need()
        self._topics.append(text_of(as_bytes(topic)))
        self._board.emit("net", "mqtt", {"subscribe": self._topics[-1]})
        if self._inbox is None:
            self._inbox = Inbox(self._board, "mqtt", late=True)

    def _next(self) -> Message | None:
        while self._inbox is not None and (message := self._inbox.next()) is not None:
            if any(matches(pattern, message.topic) for pattern in self._topics):
                return message
        return None

    def check_msg(self) -> None:
        self._need()
        if (message := self._next()) is not None:
            self._callback(message.topic.encode(), message.text.encode())

    def wait_msg(self) -> None:
        self._need()
        while (message := self._next()) is None:
            self._board.nap(self._board.until)
        self._callback(message.topic.encode(), message.text.encode())


def matches(pattern: str, topic: str) -> bool:
    """Whether a subscription with `+` and `#` covers a topic."""
    parts, levels = pattern.split("/"), topic.split("/")
    for i, part in enumerate(parts):
        if part == "#":
            return True
        if i >= len(levels) or part not in ("+", levels[i]):
            return False
    return len(parts) == len(levels)


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of umqtt and its modules."""
    if module == "umqtt":
        inner = {"MQTTClient": MQTTClient, "MQTTException": MQTTException}
        return {name: Module(f"umqtt.{name}", inner) for name in ("simple", "robust")}
    return {"MQTTClient": MQTTClient, "MQTTException": MQTTException}
