"""A serial port over Bluetooth LE: the Nordic UART service, which phone apps know."""

import bluetooth

from robokit import check

CONNECTED, DISCONNECTED, WRITTEN, MTU = 1, 2, 3, 21
UART = bluetooth.UUID("6E400001-B5A3-F393-E0A9-E50E24DCCA9E")
SEND = (bluetooth.UUID("6E400003-B5A3-F393-E0A9-E50E24DCCA9E"), bluetooth.FLAG_NOTIFY)
RECEIVE = (
    bluetooth.UUID("6E400002-B5A3-F393-E0A9-E50E24DCCA9E"),
    bluetooth.FLAG_WRITE | bluetooth.FLAG_WRITE_NO_RESPONSE,
)


class Port:
    """The radio, its two values, who is connected and what has arrived."""

    def __init__(self, name):
        self.name = name.encode()
        self.size = 20
        self.visitors = []
        self.texts = []
        self.radio = bluetooth.BLE()
        self.radio.active(True)
        self.radio.irq(self.happened)
        ((self.out, self.into),) = self.radio.gatts_register_services(((UART, (SEND, RECEIVE)),))
        self.radio.gatts_set_buffer(self.into, 512, True)
        self.advertise()

    def advertise(self):
        """Let others see the name: flags, then as much of the name as fits."""
        name = self.name[:26]
        self.radio.gap_advertise(100000, b"\x02\x01\x06" + bytes((len(name) + 1, 9)) + name)

    def happened(self, event, data):
        """Somebody came, went, or wrote."""
        if event == CONNECTED:
            self.visitors.append(data[0])
        elif event == DISCONNECTED:
            if data[0] in self.visitors:
                self.visitors.remove(data[0])
            self.size = 20
            self.advertise()
        elif event == MTU:
            self.size = data[1] - 3
        elif event == WRITTEN:
            text = self.radio.gatts_read(self.into).decode()
            if text:
                self.texts.append(text.strip("\r\n"))

    def send(self, data):
        """Notify everyone, in pieces that fit the connection."""
        for start in range(0, len(data), self.size):
            for visitor in self.visitors:
                self.radio.gatts_notify(visitor, self.out, data[start : start + self.size])


ports = []


def port():
    """The started port."""
    if not ports:
        raise OSError("Bluetooth is off; call ble.start first")
    return ports[0]


def start(name):
    """Advertise a BLE UART."""
    check.text("ble.start: name", name)
    if ports:
        ports[0].name = name.encode()
        ports[0].advertise()
    else:
        ports.append(Port(name))


def send(text):
    """Send over BLE UART."""
    check.text("ble.send: text", text)
    port().send(text.encode())


def receive():
    """Received text or empty."""
    texts = port().texts
    return texts.pop(0) if texts else ""
