"""The sensors of the kit."""

from time import sleep_ms, sleep_us, ticks_diff, ticks_ms

from machine import Pin, TouchPad, time_pulse_us

import robokit.analog as analog
from robokit import check
from robokit.board import BATTERY_UV, DHT, LINE, PINS, TOUCHED, claim

SIDES = ("left", "right", "front")
LINE_SIDES = ("left", "center", "right")
AXES = ("x", "y", "z")
DIRECTIONS = ("left", "right", "forward", "backward")
parts = {}


def part(name, make):
    """A part, made at its first use."""
    if name not in parts:
        parts[name] = make()
    return parts[name]


def ultrasonic():
    """Trigger and echo of the HC-SR04."""
    pins = PINS["distance"]
    trigger = Pin(claim("the distance sensor", pins["trigger"]), Pin.OUT, value=0)
    return trigger, Pin(claim("the distance sensor", pins["echo"]), Pin.IN)


def distance():
    """Ultrasonic distance in front, -1 when out of range."""
    trigger, echo = part("distance", ultrasonic)
    trigger.value(1)
    sleep_us(10)
    trigger.value(0)
    us = time_pulse_us(echo, 1, 30000)
    cm = round(us / 58.2, 1)
    return cm if us > 0 and cm <= 400 else -1.0


def obstacle(side="front"):
    """IR obstacle sensor."""
    check.name("sensor.obstacle: side", side, SIDES)
    name = "the obstacle sensor " + side
    pin = part(name, lambda: Pin(claim(name, PINS["obstacle"][side]), Pin.IN, Pin.PULL_UP))
    return pin.value() == 0


def reflection(side):
    """Raw reading of a line sensor."""
    return analog.raw("the line sensor " + side, PINS["line"][side])


def line(side):
    """True on black line."""
    check.name("sensor.line: side", side, LINE_SIDES)
    white, black = LINE
    return reflection(side) > (white + black) // 2


def line_value(side):
    """Raw line sensor reading."""
    check.name("sensor.line_value: side", side, LINE_SIDES)
    return reflection(side)


def line_position():
    """Line position, 0 is centred; where it was last when no sensor sees it."""
    left, center, right = [max(reflection(side) - LINE[0], 0) for side in LINE_SIDES]
    total = left + center + right
    if total > (LINE[1] - LINE[0]) // 4:
        parts["line"] = round((right - left) * 100 / total)
    return parts.get("line", 0)


class Air:
    """The DHT; it can be asked every two seconds, so younger answers are kept."""

    YOUNG_MS = 1900

    def __init__(self):
        import dht

        pin = Pin(claim("the thermometer", PINS["temperature"]))
        self.chip = dht.DHT22(pin) if DHT == 22 else dht.DHT11(pin)
        self.read = False
        self.at = 0

    def measured(self):
        """The chip, with a reading of the last two seconds; an older one while it does not answer."""
        now = ticks_ms()
        if not self.read or ticks_diff(now, self.at) >= self.YOUNG_MS:
            for patience in (0,) if self.read else (3, 2, 1, 0):  # a chip just powered up needs a while
                try:
                    self.chip.measure()
                    self.read = True
                    self.at = now
                    break
                except OSError:
                    if patience:
                        sleep_ms(500)
                    elif not self.read:
                        raise OSError("the thermometer on pin %d does not answer" % PINS["temperature"])
        return self.chip


def temperature():
    """Air temperature."""
    return float(part("air", Air).measured().temperature())


def humidity():
    """Relative humidity."""
    return float(part("air", Air).measured().humidity())


def one_wire():
    """The DS18B20 and its address."""
    from ds18x20 import DS18X20
    from onewire import OneWire

    probe = DS18X20(OneWire(Pin(claim("the temperature probe", PINS["probe"]))))
    found = probe.scan()
    if not found:
        raise OSError("no temperature probe answers on pin %d" % PINS["probe"])
    return probe, found[0]


def probe_temperature():
    """Waterproof probe temperature."""
    probe, address = part("probe", one_wire)
    probe.convert_temp()
    sleep_ms(750)
    return probe.read_temp(address)


def light():
    """Light level."""
    return analog.percent("light", "the light sensor", PINS["light"])


def soil():
    """Soil moisture."""
    return analog.percent("soil", "the soil sensor", PINS["soil"])


def sound():
    """Loudness."""
    return analog.percent("sound", "the microphone", PINS["sound"])


def gas():
    """Gas/smoke level."""
    return analog.percent("gas", "the gas sensor", PINS["gas"])


def rain():
    """Rain sensor wetness."""
    return analog.percent("rain", "the rain sensor", PINS["rain"])


def motion():
    """PIR motion detected."""
    pin = part("motion", lambda: Pin(claim("the motion sensor", PINS["motion"]), Pin.IN))
    return pin.value() == 1


def touch(pad=1):
    """Touch pad touched."""
    check.whole("sensor.touch: pad", pad, 1, 4)
    name = "touch pad %d" % pad
    return part(name, lambda: TouchPad(Pin(claim(name, PINS["touch"][pad - 1])))).read() < TOUCHED


def color_rgb():
    """RGB reading."""
    from robokit.chips import color as read

    red, green, blue, clear = read()
    if not clear:
        return 0, 0, 0
    return min(red * 255 // clear, 255), min(green * 255 // clear, 255), min(blue * 255 // clear, 255)


def color():
    """Nearest named colour."""
    from robokit.chips import color as read
    from robokit.colors import nearest

    red, green, blue, clear = read()
    most = max(red, green, blue)
    if clear < 50 or not most:
        return "off"
    return nearest(red * 255 // most, green * 255 // most, blue * 255 // most)


def acceleration(axis):
    """Acceleration."""
    from robokit.chips import acceleration as read

    check.name("sensor.acceleration: axis", axis, AXES)
    return read(axis)


def gyro(axis):
    """Rotation speed."""
    from robokit.chips import rotation

    check.name("sensor.gyro: axis", axis, AXES)
    return rotation(axis)


def tilt(direction):
    """Board tilted that way: more than about 25 degrees. The x arrow of the chip shows forward."""
    from robokit.chips import acceleration as read

    check.name("sensor.tilt: direction", direction, DIRECTIONS)
    value = read("x") if direction in ("forward", "backward") else read("y")
    return value > 0.42 if direction in ("left", "backward") else value < -0.42


def heading():
    """Compass heading."""
    from robokit.chips import heading as read

    return read()


def pressure():
    """Air pressure."""
    from robokit.chips import pressure as read

    return read()


def battery():
    """Battery level."""
    uv = analog.adc("the battery", PINS["battery"]).read_uv()
    return analog.share(uv, BATTERY_UV[0], BATTERY_UV[1])
