"""Drivers, displays, buses and networks answer from the world and record what they are told."""

import pytest
from robo_runtime.simulate import World, simulate

from tests.runtime.simulated import error, points, run, values


def test_pixels_show_on_write() -> None:
    code = """
        from neopixel import NeoPixel

        np = NeoPixel(Pin(5), 3)
        np[0] = (255, 0, 0)
        np[-1] = (0, 0, 7)
        time.sleep(1)
        np.write()
        np.fill((1, 2, 3))
        np.write()
        print(len(np), np[0], np.n)
    """
    trace = run(code)
    assert points(trace, "pixels", 5) == [(1, ((255, 0, 0), (0, 0, 0), (0, 0, 7))), (1, ((1, 2, 3),) * 3)]
    assert trace.output == ["3 (1, 2, 3) 3"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("np[3] = (0, 0, 0)", "IndexError"),
        ("np[0] = (0, 0)", "IndexError"),
        ("np[0] = 5", "TypeError"),
        ("np[0] = (0.5, 0, 0)", "TypeError"),
        ("np.show()", "AttributeError"),
    ],
)
def test_pixels_refuse_what_the_driver_refuses(line: str, kind: str) -> None:
    assert error(f"from neopixel import NeoPixel\nnp = NeoPixel(Pin(5), 3)\n{line}").startswith(kind)


def test_a_dht_measures_and_may_fail() -> None:
    code = """
        from dht import DHT11, DHT22

        for sensor in (DHT11(Pin(4)), DHT22(Pin(15))):
            for _ in range(2):
                try:
                    sensor.measure()
                    print(sensor.temperature(), sensor.humidity())
                except OSError as e:
                    print(e)
                time.sleep(2)
    """
    world = {"temperature": [[0, 21.57], [5, 30]], "humidity": 40.4, "faults": {"dht": [[1, 3]]}}
    assert run(code, **world).output == ["21 40", "[Errno 110] ETIMEDOUT", "21.6 40.4", "30.0 40.4"]


def test_a_ds18b20_needs_750_milliseconds() -> None:
    code = """
        from onewire import OneWire
        from ds18x20 import DS18X20

        probe = DS18X20(OneWire(Pin(4)))
        rom = probe.scan()[0]
        probe.convert_temp()
        print(probe.read_temp(rom))
        time.sleep_ms(750)
        print(probe.read_temp(rom))
    """
    assert run(code, probe=19.5).output == ["85.0", "19.5"]


def test_an_ultrasonic_sensor_measures_and_runs_out_of_range() -> None:
    code = """
        from hcsr04 import HCSR04

        sensor = HCSR04(trigger_pin=5, echo_pin=18)
        print(round(sensor.distance_cm()), sensor.distance_mm())
        time.sleep(2)
        try:
            sensor.distance_cm()
        except OSError as e:
            print(e)
    """
    assert run(code, distance=[[0, 30], [1, 900]]).output == ["30 300", "Out of range"]


SCREEN = """
from machine import I2C
from ssd1306 import SSD1306_I2C

oled = SSD1306_I2C(128, 64, I2C(0, scl=Pin(22), sda=Pin(21)))
"""


def test_a_display_shows_its_texts_from_top_to_bottom() -> None:
    trace = run(
        SCREEN + "oled.text('two', 0, 20)\noled.text('one', 10, 0)\noled.rect(0, 40, 10, 10, 1)\noled.show()"
    )
    assert values(trace, "display") == [(), ("one", "two")]
    assert values(trace, "draw") == [(("rect", 0, 40, 10, 10, False),)]


def test_text_over_text_is_unreadable() -> None:
    over = run(SCREEN + "oled.text('12', 0, 0)\noled.text('345', 0, 0)\noled.show()")
    assert values(over, "display")[-1] == ("###",)
    cleared = run(SCREEN + "oled.text('12', 0, 0)\noled.fill(0)\noled.text('345', 0, 0)\noled.show()")
    assert values(cleared, "display")[-1] == ("345",)
    wiped = run(
        SCREEN + "oled.text('12', 0, 0)\noled.fill_rect(0, 0, 128, 8, 0)\noled.text('345', 0, 0)\noled.show()"
    )
    assert values(wiped, "display")[-1] == ("345",)


def test_what_is_beyond_the_edge_is_not_seen() -> None:
    trace = run(SCREEN + "oled.text('0123456789abcdefXYZ', 0, 0)\noled.text('below', 0, 60)\noled.show()")
    assert values(trace, "display")[-1] == ("0123456789abcdef",)


