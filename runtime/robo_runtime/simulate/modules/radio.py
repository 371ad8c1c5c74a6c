"""espnow and bluetooth: messages without a network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.modules.inbox import Inbox
from robo_runtime.simulate.native import Native, as_bytes, as_int, text_of
from robo_runtime.simulate.world import Message

ETIMEDOUT = 110
PEER = b"\x24\x0a\xc4\x00\x09\x09"
_NOT_INIT = "ESP_ERR_ESPNOW_NOT_INIT"


class ESPNow(Native):
    """Messages between boards."""

    MAX_DATA_LEN, KEY_LEN, MAX_TOTAL_PEER_NUM, MAX_ENCRYPT_PEER_NUM = 250, 16, 20, 6

    __slots__ = ("_board", "_callback", "_inbox", "_on", "_peers")

    def __init__(self) -> None:
        self._board = current()
        self._on = False
        self._peers: list[bytes] = []
        self._inbox: Inbox | None = None
        self._callback: Any = None

    def active(self, *flag: Any) -> bool:
        if flag:
            self._on = bool(flag[0])
            if self._on and self._inbox is None:
                self._inbox = Inbox(self._board, "espnow", self._arrived, late=True)
        return self._on

    def init(self) -> None:
        self.active(True)

    def deinit(self) -> None:
        self._on = False

    def _arrived(self, message: Message) -> None:
        if self._callback is not None:
            self._board.interrupt(self._callback, self)

    def irq(self, callback: Any) -> None:
        self._callback = callback

    def config(self, *param: Any, **values: Any) -> Any:
        return None

    def _need(self) -> None:
        if not self._on:
            raise OSError(-12389, _NOT_INIT)

    def add_peer(self, mac: Any, *options: Any, **more: Any) -> None:
        self._need()
        mac = as_bytes(mac)
        if len(mac) != 6:
            raise ValueError("ESPNow: bytes or bytearray wrong length")
        if mac in self._peers:
            raise OSError(-12395, "ESP_ERR_ESPNOW_EXIST")
        self._peers.append(mac)

    def get_peers(self) -> tuple[tuple[Any, ...], ...]:
        self._need()
        return tuple((mac, b"", 0, 0, False) for mac in self._peers)

    def stats(self) -> tuple[int, ...]:
        return (0, 0, 0, 0, 0)

    def del_peer(self, mac: Any) -> None:
        self._need()
        if as_bytes(mac) not in self._peers:
            raise OSError(-12393, "ESP_ERR_ESPNOW_NOT_FOUND")
        self._peers.remove(as_bytes(mac))

    def send(self, *arguments: Any) -> bool:
        self._need()
        if len(arguments) == 1:
            mac, message = None, arguments[0]
        else:
            mac, message = arguments[0], arguments[1]
        if mac is not None and as_bytes(mac) not in self._peers:
            raise OSError(-12393, "ESP_ERR_ESPNOW_NOT_FOUND")
        data = as_bytes(message)
        if len(data) > self.MAX_DATA_LEN:
            raise ValueError("ESPNow: bytes or bytearray wrong length")
        self._board.busy(2_000)
        to = "all" if mac is None else as_bytes(mac).hex()
        self._board.emit("net", "espnow", {"to": to, "message": text_of(data)})
        return True

    def any(self) -> bool:
        self._need()
        return bool(self._inbox and self._inbox.waiting)

    def recv(self, timeout_ms: Any = 300_000) -> tuple[bytes | None, bytes | None]:
        self._need()
        assert self._inbox is not None
        limit = self._board.now + max(as_int(timeout_ms if timeout_ms is not None else 300_000), 0) * 1000
        while not self._inbox.waiting and self._board.now < limit:
            self._board.nap(limit)
        message = self._inbox.next()
        if message is None:
            return (None, None)
        return (_sender(message), message.text.encode())

    def irecv(self, timeout_ms: Any = 300_000) -> tuple[bytes | None, bytes | None]:
        return self.recv(timeout_ms)

    def __iter__(self) -> Iterator[tuple[bytes | None, bytes | None]]:
        while True:
            yield self.recv()


def _sender(message: Message) -> bytes:
    try:
        sender = bytes.fromhex(message.topic)
    except ValueError:
        return PEER
    return sender if len(sender) == 6 else PEER


class UUID(Native):
    """A Bluetooth identifier."""

    __slots__ = ("_value",)

    def __init__(self, value: Any) -> None:
        if not isinstance(value, (int, str, bytes, bytearray)):
            raise ValueError("invalid UUID")
        self._value = value

    def __repr__(self) -> str:
        return f"UUID({self._value!r})"


class BLE(Native):
    """A peripheral. What it notifies is recorded; what arrives is written to its first writable value."""

    __slots__ = ("_board", "_handler", "_inbox", "_next", "_on", "_values", "_writable")

    _CONNECT, _WRITE, _SCAN_DONE = 1, 3, 6

    def __init__(self) -> None:
        self._board = current()
        self._on = False
        self._handler: Any = None
        self._inbox: Inbox | None = None
        self._values: dict[int, bytes] = {}
        self._writable: list[int] = []
        self._next = 16

    def active(self, *flag: Any) -> bool:
        if flag:
            self._on = bool(flag[0])
        return self._on

    def config(self, *param: Any, **values: Any) -> Any:
        return (0, PEER) if param[:1] == ("mac",) else values.get(param[0]) if param else None

    def irq(self, handler: Any) -> None:
        self._handler = handler

    def _need(self) -> None:
        if not self._on:
            raise OSError(19, "ENODEV")

    def gap_advertise(
        self, interval_us: Any, adv_data: Any = None, *, resp_data: Any = None, connectable: Any = True
    ) -> None:
        self._need()
        if interval_us is None:
            return
        self._board.emit("net", "ble", {"advertise": text_of(as_bytes(adv_data or b""))})
        if self._inbox is None and any(m.channel == "ble" for m in self._board.world.messages):
            self._tell(self._CONNECT, (64, 0, PEER))
            self._inbox = Inbox(self._board, "ble", self._written, late=True)

    def _tell(self, event: int, data: tuple[Any, ...]) -> None:
        if self._handler is not None:
            handler = self._handler
            self._board.interrupt(lambda _: handler(event, data), None)

    def _written(self, message: Message) -> None:
        if self._writable:
            self._values[self._writable[0]] = message.text.encode()
            self._tell(self._WRITE, (64, self._writable[0]))

    def gatts_register_services(self, services: Any) -> tuple[tuple[int, ...], ...]:
        self._need()
        handles = []
        for _, characteristics in services:
            own = []
            for characteristic in characteristics:
                own.append(self._next)
                if as_int(characteristic[1]) & 0x0C:
                    self._writable.append(self._next)
                self._next += 2
            handles.append(tuple(own))
        return tuple(handles)

    def gatts_write(self, value_handle: Any, data: Any, send_update: Any = False) -> None:
        self._need()
        self._values[as_int(value_handle)] = as_bytes(data)
        if send_update:
            self.gatts_notify(64, value_handle)

    def gatts_read(self, value_handle: Any) -> bytes:
        self._need()
        return self._values.get(as_int(value_handle), b"")

    def gatts_notify(self, conn_handle: Any, value_handle: Any, *data: Any) -> None:
        self._need()
        content = as_bytes(data[0]) if data and data[0] is not None else self.gatts_read(value_handle)
        self._board.emit("net", "ble", {"message": text_of(content)})

    def gatts_indicate(self, conn_handle: Any, value_handle: Any, *data: Any) -> None:
        self.gatts_notify(conn_handle, value_handle, *data)

    def gatts_set_buffer(self, value_handle: Any, len: Any, append: Any = False) -> None:
        self._need()

    def gap_scan(self, duration_ms: Any, *options: Any) -> None:
        self._need()  # nobody advertises
        if duration_ms is not None:
            self._tell(self._SCAN_DONE, ())

    def gap_connect(self, addr_type: Any, addr: Any, *options: Any) -> None:
        self._need()
        raise OSError(ETIMEDOUT, "ETIMEDOUT")

    def gap_disconnect(self, conn_handle: Any) -> bool:
        return True


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of espnow or bluetooth."""
    if module == "espnow":
        return {"ESPNow": ESPNow, "MAX_DATA_LEN": 250, "MAX_TOTAL_PEER_NUM": 20, "ADDR_LEN": 6, "KEY_LEN": 16}
    return {
        "BLE": BLE, "UUID": UUID, "FLAG_READ": 2, "FLAG_WRITE_NO_RESPONSE": 4, "FLAG_WRITE": 8,
        "FLAG_NOTIFY": 16,
        "FLAG_INDICATE": 32,
    }  # fmt: skip
