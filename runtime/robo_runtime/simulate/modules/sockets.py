"""socket and ntptime: a small server or client on the network, and the time from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.modules.clock import seconds
from robo_runtime.simulate.modules.inbox import Inbox
from robo_runtime.simulate.modules.net import ask, require_network
from robo_runtime.simulate.native import Native, as_bytes, as_float, as_int, text_of

EAGAIN, ENOTCONN, ETIMEDOUT, EADDRINUSE = 11, 128, 110, 112
MAX_BYTES = 100_000
CLIENT = ("192.168.1.77", 50_000)


class Socket(Native):
    """A TCP socket. A scripted message of channel "web" is a visitor who asks for a path.

    What is sent to a visitor is recorded as `net web`, and the whole when the program closes the connection
    as
    `net visit`: `{"path": "/on", "answer": "HTTP/1.0 …"}`.
    """

    __slots__ = ("_board", "_inbox", "_incoming", "_path", "_peer", "_request", "_timeout")

    def __init__(self, af: Any = 2, type: Any = 1, proto: Any = 0) -> None:
        self._board = current()
        self._timeout: float | None = None
        self._inbox: Inbox | None = None
        self._incoming: bytes | None = None
        self._peer: tuple[str, int] | None = None
        self._path: str | None = None
        """What the visitor at the other end asked for."""
        self._request = b""
        """What was written: a request, or the answer to a visitor."""

    def bind(self, address: Any) -> None:
        port = _port(address)
        ports: set[int] = self._board.parts.setdefault("ports", set())
        if port in ports:
            raise OSError(EADDRINUSE, "EADDRINUSE")
        ports.add(port)

    def listen(self, backlog: Any = 2) -> None:
        self._inbox = Inbox(self._board, "web", late=True)

    def accept(self) -> tuple[Socket, tuple[str, int]]:
        if self._inbox is None:
            raise OSError(22, "EINVAL")
        self._wait(self._inbox)
        message = self._inbox.next()
        assert message is not None
        client = Socket()
        asked = f"GET {message.text} HTTP/1.1\r\nHost: 192.168.1.50\r\n\r\n"
        client._incoming = asked.encode()
        client._peer, client._path = CLIENT, message.text
        return client, CLIENT

    def _wait(self, inbox: Inbox) -> None:
        board = self._board
        limit = board.until if self._timeout is None else board.now + round(self._timeout * 1e6)
        while not inbox.waiting:
            if board.now >= limit and self._timeout is not None:
                raise OSError(ETIMEDOUT, "ETIMEDOUT") if self._timeout else OSError(EAGAIN, "EAGAIN")
            board.nap(limit)

    def connect(self, address: Any) -> None:
        port = _port(address)
        require_network(self._board, "http")
        self._board.busy(50_000)
        self._peer = (str(address[0]), port)

    def send(self, data: Any) -> int:
        content = as_bytes(data)
        if self._peer is None:
            raise OSError(ENOTCONN, "ENOTCONN")
        self._request += content
        if len(self._request) > MAX_BYTES:
            raise MemoryError("memory allocation failed")
        self._board.emit("net", "tcp" if self._path is None else "web", text_of(content))
        return len(content)

    def sendall(self, data: Any) -> None:
        self.send(data)

    def write(self, data: Any) -> int:
        return self.send(data)

    def _answer(self) -> None:
        """The reply of a web server to the request written so far."""
        if self._path is not None:
            return
        words = self._request.split(b" ", 2)
        self._request = b""
        if self._peer is not None and len(words) == 3:
            page = ask(self._board, text_of(words[0]), f"http://{self._peer[0]}{text_of(words[1])}", None)
            self._incoming = f"HTTP/1.0 {page.status_code} {text_of(page.reason)}\r\n\r\n{page.text}".encode()

    def sendto(self, data: Any, address: Any) -> int:
        require_network(self._board, "http")
        content = as_bytes(data)
        self._board.emit("net", "udp", {"to": f"{address[0]}:{_port(address)}", "message": text_of(content)})
        return len(content)

    def recvfrom(self, bufsize: Any) -> tuple[bytes, tuple[str, int]]:
        return self.recv(bufsize), CLIENT

    def fileno(self) -> int:
        return 54

    def recv(self, bufsize: Any) -> bytes:
        size = as_int(bufsize)
        if self._peer is None:
            raise OSError(ENOTCONN, "ENOTCONN")
        if self._request:
            self._answer()
        content = self._incoming or b""
        self._incoming = content[size:]
        return content[:size]

    def read(self, size: Any = 65_536) -> bytes:
        return self.recv(size)

    def readline(self) -> bytes:
        if self._request:
            self._answer()
        content = self._incoming or b""
        end = content.find(b"\n") + 1 or len(content)
        self._incoming = content[end:]
        return content[:end]

    def makefile(self, mode: Any = "rb", buffering: Any = 0) -> Socket:
        return self

    def setsockopt(self, level: Any, optname: Any, value: Any) -> None:
        """Accepted."""

    def settimeout(self, value: Any) -> None:
        self._timeout = None if value is None else as_float(value)

    def setblocking(self, flag: Any) -> None:
        self._timeout = None if flag else 0.0

    def close(self) -> None:
        """Hang up."""
        if self._path is not None:
            self._board.emit("net", "visit", {"path": self._path, "answer": text_of(self._request)})
        self._path = self._peer = None


def _port(address: Any) -> int:
    if not isinstance(address, (tuple, list)) or len(address) < 2:
        raise TypeError("an address is a tuple of host and port")
    return as_int(address[1])


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of socket or ntptime."""
    if module == "ntptime":
        return _ntptime(board)

    def getaddrinfo(host: Any, port: Any, *options: Any) -> list[tuple[Any, ...]]:
        if str(host) not in ("0.0.0.0", ""):
            require_network(board, "http")
        return [(2, 1, 0, "", (str(host), as_int(port)))]

    return {
        "socket": Socket, "getaddrinfo": getaddrinfo, "AF_INET": 2, "AF_INET6": 10, "SOCK_STREAM": 1,
        "SOCK_DGRAM": 2,
        "SOL_SOCKET": 4095, "SO_REUSEADDR": 4, "SOCK_RAW": 3, "SO_BROADCAST": 32, "IPPROTO_UDP": 17,
        "IPPROTO_TCP": 6,
    }  # fmt: skip


def _ntptime(board: Board) -> dict[str, Any]:
    def now() -> int:
        require_network(board, "http")
        board.busy(100_000)
        board.emit("net", "ntp", "pool.ntp.org")
        return int(seconds(board)) - board.rtc_offset

    def settime() -> None:
        now()
        board.rtc_offset = 0

    return {"host": "pool.ntp.org", "timeout": 1, "time": now, "settime": settime}
