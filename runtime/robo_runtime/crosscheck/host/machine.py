# mypy: ignore-errors
# ruff: noqa: RET503, UP031
"""`machine` of the ESP32 on the virtual board, for MicroPython."""

from time import gmtime, mktime, seconds

from board import Restart, current, value_at
from lines import (
    ANALOG,
    FALLING,
    HIGH_LEVEL,
    IN,
    INPUT_ONLY,
    LOW_LEVEL,
    OPEN_DRAIN,
    OUT,
    PULL_DOWN,
    PULL_UP,
    RISING,
    TOUCH,
    check_pin,
    line,
    wake,
)
from sim_modules_buses import I2C, SPI, UART, SoftI2C, SoftSPI  # noqa: F401 - names of machine

BOOT_US = 300000
PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5
PIN_WAKE, TIMER_WAKE = 2, 4


def _whole(value):
    if not isinstance(value, int):
        raise TypeError("can't convert %s to int" % type(value).__name__)
    return int(value)


class Pin:
    IN, OUT, OPEN_DRAIN = IN, OUT, OPEN_DRAIN
    PULL_DOWN, PULL_UP = PULL_DOWN, PULL_UP
    IRQ_RISING, IRQ_FALLING = RISING, FALLING
    WAKE_LOW, WAKE_HIGH = LOW_LEVEL, HIGH_LEVEL
    DRIVE_0, DRIVE_1, DRIVE_2, DRIVE_3 = 0, 1, 2, 3

    def __init__(self, id, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        self._board = current()
        self._watch = None
        self._line = id._line if isinstance(id, Pin) else line(self._board, check_pin(id))
        self.init(mode, pull, value=value)

    def init(self, mode=-1, pull=-1, *, value=None, drive=None, hold=None):
        if value is not None:
            self._line.latch = 1 if value else 0
        chosen = None if mode is None or mode == -1 else _whole(mode)
        if chosen is not None:
            if chosen not in (IN, OUT, OPEN_DRAIN):
                raise ValueError("invalid mode")
            if chosen != IN and self._line.number in INPUT_ONLY:
                raise ValueError("pin can only be input")
        self._line.configure(chosen, 0 if pull is None else None if pull == -1 else _whole(pull))

    def __call__(self, *value):
        return self.value(*value)

    def value(self, *value):
        if not value:
            return self._line.read()
        if len(value) > 1:
            raise TypeError("function expected at most 2 arguments")
        self._line.write(1 if value[0] else 0)

    def on(self):
        self._line.write(1)

    def off(self):
        self._line.write(0)

    def toggle(self):
        self._line.write(1 - self._line.latch)

    def mode(self, *mode):
        if not mode:
            return self._line.mode
        self.init(mode[0])

    def pull(self, *pull):
        if not pull:
            return self._line.pull
        self.init(-1, pull[0])

    def irq(self, handler=None, trigger=RISING | FALLING, wake=None, hard=False):
        watched = self._line.watchers
        if self._watch in watched:
            watched.remove(self._watch)
        if handler is None:
            return
        if not callable(handler):
            raise ValueError("callback must be callable")

        def watch(level):
            if trigger & (RISING if level else FALLING):
                self._board.interrupt(handler, self)

        self._watch = watch
        watched.append(watch)

    def __repr__(self):
        return "Pin(%d)" % self._line.number


def line_of(pin):
    return pin._line if isinstance(pin, Pin) else line(current(), check_pin(pin))


class Signal:
    def __init__(self, pin, *arguments, invert=False, **options):
        self._pin = pin if isinstance(pin, Pin) else Pin(pin, *arguments, **options)
        self._invert = bool(invert)

    def value(self, *value):
        if not value:
            return int(bool(self._pin.value()) != self._invert)
        return self._pin.value(bool(value[0]) != self._invert)

    def __call__(self, *value):
        return self.value(*value)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class ADC:
    ATTN_0DB, ATTN_2_5DB, ATTN_6DB, ATTN_11DB = 0, 1, 2, 3
    WIDTH_9BIT, WIDTH_10BIT, WIDTH_11BIT, WIDTH_12BIT = 9, 10, 11, 12
    _FULL = (1.0, 1.34, 2.0, 3.3)

    def __init__(self, pin, *, atten=None):
        self._board = board = current()
        where = line_of(pin)
        if where.number not in ANALOG:
            raise ValueError("invalid pin")
        self._number = where.number
        self._atten, self._width = 0, 12
        if where.pwm is None and where.mode == OUT:
            where.configure(IN, None)
        self.init(atten=atten)
        known = board.parts.setdefault("announced", set())
        if self._number not in known:
            known.add(self._number)
            for t, _ in board.world.analog.get(self._number, ()):
                wake(board, t)

    def init(self, *, atten=None):
        if atten is not None:
            self.atten(atten)

    def atten(self, value):
        if _whole(value) not in (0, 1, 2, 3):
            raise ValueError("invalid atten")
        self._atten = value

    def width(self, value):
        if _whole(value) not in (9, 10, 11, 12):
            raise ValueError("invalid width")
        self._width = value

    def _fraction(self):
        volts = value_at(self._board.world.analog.get(self._number, ()), self._board.t, 0.0)
        return min(max(volts / self._FULL[self._atten], 0.0), 1.0)

    def read(self):
        return round(self._fraction() * ((1 << self._width) - 1))

    def read_u16(self):
        raw = round(self._fraction() * 4095)
        return raw << 4 | raw >> 8

    def read_uv(self):
        return round(self._fraction() * self._FULL[self._atten] * 1e6)

    def deinit(self):
        pass


class DAC:
    def __init__(self, pin):
        self._number = line_of(pin).number
        if self._number not in (25, 26):
            raise ValueError("invalid Pin for DAC")
        self._board = current()

    def write(self, value):
        if not 0 <= _whole(value) <= 255:
            raise ValueError("value out of range")
        self._board.record("dac", self._number, value)


class TouchPad:
    def __init__(self, pin):
        self._board = current()
        self._number = line_of(pin).number
        if self._number not in TOUCH:
            raise ValueError("invalid pin for touchpad")
        for t, _ in self._board.world.touch.get(self._number, ()):
            wake(self._board, t)

    def read(self):
        return 120 if value_at(self._board.world.touch.get(self._number, ()), self._board.t, 0) else 900

    def config(self, value):
        _whole(value)


class PWM:
    def __init__(self, dest, freq=None, duty=None, *, duty_u16=None, duty_ns=None, invert=False):
        self._board = current()
        self._line = line_of(dest)
        if self._line.number in INPUT_ONLY:
            raise ValueError("invalid pin")
        running = self._line.pwm
        used = self._board.parts.setdefault("pwm", set())
        if len(used | {self._line.number}) > 16:
            raise OSError("out of PWM channels:16")
        self._freq = running._freq if running else 5000
        self._fraction = running._fraction if running else 0.5
        self._invert = bool(invert)
        self._set(freq, duty, duty_u16, duty_ns)
        used.add(self._line.number)
        self._on = True
        self._line.pwm = self
        self._line.mode = OUT
        self._record()

    def init(self, freq=None, duty=None, *, duty_u16=None, duty_ns=None, invert=None):
        self._set(freq, duty, duty_u16, duty_ns)
        if invert is not None:
            self._invert = bool(invert)
        self._on = True
        self._line.pwm = self
        self._record()

    def _set(self, freq, duty, duty_u16, duty_ns):
        if (duty is not None) + (duty_u16 is not None) + (duty_ns is not None) > 1:
            raise ValueError("only one of parameters 'duty', 'duty_u16' or 'duty_ns' is allowed")
        if freq is not None:
            if not 1 <= _whole(freq) <= 40000000:
                raise ValueError("frequency must be from 1Hz to 40MHz")
            self._freq = freq
        if duty is not None:
            self._fraction = _within(duty, 1023) / 1023
        if duty_u16 is not None:
            self._fraction = _within(duty_u16, 65535) / 65535
        if duty_ns is not None:
            self._fraction = min(_within(duty_ns, 10**9 // self._freq) * self._freq / 1e9, 1.0)

    def _active(self):
        if not self._on:
            raise RuntimeError("PWM is inactive")

    def freq(self, *value):
        if not value:
            self._active()
            return self._freq
        self._set(value[0], None, None, None)
        self._active()
        self._record()

    def duty(self, *value):
        if not value:
            return round(self._fraction * 1023)
        self._change(value[0], None, None)

    def duty_u16(self, *value):
        if not value:
            return round(self._fraction * 65535)
        self._change(None, value[0], None)

    def duty_ns(self, *value):
        if not value:
            return round(self._fraction * 1e9 / self._freq)
        self._change(None, None, value[0])

    def _change(self, duty, duty_u16, duty_ns):
        self._set(None, duty, duty_u16, duty_ns)
        self._active()
        self._record()

    def deinit(self):
        self.release_()

    def release_(self):
        if self._on:
            self._on = False
            self._line.pwm = None
            self._board.parts["pwm"].discard(self._line.number)
            self._board.record("pwm", self._line.number, (0, 0.0))
            self._derive(0, 0.0)

    def _record(self):
        fraction = round(1.0 - self._fraction if self._invert else self._fraction, 6)
        if self._board.record("pwm", self._line.number, (self._freq, fraction)):
            self._derive(self._freq, fraction)

    def _derive(self, freq, fraction):
        """What the pulses mean to a servo or a buzzer."""
        board, number = self._board, self._line.number
        pulse = fraction * 1e6 / freq if freq else 0.0
        servo = 40 <= freq <= 100 and 400 <= pulse <= 2600
        if servo:
            board.record("pulse", number, round(pulse, 1))
            board.record("angle", number, round((pulse - 500) * 180 / 2000, 1))
        elif board.last("pulse", number):
            board.record("pulse", number, 0)
        if not servo or board.last("tone", number):
            board.record("tone", number, freq if 0.0 < fraction < 1.0 and not servo else 0)


def _within(value, top):
    if not 0 <= _whole(value) <= top:
        raise ValueError("duty must be from 0 to %d" % top)
    return value


class Timer:
    ONE_SHOT, PERIODIC = 0, 1

    def __init__(self, id, **options):
        self._board = current()
        self._id = _whole(id)
        if not -1 <= self._id <= 3:
            raise ValueError("invalid Timer number")
        self._run = self._period = self._started = 0
        if options:
            self.init(**options)

    def init(self, *, mode=1, callback=None, period=None, tick_hz=1000, freq=None, hard=None):
        if freq is not None:
            if freq <= 0:
                raise ValueError("freq must be positive")
            self._period = max(round(1e6 / freq), 1)
        else:
            ticks = 0xFFFFFFFF if period is None else _whole(period)
            self._period = max(ticks * 1000000 // max(_whole(tick_hz), 1), 1)
        if callback is not None and not callable(callback):
            raise ValueError("callback must be callable")
        self.deinit()
        others = self._board.parts.setdefault("timers", {})
        if self._id in others and others[self._id] is not self and self._id >= 0:
            others[self._id].deinit()
        others[self._id] = self
        self._started = self._board.now
        if callback is not None:
            self._arm(self._run, self._started + self._period, mode == self.PERIODIC, callback)

    def _arm(self, run, at, again, callback):
        def fire():
            if run == self._run:
                self._board.interrupt(callback, self)
                if again:
                    self._arm(run, at + self._period, again, callback)

        self._board.schedule(at, fire)

    def deinit(self):
        self._run += 1

    def value(self):
        return (self._board.now - self._started) % max(self._period, 1) // 1000


class RTC:
    def __init__(self, id=0, *, datetime=None):
        self._board = current()
        if datetime is not None:
            self.datetime(datetime)

    def init(self, when):
        self.datetime(when)

    def datetime(self, *when):
        if not when or when[0] is None:
            moment = seconds(self._board)
            year, month, day, hour, minute, second, weekday, _ = gmtime(int(moment))
            return (year, month, day, weekday, hour, minute, second, int(moment % 1 * 1e6))
        year, month, day, _, hour, minute, second, _ = when[0]
        wanted = mktime((year, month, day, hour, minute, second))
        self._board.rtc_offset += wanted - int(seconds(self._board))

    def memory(self, *data):
        if not data:
            return self._board.kept.get("rtc", b"")
        content = data[0].encode() if isinstance(data[0], str) else bytes(data[0])
        if len(content) > 2048:
            raise ValueError("buffer too long")
        self._board.kept["rtc"] = content


class WDT:
    def __init__(self, id=0, timeout=5000):
        self._board = current()
        self._timeout = _whole(timeout) * 1000
        if self._timeout <= 0:
            raise ValueError("WDT timeout too short")
        self._fed = 0
        self.feed()

    def feed(self):
        self._fed += 1
        fed, board = self._fed, self._board

        def starve():
            if fed == self._fed:
                raise board.stop(Restart(WDT_RESET, BOOT_US))

        board.schedule(board.now + self._timeout, starve)


def lightsleep(time_ms=None):
    board = current()
    board.emit("sleep", "light", time_ms)
    board.sleep(board.until if time_ms is None else _whole(time_ms) * 1000)


def deepsleep(time_ms=None):
    board = current()
    board.emit("sleep", "deep", time_ms)
    after = board.until if time_ms is None else max(_whole(time_ms), 0) * 1000 + BOOT_US
    raise board.stop(Restart(DEEPSLEEP_RESET, after))


def reset():
    raise current().stop(Restart(HARD_RESET, BOOT_US))


def soft_reset():
    raise current().stop(Restart(SOFT_RESET, BOOT_US))


def idle():
    current().sleep(1000)


def reset_cause():
    return current().reset_cause


def wake_reason():
    return 4 if current().reset_cause == DEEPSLEEP_RESET else 0


def freq(hz=None):
    if hz is None:
        return current().parts.get("freq", 160000000)
    if _whole(hz) not in (20000000, 40000000, 80000000, 160000000, 240000000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    current().parts["freq"] = hz


def unique_id():
    return b"\x24\x0a\xc4\x00\x01\x02"


def disable_irq():
    return 0


def enable_irq(state):
    pass


def time_pulse_us(pin, pulse_level, timeout_us=1000000):
    board, where = current(), line_of(pin)
    level = 1 if pulse_level else 0
    if not _wait(board, where, level, board.now + timeout_us):
        return -2
    start = board.now
    if not _wait(board, where, 1 - level, start + timeout_us):
        return -1
    return board.now - start


def _wait(board, where, level, until):
    while where.read() != level:
        if board.now >= until:
            return False
        board.nap(until)
    return True
