"""network and requests: joining a network and asking web addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from robo_runtime.simulate.board import Board, current
from robo_runtime.simulate.native import Native, as_bytes, as_int, text_of

JOIN_US = 1_500_000
REQUEST_US = 200_000
IDLE, CONNECTING, WRONG_PASSWORD, NO_AP, GOT_IP = 1000, 1001, 202, 201, 1010
ADDRESS = ("192.168.1.50", "255.255.255.0", "192.168.1.1", "192.168.1.1")
HOTSPOT = ("192.168.4.1", "255.255.255.0", "192.168.4.1", "0.0.0.0")
MAC = b"\x24\x0a\xc4\x00\x01\x02"


class Station:
    """The board's place in a network; one per run."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.active = False
        self.ssid: str | None = None
        self.ready = 0

    def join(self, ssid: str, password: str) -> None:
        """Begin to join."""
        self.board.emit("net", "wifi", {"ssid": ssid, "password": password})
        self.ssid, self.ready = ssid, self.board.now + JOIN_US
        if self.status_after(password) == GOT_IP:
            self.board.schedule(self.ready, self._joined)
        self.password = password

    def _joined(self) -> None:
        self.board.version += 1

    def status_after(self, password: str) -> int:
        """How joining will end."""
        known = self.board.world.wifi
        if known is None:
            return GOT_IP
        if self.ssid not in known:
            return NO_AP
        return GOT_IP if known[self.ssid] == password else WRONG_PASSWORD

    def status(self) -> int:
        """Where joining stands."""
        if self.ssid is None:
            return IDLE
        if self.board.now < self.ready or self.board.world.faulty("wifi", self.board.t):
            return CONNECTING
        return self.status_after(self.password)

    def connected(self) -> bool:
        """Whether messages can be sent."""
        return self.status() == GOT_IP


def station(board: Board) -> Station:
    """The station of a run."""
    if "station" not in board.parts:
        board.parts["station"] = Station(board)
    found: Station = board.parts["station"]
    return found


def require_network(board: Board, fault: str) -> None:
    """Raise what a socket raises without a network."""
    if not station(board).connected():
        raise OSError(-202, "EAI_FAIL")
    if board.world.faulty(fault, board.t):
        board.busy(1_000_000)
        raise OSError(104, "ECONNRESET")


class WLAN(Native):
    """The WiFi interface."""

    IF_STA, IF_AP = 0, 1
    SEC_OPEN, SEC_WEP, SEC_WPA, SEC_WPA2, SEC_WPA_WPA2 = 0, 1, 2, 3, 4
    PM_NONE, PM_PERFORMANCE, PM_POWERSAVE = 0, 1, 2

    __slots__ = ("_board", "_config", "_hotspot", "_kind", "_station")

    def __init__(self, interface_id: Any = 0) -> None:
        self._kind = as_int(interface_id)
        if self._kind not in (0, 1):
            raise ValueError("invalid WLAN interface identifier")
        self._board = current()
        self._station = station(self._board)
        self._hotspot = False
        self._config: dict[str, Any] = {"essid": "ESP_000102", "ssid": "ESP_000102", "hostname": "mpy-esp32"}

    def active(self, *is_active: Any) -> bool:
        if is_active:
            on = bool(is_active[0])
            if self._kind == self.IF_STA:
                self._station.active = on
                if not on:
                    self._station.ssid = None
            else:
                if on and not self._hotspot:
                    self._board.emit("net", "hotspot", {"ssid": self._config["ssid"]})
                self._hotspot = on
        return self._station.active if self._kind == self.IF_STA else self._hotspot

    def connect(self, ssid: Any = None, key: Any = "", *, bssid: Any = None, **options: Any) -> None:
        if not self._station.active or self._kind != self.IF_STA:
            raise OSError("WiFi Not Started")
        password = options.get("password", key)
        self._station.join(text_of(as_bytes(ssid)), text_of(as_bytes(password or "")))

    def disconnect(self) -> None:
        self._station.ssid = None

    def isconnected(self) -> bool:
        self._board.clock_read = self._board.now
        return self._station.connected() if self._kind == self.IF_STA else False

    def status(self, *param: Any) -> int:
        self._board.clock_read = self._board.now
        if param and param[0] == "rssi":
            return -55
        return self._station.status()

    def scan(self) -> list[tuple[Any, ...]]:
        if not self._station.active:
            raise OSError("STA must be active")
        self._board.busy(2_000_000)
        return [(ssid.encode(), MAC, 6, -55, 3, False) for ssid in (self._board.world.wifi or {"home": ""})]

    def ifconfig(self, *config: Any) -> tuple[str, ...] | None:
        if config:
            return None
        if self._kind == self.IF_AP:
            return HOTSPOT
        return ADDRESS if self._station.connected() else ("0.0.0.0",) * 4

    def ipconfig(self, *param: Any, **config: Any) -> Any:
        if config:
            return None
        address = self.ifconfig() or ()
        if param[:1] == ("addr4",):
            return address[:2]
        return address[2] if param[:1] == ("gw4",) else True

    def config(self, *param: Any, **values: Any) -> Any:
        if values:
            self._config.update(values)
            for name in ("ssid", "essid"):
                if name in values:
                    self._config["ssid"] = self._config["essid"] = values[name]
            return None
        if param[:1] == ("mac",):
            return MAC
        if not param or param[0] not in self._config:
            raise ValueError("unknown config param")
        return self._config[param[0]]