def test_a_display_that_is_not_there_does_not_answer() -> None:
    assert error(SCREEN, i2c={}) == "OSError: [Errno 19] ENODEV"
    assert error("from ssd1306 import SSD1306_I2C\nSSD1306_I2C(128, 64, 5)").startswith("AttributeError")
    assert error(SCREEN + "oled.text(5, 0, 0)").startswith("TypeError")


def test_i2c_devices_are_their_registers() -> None:
    code = """
        from machine import SoftI2C

        i2c = SoftI2C(scl=Pin(22), sda=Pin(21))
        print(i2c.scan(), i2c.readfrom_mem(0x68, 0x75, 1))
        i2c.writeto_mem(0x68, 0x6B, b"\\x01")
        i2c.writeto(0x68, b"\\x75")
        print(i2c.readfrom(0x68, 2), i2c.readfrom_mem(0x68, 0x6B, 1))
    """
    trace = run(code, i2c={0x68: {0x75: [0x68, 0x01]}})
    assert trace.output == ["[104] b'h'", "b'h\\x01' b'\\x01'"]
    assert values(trace, "i2c", "0x68:107") == [(1,)]
    assert error("from machine import I2C\nI2C(2)") == "ValueError: I2C(2) doesn't exist"


def test_a_serial_port_receives_and_sends() -> None:
    code = """
        from machine import UART

        uart = UART(2, baudrate=9600, tx=17, rx=16)
        print(uart.read())
        while True:
            if uart.any():
                line = uart.readline()
                uart.write("got " + line.decode())
    """
    messages = [{"t": 1, "channel": "uart", "text": "on\n"}, {"t": 2, "channel": "uart", "text": "off\n"}]
    trace = run(code, messages=messages)
    assert points(trace, "net", "uart2") == [(1, "got on\n"), (2, "got off\n")]


WIFI = """
import network

wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.connect("home", "secret")
"""


def test_wifi_takes_a_while_to_join() -> None:
    code = (
        WIFI
        + "while not wlan.isconnected():\n    time.sleep_ms(100)\nprint(wlan.ifconfig()[0], time.ticks_ms() > 1000)"
    )
    trace = run(code, wifi={"home": "secret"})
    assert trace.output == ["192.168.1.50 True"]
    assert values(trace, "net", "wifi") == [{"ssid": "home", "password": "secret"}]


def test_a_wrong_password_never_joins() -> None:
    trace = run(
        WIFI + "time.sleep(5)\nprint(wlan.isconnected(), wlan.status() == network.STAT_WRONG_PASSWORD)",
        wifi={"home": "x"},
    )
    assert trace.output == ["False True"]


def test_wifi_must_be_active_first() -> None:
    code = "import network\nnetwork.WLAN(network.STA_IF).connect('a', 'b')"
    assert error(code) == "OSError: WiFi Not Started"


def test_requests_need_a_network_and_get_the_pages_of_the_world() -> None:
    code = (
        WIFI
        + """
import requests

try:
    requests.get("http://api.test/temp")
except OSError:
    print("no network")
time.sleep(2)
answer = requests.get("http://api.test/temp?x=1")
print(answer.status_code, answer.json()["t"])
answer.close()
print(requests.post("http://api.test/log", json={"a": 1}).status_code)
"""
    )
    pages = {"http://api.test/temp": {"text": '{"t": 21.5}'}, "http://api.test/log": {"status": 201}}
    trace = run(code, pages=pages)
    assert trace.output == ["no network", "200 21.5", "201"]
    assert values(trace, "net", "http")[-1] == {
        "method": "POST",
        "url": "http://api.test/log",
        "body": {"a": 1},
    }


def test_mqtt_publishes_and_hears_what_it_subscribed_to() -> None:
    code = (
        WIFI
        + """
from umqtt.simple import MQTTClient

time.sleep(2)
client = MQTTClient("esp32", "broker")
client.set_callback(lambda topic, message: print(topic.decode(), message.decode()))
client.connect()
client.subscribe(b"lamp/+")
client.publish("state", "ready")
while True:
    client.check_msg()
    time.sleep_ms(50)
"""
    )
    messages = [
        {"t": 1, "channel": "mqtt", "topic": "lamp/1", "text": "early"},
        {"t": 4, "channel": "mqtt", "topic": "lamp/1", "text": "on"},
        {"t": 5, "channel": "mqtt", "topic": "fan/1", "text": "on"},
    ]
    trace = run(code, messages=messages)
    assert trace.output == ["lamp/1 on"]
    assert {"topic": "state", "message": "ready"} in values(trace, "net", "mqtt")
    assert error("from umqtt.simple import MQTTClient\nMQTTClient('a', 'b').connect()").startswith("OSError")


