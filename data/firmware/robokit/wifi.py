"""WiFi: joining a network, or being one."""

import network
from time import sleep_ms, ticks_add, ticks_diff, ticks_ms

from robokit import check

station = network.WLAN(network.WLAN.IF_STA)


def connect(ssid, password, timeout=15):
    """Join a network; tells whether it worked within timeout seconds."""
    check.text("wifi.connect: ssid", ssid)
    check.text("wifi.connect: password", password)
    check.whole("wifi.connect: timeout", timeout, 1, 60, "s")
    station.active(True)
    if station.isconnected():
        station.disconnect()
    station.connect(ssid, password)
    limit = ticks_add(ticks_ms(), timeout * 1000)
    while not station.isconnected() and ticks_diff(limit, ticks_ms()) > 0:
        if station.status() in (network.STAT_WRONG_PASSWORD, network.STAT_NO_AP_FOUND):
            break
        sleep_ms(100)
    return station.isconnected()


def is_connected():
    """Joined or not."""
    return station.isconnected()


def disconnect():
    """Leave the network."""
    if station.active():
        station.disconnect()


def ip():
    """IP address."""
    return station.ifconfig()[0]


def hotspot(ssid, password=""):
    """Start an access point; open without a password."""
    check.text("wifi.hotspot: ssid", ssid)
    check.text("wifi.hotspot: password", password)
    if password and len(password) < 8:
        raise ValueError("wifi.hotspot: password must have 8 characters or more")
    point = network.WLAN(network.WLAN.IF_AP)
    if password:
        point.config(ssid=ssid, security=network.AUTH_WPA2_PSK, key=password)
    else:
        point.config(ssid=ssid, security=network.AUTH_OPEN)
    point.active(True)


def scan():
    """Names of networks."""
    station.active(True)
    names = []
    for found in station.scan():
        name = found[0].decode()
        if name and name not in names:
            names.append(name)
    return names
