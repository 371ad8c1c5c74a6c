"""Messages from board to board without a network (ESP-NOW), to everyone near."""

import espnow
import network

from robokit import check

EVERYONE = b"\xff\xff\xff\xff\xff\xff"
LONGEST = 250

network.WLAN(network.WLAN.IF_STA).active(True)
air = espnow.ESPNow()
air.active(True)
air.add_peer(EVERYONE)


def send(text):
    """ESP-NOW broadcast."""
    check.text("radio.send: text", text)
    data = text.encode()
    if len(data) > LONGEST:
        raise ValueError("radio.send: text must be at most %d bytes long" % LONGEST)
    air.send(EVERYONE, data)


def receive():
    """ESP-NOW text or empty."""
    message = air.recv(0)[1]
    return message.decode() if message else ""