def test_espnow_sends_to_peers_and_waits_for_messages() -> None:
    code = """
        import espnow

        e = espnow.ESPNow()
        e.active(True)
        peer = b"\\xff" * 6
        e.add_peer(peer)
        e.send(peer, "hello")
        print(e.recv(500))
        print(e.recv())
    """
    trace = run(code, messages=[{"t": 2, "channel": "espnow", "text": "hi", "topic": "010203040506"}])
    assert trace.output == ["(None, None)", r"(b'\x01\x02\x03\x04\x05\x06', b'hi')"]
    assert values(trace, "net", "espnow") == [{"to": "ff" * 6, "message": "hello"}]
    assert error("import espnow\nespnow.ESPNow().send('x')").startswith("OSError")


def test_bluetooth_tells_what_is_written_to_it() -> None:
    code = """
        import bluetooth

        ble = bluetooth.BLE()
        ble.active(True)
        service = (bluetooth.UUID(0x1812), ((bluetooth.UUID(0x2A37), bluetooth.FLAG_WRITE | bluetooth.FLAG_NOTIFY),))
        ((handle,),) = ble.gatts_register_services((service,))

        def on_event(event, data):
            if event == 3:
                ble.gatts_notify(data[0], data[1], b"echo " + ble.gatts_read(data[1]))

        ble.irq(on_event)
        ble.gap_advertise(100000, b"robot")
    """
    trace = run(code, messages=[{"t": 2, "channel": "ble", "text": "on"}])
    assert points(trace, "net", "ble") == [(0, {"advertise": "robot"}), (2, {"message": "echo on"})]


def test_a_web_server_answers_its_visitors() -> None:
    code = (
        WIFI
        + """
import socket

server = socket.socket()
server.bind(("0.0.0.0", 80))
server.listen(1)
led = Pin(2, Pin.OUT)
while True:
    client, address = server.accept()
    request = client.recv(1024).decode()
    led.value("/on" in request)
    client.send("HTTP/1.0 200 OK\\r\\n\\r\\n")
    client.send("done")
    client.close()
"""
    )
    trace = run(
        code, messages=[{"t": 3, "channel": "web", "text": "/on"}, {"t": 5, "channel": "web", "text": "/off"}]
    )
    assert points(trace, "pin", 2) == [(0, 0), (3, 1), (5, 0)]
    assert values(trace, "net", "visit")[0] == {"path": "/on", "answer": "HTTP/1.0 200 OK\r\n\r\ndone"}


def test_files_live_in_memory() -> None:
    code = """
        import os

        with open("log.txt", "a") as f:
            f.write("two\\n")
        print(open("/log.txt").read().split(), os.listdir())
        os.remove("log.txt")
        open("log.txt")
    """
    world = World(files={"log.txt": "one\n"})
    trace = simulate("import time\n" + "\n".join(line[8:] for line in code.split("\n")), world)
    assert trace.output == ["['one', 'two'] ['log.txt']"]
    assert trace.error is not None and "OSError: [Errno 2] ENOENT" in trace.error


def test_random_numbers_repeat_with_the_seed() -> None:
    code = "import random\nprint([random.randint(1, 6) for _ in range(20)], random.choice('abc'), random.random() < 1)"
    assert run(code, seed=5).output == run(code, seed=5).output != run(code, seed=6).output


def test_input_is_typed_by_the_world_and_then_waits() -> None:
    trace = run("print(input('name? '))\nprint(input())", answers=["Ada"])
    assert trace.output == ["name? ", "Ada"] and not trace.ended


def test_json_struct_and_their_like_work() -> None:
    code = """
        import json, struct, math, gc, sys
        from binascii import hexlify
        from machine import unique_id, freq

        print(json.loads(json.dumps({"a": [1, 2.5, None]}))["a"], struct.unpack("<h", b"\\x01\\x02"))
        print(math.floor(2.7), gc.mem_free() > 0, sys.platform, hexlify(unique_id()), freq())
        sys.exit()
    """
    trace = run(code)
    assert trace.output == ["[1, 2.5, None] (513,)", "2 True esp32 b'240ac4000102' 160000000"] and trace.ended