class Response(Native):
    """What a web server answered."""

    __slots__ = ("content", "encoding", "headers", "reason", "status_code")

    def __init__(self, status: int, text: str) -> None:
        self.status_code = status
        self.reason = b"OK" if status < 400 else b"ERROR"
        self.content = text.encode()
        self.headers: dict[str, str] = {}
        self.encoding = "utf-8"

    @property
    def text(self) -> str:
        return self.content.decode()

    def json(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            raise ValueError("syntax error in JSON") from None

    def close(self) -> None:
        """Nothing to release."""


def ask(board: Board, method: str, url: str, body: Any) -> Response:
    """One request, answered from the world's pages: the address itself, else its longest prefix."""
    url = text_of(as_bytes(url))
    require_network(board, "http")
    if not url.startswith(("http://", "https://")):
        raise ValueError("Unsupported protocol: " + url.split(":", 1)[0])
    board.busy(REQUEST_US)
    board.emit("net", "http", {"method": method, "url": url, "body": body})
    pages = board.world.pages
    key = url if url in pages else max((p for p in pages if url.startswith(p)), key=len, default=None)
    if key is None:
        return Response(404, "") if pages else Response(200, "{}")
    return Response(pages[key].status, pages[key].text)


def _requests(board: Board) -> dict[str, Any]:
    def request(
        method: str, url: str, data: Any = None, json: Any = None, headers: Any = None, stream: Any = None,
        auth: Any = None, timeout: Any = None, parse_headers: Any = True,
    ) -> Response:  # fmt: skip
        if data is not None and json is not None:
            raise ValueError("give data or json")
        sent = json if json is not None else text_of(as_bytes(data)) if data is not None else None
        return ask(board, method, url, _plain(sent))

    def method(name: str) -> Any:
        def call(url: Any, **options: Any) -> Response:
            return request(name, url, **options)

        return call

    verbs = ("get", "post", "put", "delete", "head", "patch")
    return {"request": request, "Response": Response, **{verb: method(verb.upper()) for verb in verbs}}


def _plain(value: Any) -> Any:
    """JSON data as a value of its own, so that later changes do not reach the record."""
    if value is None or isinstance(value, str):
        return value
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError, RecursionError):
        raise TypeError("cannot be written as JSON") from None


def names(board: Board, module: str) -> Mapping[str, Any]:
    """The names of network or requests."""
    if module in ("requests", "urequests"):
        return _requests(board)

    def hostname(*name: Any) -> str:
        if name:
            board.parts["hostname"] = str(name[0])
        found: str = board.parts.get("hostname", "mpy-esp32")
        return found

    return {
        "WLAN": WLAN, "STA_IF": 0, "AP_IF": 1, "hostname": hostname, "country": lambda *code: "XX",
        "STAT_IDLE": IDLE, "STAT_CONNECTING": CONNECTING, "STAT_WRONG_PASSWORD": WRONG_PASSWORD,
        "STAT_NO_AP_FOUND": NO_AP, "STAT_GOT_IP": GOT_IP, "STAT_ASSOC_FAIL": 203, "STAT_BEACON_TIMEOUT": 200,
        "STAT_HANDSHAKE_TIMEOUT": 204, "AUTH_OPEN": 0, "AUTH_WEP": 1, "AUTH_WPA_PSK": 2, "AUTH_WPA2_PSK": 3,
        "AUTH_WPA_WPA2_PSK": 4,
    }  # fmt: skip
