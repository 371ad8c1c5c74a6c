"""Programs in the canonical style, one for each construct and module; the grammar must accept them all."""

GOOD = {
    "print": 'print("hello")\n',
    "blink": """from machine import Pin
import time

led = Pin(2, Pin.OUT)

while True:
    led.on()
    time.sleep(0.5)
    led.off()
    time.sleep_ms(500)
""",
    "assumed pin": """# assumed: LED on pin 2
from machine import Pin

led = Pin(2, Pin.OUT)

led.value(1)
""",
    "refusal": "# Sorry: this kit has no camera.\n",
    "refusal in another script": "# Sorry: इस किट में कैमरा नहीं है।\n",
    "button": """from machine import Pin
import time

button = Pin(14, Pin.IN, Pin.PULL_UP)
led = Pin(2, Pin.OUT, value=0)

while True:
    if button.value() == 0:
        led.value(not led.value())
        while button.value() == 0:
            time.sleep_ms(10)
    time.sleep_ms(10)
""",
    "pin modes": """from machine import Pin

a = Pin(4)
b = Pin(34)
c = Pin(35, Pin.IN)
d = Pin(5, Pin.IN, Pin.PULL_DOWN)
e = Pin(5, Pin.IN, pull=Pin.PULL_UP)
f = Pin(18, Pin.OPEN_DRAIN)
g = Pin(19, Pin.OUT, value=1)
""",
    "pins by name": """from machine import Pin, PWM

LED_PIN = 2
PINS = [25, 26, 27]
led = Pin(LED_PIN, Pin.OUT)
lamps = [Pin(p, Pin.OUT) for p in PINS]
motor = PWM(Pin(PINS[0]), freq=1000)
""",
    "servo": """from machine import Pin, PWM

servo = PWM(Pin(13), freq=50)

servo.duty_ns(500000 + 90 * 2000000 // 180)
""",
    "pwm overloads": """from machine import Pin, PWM

a = PWM(Pin(13))
b = PWM(Pin(12), 1000)
c = PWM(Pin(14), freq=1000, duty=512)
d = PWM(Pin(27), freq=50, duty_ns=1500000)
e = PWM(Pin(26), duty_u16=0, freq=440)

a.freq(440)
a.duty(0)
a.duty_u16(50 * 65535 // 100)
print(a.freq(), a.duty_u16())
a.deinit()
""",
    "adc": """from machine import Pin, ADC

pot = ADC(Pin(34), atten=ADC.ATTN_11DB)
raw = ADC(35)
raw.atten(ADC.ATTN_11DB)
raw.width(ADC.WIDTH_12BIT)

print(pot.read_u16(), pot.read_uv(), raw.read())
""",
    "dac and touch": """from machine import Pin, DAC, TouchPad

dac = DAC(Pin(25))
pad = TouchPad(Pin(4))

dac.write(128)
print(pad.read() < 300)
""",
    "i2c": """from machine import Pin, I2C, SoftI2C

i2c = I2C(0, scl=Pin(22), sda=Pin(21), freq=400000)
soft = SoftI2C(scl=Pin(18), sda=Pin(19))

for address in i2c.scan():
    print(hex(address))
i2c.writeto(0x3C, b"\\x00\\xaf")
data = i2c.readfrom(60, 2)
i2c.writeto_mem(60, 1, b"\\x01")
value = i2c.readfrom_mem(60, 1, 2)[0] << 8 | data[1]
""",
    "spi": """from machine import Pin, SPI

spi = SPI(1, baudrate=1000000, polarity=0, phase=0, sck=Pin(18), mosi=Pin(23), miso=Pin(19))
cs = Pin(5, Pin.OUT)

cs.off()
spi.write(b"\\x9f")
print(spi.read(3))
cs.on()
""",
    "uart": """from machine import UART

uart = UART(2, baudrate=9600, tx=17, rx=16)

uart.write("hello\\n")
if uart.any():
    line = uart.readline().decode().strip()
    print(line)
""",
    "timer": """from machine import Pin, Timer

led = Pin(2, Pin.OUT)
timer = Timer(0)

timer.init(period=500, mode=Timer.PERIODIC, callback=lambda t: led.value(not led.value()))
""",
    "timer with a function": """from machine import Timer

ticks = 0


def tick(t):
    global ticks
    ticks += 1


Timer(1).init(mode=Timer.ONE_SHOT, period=2000, callback=tick)
""",
    "interrupt": """from machine import Pin

button = Pin(14, Pin.IN, Pin.PULL_UP)
count = 0


def pressed(pin):
    global count
    count = count + 1


button.irq(trigger=Pin.IRQ_FALLING, handler=pressed)
button.irq(pressed, Pin.IRQ_FALLING | Pin.IRQ_RISING)
button.irq(handler=None)
""",
    "rtc and sleep": """from machine import RTC, WDT, deepsleep, reset_cause, unique_id, DEEPSLEEP_RESET

rtc = RTC()
rtc.datetime((2026, 1, 31, 5, 12, 30, 0, 0))
wdt = WDT(timeout=5000)

if reset_cause() == DEEPSLEEP_RESET:
    print(rtc.memory().decode(), unique_id())
wdt.feed()
rtc.memory(b"7")
deepsleep(10000)
""",
    "time_pulse_us": """from machine import Pin, time_pulse_us
import time

trigger = Pin(5, Pin.OUT)
echo = Pin(18, Pin.IN)

trigger.on()
time.sleep_us(10)
trigger.off()
duration = time_pulse_us(echo, 1, 30000)
print(duration / 58)
""",
    "machine as a module": """import machine

print(machine.freq())
machine.reset()
""",
    "neopixel": """from machine import Pin
from neopixel import NeoPixel
import time

pixels = NeoPixel(Pin(5), 8)

for i in range(pixels.n):
    pixels.fill((0, 0, 0))
    pixels[i] = (255, 0, 0)
    pixels.write()
    time.sleep_ms(100)
color = (0, 0, 64)
pixels.fill(color)
""",
    "dht": """from machine import Pin
from dht import DHT22
import time

sensor = DHT22(Pin(4))

while True:
    try:
        sensor.measure()
        print(f"{sensor.temperature()} C, {sensor.humidity():.1f} %")
    except OSError as error:
        print("sensor error", error)
    time.sleep(2)
""",
    "hcsr04": """from hcsr04 import HCSR04

sonar = HCSR04(trigger_pin=5, echo_pin=18)

try:
    distance = sonar.distance_cm()
except OSError:
    distance = 400
finally:
    print("done")
""",
    "ssd1306": """from machine import Pin, I2C
from ssd1306 import SSD1306_I2C

i2c = I2C(0, scl=Pin(22), sda=Pin(21))
oled = SSD1306_I2C(128, 64, i2c)

oled.fill(0)
oled.text("Temp: " + str(21.5), 0, 16)
oled.rect(0, 0, 128, 64, 1)
oled.show()
""",
    "ds18x20": """from machine import Pin
from ds18x20 import DS18X20
from onewire import OneWire
import time

bus = DS18X20(OneWire(Pin(4)))
roms = bus.scan()

bus.convert_temp()
time.sleep_ms(750)
for rom in roms:
    print(bus.read_temp(rom))
""",
    "wifi": """import network
import time

wlan = network.WLAN(network.STA_IF)
wlan.active(True)
wlan.connect("school", "secret")

while not wlan.isconnected():
    time.sleep_ms(200)
print(wlan.ifconfig()[0])
""",
    "access point": """import network

ap = network.WLAN(network.AP_IF)
ap.active(True)
ap.config(essid="robot", password="12345678")
print(ap.config("mac"))
""",
    "web request": """import json
import requests

answer = requests.get("http://example.org/data")
data = answer.json()
print(data["temperature"], answer.status_code)
answer.close()
requests.post("http://example.org", json={"t": 21.5, "ok": True, 3: [1, 2]})
print(json.dumps({"a": None}))
""",
    "web server": """import socket

server = socket.socket()
server.bind(("0.0.0.0", 80))
server.listen(1)

while True:
    client, address = server.accept()
    request = client.recv(1024).decode()
    if "GET /on" in request:
        print("on")
    client.send("HTTP/1.0 200 OK\\r\\n\\r\\n<a href='/on'>On</a>")
    client.close()
""",
    "mqtt": """from umqtt.simple import MQTTClient


def received(topic, message):
    print(topic, message)


client = MQTTClient("robot", "broker.local")
client.set_callback(received)
client.connect()
client.subscribe("robots/1")
client.publish("robots/1", "hello")
client.check_msg()
""",
    "espnow": """import espnow
import network

network.WLAN(network.STA_IF).active(True)
radio = espnow.ESPNow()
radio.active(True)
peer = b"\\xff\\xff\\xff\\xff\\xff\\xff"
radio.add_peer(peer)
radio.send(peer, "hi")
host, message = radio.recv()
""",
    "bluetooth": """import bluetooth

ble = bluetooth.BLE()
ble.active(True)
ble.gap_advertise(100000, b"\\x02\\x01\\x06")
""",
    "nvs": """from esp32 import NVS

store = NVS("game")
store.set_i32("best", 42)
store.commit()
print(store.get_i32("best"))
""",
    "framebuf": """import framebuf

data = bytearray(128 * 64 // 8)
screen = framebuf.FrameBuffer(data, 128, 64, framebuf.MONO_VLSB)
screen.fill(0)
screen.line(0, 0, 127, 63, 1)
""",
    "time": """import time

start = time.ticks_ms()
time.sleep_us(50)
print(time.ticks_diff(time.ticks_ms(), start))
year, month, day = time.localtime()[:3]
print(time.localtime()[3:5], time.localtime()[-1], time.time())
""",
    "random and math": """import math
import random

angle = math.radians(30)
print(math.sin(angle) ** 2 + math.cos(angle) ** 2, math.pi, math.sqrt(2))
print(random.randint(1, 6), random.choice(["left", "right"]), random.random() * 10, random.uniform(0.5, 1.5))
""",
    "small modules": """import gc
import micropython
import ntptime
import os
import struct
import sys
import _thread
import esp32


def work():
    pass


gc.collect()
print(gc.mem_free(), os.listdir(), sys.platform, struct.unpack("<h", b"\\x01\\x02")[0])
LIMIT = micropython.const(10)
_thread.start_new_thread(work, ())
ntptime.settime()
print(esp32.raw_temperature())
sys.exit()
""",
    "file": """file = open("log.csv", "a")
file.write("1,2\\n")
file.close()
""",
    "if chain": """x = 3

if x < 0:
    print("negative")
elif x == 0 or x > 100 and not x == 200:
    print("zero or large")
elif x in (1, 2, 3):
    print("small")
else:
    print("other")
""",
    "loops": """for i in range(3):
    print(i)
for i in range(10, 0, -1):
    if i % 2:
        continue
    if i < 4:
        break
for name in ["a", "b"]:
    print(name)
for i, name in enumerate(("a", "b")):
    print(i, name)
for _ in range(2):
    while True:
        break
for letter in "abc":
    print(letter, end=" ")
""",
    "deep nesting": """def search(limit):
    for a in range(limit):
        for b in range(limit):
            if a * b > 10:
                try:
                    print(a // b)
                    return a, b
                except ZeroDivisionError:
                    pass
                finally:
                    print("tried")
    return None


print(search(10))
""",
    "functions": """def beep():
    print("beep")


def add(a, b=1, c=2):
    return a + b * c


def nothing():
    return


beep()
total = add(1)
print(add(1, add(2, 3)), total)
""",
    "assignments": """y_2 = 0
a, b = 1, 2
a, b = b, a
a += 1
b -= 2
a *= 3
b /= 4
a //= 5
b %= 6
a **= 2
b = a
c = 5
c <<= 1
c |= 8
c &= 15
c ^= 1
c >>= 2
grid = [[0, 0], [0, 0]]
grid[0][1] = 5
grid[0][1] += 1
grid[0], grid[1] = grid[1], grid[0]
""",
    "numbers": """a = 0
b = 3.14
c = 0xFF
d = 0b1010
e = 1e-3
f = -5
g = -0.5
h = 2.5e6
i = not True
j = ~c
""",
    "strings": """a = ""
b = "line\\n\\ttab \\"quoted\\" \\\\ back"
c = "'single' inside"
d = "température 25 °C, 温度, तापमान, 🤖"
e = b"\\x00abc"
f = "a" * 3 + "b"
g = "x={} y={}".format(1, 2)
h = "%d of %d" % (3, 4)
i = ", ".join(["a", "b"])
j = "abc"[0] + "abc"[1:] + "abc"[:2] + "abc"[-1]
""",
    "f-strings": """name, value, items = "pot", 3.14159, [1, 2]
print(f"{name}: {value:.2f} V")
print(f"{value * 100 // 65535}% {{literal}} {items[0]:>4}")
print(f"{'on' if value > 3 else 'off'} {len(items)} {round(value, 1)!r}")
print(f"°C {name.upper()}\\n")
""",
    "collections": """empty = []
numbers = [1, -2, 3.5]
mixed = [1, "two", None, True, [3], (4, 5)]
pair = (1, 2)
single = (1,)
nothing = ()
table = {"red": (255, 0, 0), "off": (0, 0, 0)}
squares = [n * n for n in range(10) if n % 2 == 0]
rows = [(a, b) for a, b in [(1, 2), (3, 4)]]
none = {}

numbers.append(4)
print(len(numbers), numbers[-1], numbers[1:3], max(numbers), min(1, 2), sum(numbers), sorted(numbers))
print(table["red"][0], table.get("blue", None), list(table.keys()))
for key, value in table.items():
    print(key, value)
""",
    "wrapped lists": """notes = [
    262,
    294,
    330,
]
moves = {
    "f": (1, 1),
    "b": (-1, -1),
}
pattern = [1, 0, 1,
    1, 0, 0]
""",
    "conditions": """a, b, c = 1, 2, 3
d = a if b > c else c
e = a < b <= c
f = a is None or b is not None
g = a in [1, 2] and b not in (3, 4)
h = not a and (b or c)
i = (a + b) * -c
j = a & 1 | b << 2 ^ c >> 1
k = "big" if a > 10 else "medium" if a > 5 else "small"
""",
    "comments and blank lines": """# one
x = 1  # trailing

# a comment of its own


y = 2
while y < 10:
    # inside

    y += x  # again

    # and after
print(y)
""",
    "handlers in a list": """def left():
    print("left")


def right():
    print("right")


moves = [left, right]
moves[0]()
for move in moves:
    move()
actions = {"l": left, "r": right}
actions["l"]()
""",
    "names that begin like reserved words": """iff = 1
format1 = 2
printer = 3
timer_2 = 4
order = 5
island = 6
classes = 7
PINS = 8
P_1 = 9
_ = 10
_private = 11
times = 12
led = 13
robot = 14
wait = 15
freq = 16
reset = 17
T = 18
print(iff, format1, printer + timer_2, order, island, classes, PINS, P_1, _, _private, times, led, robot)
print(wait, freq, reset, T)
""",
    "kit: lights and sounds": """from robokit import led, sound, wait

for i in range(3):
    led.on(n=1)
    sound.tone(440, ms=200)
    wait(0.5)
    led.off(1)
led.blink(2, times=5, on_ms=100, off_ms=100)
sound.note("C#4", beats=0.5)
""",
    "kit: robot": """from robokit import robot, sensor, wait_ms

robot.move_forward(speed=60)
robot.set_motors(-100, 100)
robot.drive_arc(20.5, -90, speed=30)
robot.forward_for(2.5)
robot.set_motor("left", -50)
while True:
    if sensor.distance() < 20 or sensor.obstacle("left"):
        robot.stop()
        break
    wait_ms(50)
""",
    "kit: callbacks": """from robokit import button, display, timer

count = 0


def pressed():
    global count
    count += 1
    display.number(count, line=1)


button.on_press("A", pressed)
timer.every(1000, lambda: display.clear())
""",
    "kit: f-strings and values": """from robokit import say, sensor, servo, knob, map_range

while True:
    say(f"{sensor.temperature()} C, {sensor.tilt('left')}")
    servo.angle(1, int(map_range(knob.read(), 0, 100, 0, 180)))
    servo.angle(n=2, angle=90 if sensor.light() > 50 else 0)
""",
    "kit: with machine and time": """from machine import Pin
from robokit import pixels, random_number
import time

lamp = Pin(2, Pin.OUT)
colors = ["red", "green", "blue"]

while True:
    lamp.value(not lamp.value())
    pixels.set(random_number(0, 7), colors[random_number(0, 2)])
    pixels.fill_rgb(255, 128, 0)
    time.sleep(1)
""",
    "kit: wireless": """from robokit import wifi, mqtt, web, ble

if wifi.connect("school", "secret", timeout=20):
    mqtt.connect("broker.local")
    mqtt.publish("topic", "message")
    print(web.post("http://example.org", {"t": 1}))
    ble.send("hi")
""",
    "kit: own variables": """from robokit import limit, say

value = limit(120, 0, 100)
timer = 5
say(str(value + timer))
""",
}
