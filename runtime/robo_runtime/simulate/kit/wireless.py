"""The kit's shortcuts to WiFi, web, MQTT, Bluetooth and ESP-NOW."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.kit import acts, call_back
from robo_runtime.simulate.modules.inbox import Inbox
from robo_runtime.simulate.modules.mqtt import matches
from robo_runtime.simulate.modules.net import ADDRESS, CONNECTING, ask, require_network, station
from robo_runtime.simulate.world import Message


@acts("wifi.connect")
def _connect(board: Board, ssid: str, password: str, timeout: int) -> bool:
    here = station(board)
    here.active = True
    here.join(ssid, password)
    limit = board.now + timeout * 1_000_000
    while here.status() == CONNECTING and board.now < limit:
        board.sleep(min(100_000, limit - board.now))
    return here.connected()


@acts("wifi.is_connected")
def _is_connected(board: Board) -> bool:
    board.clock_read = board.now
    return station(board).connected()


@acts("wifi.disconnect")
def _disconnect(board: Board) -> None:
    station(board).ssid = None


@acts("wifi.ip")
def _ip(board: Board) -> str:
    return ADDRESS[0] if station(board).connected() else "0.0.0.0"


@acts("wifi.hotspot")
def _hotspot(board: Board, ssid: str, password: str) -> None:
    board.emit("net", "hotspot", {"ssid": ssid, "password": password})


@acts("wifi.scan")
def _scan(board: Board) -> list[str]:
    board.busy(2_000_000)
    return list(board.world.wifi) if board.world.wifi is not None else ["home"]


@acts("web.get")
def _get(board: Board, url: str) -> str:
    return ask(board, "GET", url, None).text


@acts("web.post")
def _post(board: Board, url: str, data: dict[str, Any]) -> int:
    return ask(board, "POST", url, dict(data)).status_code


@acts("mqtt.connect")
def _mqtt_connect(board: Board, broker: str, client: str) -> bool:
    try:
        require_network(board, "mqtt")
    except OSError:
        return False
    board.busy(100_000)
    board.emit("net", "mqtt", {"connect": broker})
    board.parts["mqtt"] = True
    return True


@acts("mqtt.publish")
def _publish(board: Board, topic: str, message: str) -> None:
    _need_broker(board)
    board.emit("net", "mqtt", {"topic": topic, "message": message})


@acts("mqtt.on_message")
def _on_message(board: Board, topic: str, callback: Callable[..., Any]) -> None:
    _need_broker(board)
    board.emit("net", "mqtt", {"subscribe": topic})

    def arrived(message: Message) -> None:
        if matches(topic, message.topic):
            board.interrupt(lambda _: call_back(callback, message.text, message.topic), None)

    Inbox(board, "mqtt", arrived, late=True)


def _need_broker(board: Board) -> None:
    if not board.parts.get("mqtt"):
        raise OSError("mqtt is not connected; call mqtt.connect first")


@acts("ble.start")
def _ble_start(board: Board, name: str) -> None:
    board.emit("net", "ble", {"advertise": name})
    _inbox(board, "ble")


@acts("ble.send")
def _ble_send(board: Board, text: str) -> None:
    board.emit("net", "ble", {"message": text})


@acts("ble.receive")
def _ble_receive(board: Board) -> str:
    return _receive(board, "ble")


@acts("radio.send")
def _radio_send(board: Board, text: str) -> None:
    board.emit("net", "espnow", {"to": "all", "message": text})


@acts("radio.receive")
def _radio_receive(board: Board) -> str:
    return _receive(board, "espnow")


def _inbox(board: Board, channel: str) -> Inbox:
    inboxes: dict[str, Inbox] = board.parts.setdefault("inboxes", {})
    if channel not in inboxes:
        inboxes[channel] = Inbox(board, channel)
    return inboxes[channel]


def _receive(board: Board, channel: str) -> str:
    message = _inbox(board, channel).next()
    return message.text if message is not None else ""
