"""The sensors that are chips on the I2C bus: acceleration, compass, air pressure, colour."""

from math import atan2, degrees
from struct import unpack
from time import sleep_ms

from robokit.board import ACCELEROMETER, BAROMETER, COLOR, COMPASS, i2c

awake = {}


def wake(address, what, settings):
    """Write a chip's settings once; an OSError says which chip does not answer."""
    if address not in awake:
        try:
            for register, value in settings:
                i2c().writeto_mem(address, register, bytes((value,)))
        except OSError:
            raise OSError("the %s does not answer at I2C address 0x%02x" % (what, address))
        awake[address] = True
    return i2c()


def motion(register, axis):
    """A reading of the MPU6050: acceleration from register 0x3B on, rotation from 0x43 on."""
    bus = wake(ACCELEROMETER, "accelerometer", ((0x6B, 0),))
    return unpack(">h", bus.readfrom_mem(ACCELEROMETER, register + 2 * "xyz".index(axis), 2))[0]


def acceleration(axis):
    """In g; the range is 2 g."""
    return round(motion(0x3B, axis) / 16384, 3)


def rotation(axis):
    """In degrees per second; the range is 250."""
    return round(motion(0x43, axis) / 131, 2)


def heading():
    """Degrees from magnetic north, clockwise, by the QMC5883L."""
    bus = wake(COMPASS, "compass", ((0x0B, 1), (0x09, 0x1D)))
    x, y = unpack("<hh", bus.readfrom_mem(COMPASS, 0x00, 4))
    return round(degrees(atan2(y, x))) % 360


def pressure():
    """Air pressure in hPa by the BMP280, with the integer formula of its datasheet (section 8.2)."""
    bus = wake(BAROMETER, "barometer", ((0xF5, 0), (0xF4, 0x27)))
    t1, t2, t3, p1, p2, p3, p4, p5, p6, p7, p8, p9 = unpack(
        "<HhhHhhhhhhhh", bus.readfrom_mem(BAROMETER, 0x88, 24)
    )
    data = bus.readfrom_mem(BAROMETER, 0xF7, 6)
    raw = data[0] << 12 | data[1] << 4 | data[2] >> 4
    heat = data[3] << 12 | data[4] << 4 | data[5] >> 4
    one = ((heat >> 3) - (t1 << 1)) * t2 >> 11
    two = (((heat >> 4) - t1) * ((heat >> 4) - t1) >> 12) * t3 >> 14
    a = one + two - 128000
    b = a * a * p6 + (a * p5 << 17) + (p4 << 35)
    a = (a * a * p3 >> 8) + (a * p2 << 12)
    a = ((1 << 47) + a) * p1 >> 33
    if a == 0:
        raise OSError("the barometer is not calibrated; check its wiring")
    p = ((1048576 - raw << 31) - b) * 3125 // a
    one = p9 * (p >> 13) * (p >> 13) >> 25
    two = p8 * p >> 19
    return round((p + one + two >> 8) / 25600 + (p7 << 4) / 25600, 1)


def color():
    """Red, green, blue and brightness as the TCS34725 counts them, 0-65535."""
    fresh = COLOR not in awake
    bus = wake(COLOR, "colour sensor", ((0x80, 1), (0x81, 0xF6), (0x8F, 1), (0x80, 3)))
    if fresh:
        sleep_ms(30)
    clear, red, green, blue = unpack("<HHHH", bus.readfrom_mem(COLOR, 0xB4, 8))
    return red, green, blue, clear
