"""The clock is virtual: sleeps, timers, polling loops, resets."""

from itertools import pairwise

import pytest
from robo_runtime.simulate import Limits, Trace, simulate

from tests.runtime.simulated import error, points, run, values


def test_sleeps_advance_the_clock_and_nothing_else() -> None:
    trace = run("time.sleep(1.5)\ntime.sleep_ms(250)\ntime.sleep_us(10)\nprint(time.ticks_ms())")
    assert trace.output == ["1750"] and trace.ended


def test_a_statement_costs_25_microseconds() -> None:
    assert run("a = time.ticks_us()\nx = 1\ny = 2\nprint(time.ticks_us() - a)").output == ["75"]


def test_ticks_wrap_and_compare() -> None:
    assert run("print(time.ticks_diff(time.ticks_add(5, -10), 5), time.ticks_add(0, -1))").output == [
        "-10 1073741823"
    ]


def test_milliseconds_are_integers() -> None:
    assert error("time.sleep_ms(0.5)") == "TypeError: can't convert float to int"
    assert error("time.sleep('1')") == "TypeError: can't convert str to float"
    assert error("time.monotonic()").startswith("AttributeError")


def test_an_endless_loop_ends_with_the_observed_span() -> None:
    trace = run("while True:\n    pass", until=3)
    assert not trace.ended and trace.duration == 3


@pytest.mark.parametrize(
    "handler", ["except:\n        pass", "except Exception:\n        pass", "finally:\n        continue"]
)
def test_no_handler_holds_up_the_end(handler: str) -> None:
    trace = run(f"while True:\n    try:\n        time.sleep(1)\n    {handler}", until=3)
    assert not trace.ended and trace.duration == pytest.approx(3, abs=0.001)


def test_until_cuts_a_sleep() -> None:
    assert run("time.sleep(60)\nprint('late')", until=2).output == []


def test_a_periodic_timer_calls_back() -> None:
    trace = run(
        "led = Pin(2, Pin.OUT)\nTimer(0).init(period=500, callback=lambda t: led.toggle())", until=2.1
    )
    assert points(trace, "pin", 2) == [(0, 0), (0.5, 1), (1, 0), (1.5, 1), (2, 0)]


def test_a_one_shot_timer_calls_back_once_and_can_be_cancelled() -> None:
    code = """
        one = Timer(0)
        one.init(mode=Timer.ONE_SHOT, period=100, callback=lambda t: print("one"))
        two = Timer(1, mode=Timer.ONE_SHOT, period=300, callback=lambda t: print("two"))
        time.sleep_ms(200)
        two.deinit()
    """
    assert run(code).output == ["one"]


def test_a_timer_has_a_frequency_too() -> None:
    assert len(run("Timer(1, freq=4, callback=lambda t: print(1))", until=1.1).output) == 4
    assert error("Timer(9)") == "ValueError: invalid Timer number"


def test_a_callback_does_not_interrupt_a_callback() -> None:
    code = """
        def slow(t):
            print("begin")
            time.sleep_ms(250)
            print("end")

        Timer(0, period=100, callback=slow)
    """
    assert run(code, until=1).output[:4] == ["begin", "end", "begin", "end"]


def test_a_polling_loop_sees_every_edge_on_time() -> None:
    code = """
        led = Pin(2, Pin.OUT)
        button = Pin(14, Pin.IN, Pin.PULL_UP)
        while True:
            led.value(1 - button.value())
    """
    trace = run(code, until=60, buttons={14: [[20, 0], [20.001, 1], [50, 0]]})
    assert points(trace, "pin", 2, digits=3) == [(0, 0), (20, 1), (20.001, 0), (50, 1)]


def test_a_polled_clock_is_at_most_one_per_cent_late() -> None:
    code = """
        last = time.ticks_ms()
        while True:
            if time.ticks_diff(time.ticks_ms(), last) >= {}:
                last = time.ticks_ms()
                print(last)
    """
    for period in (7, 100, 1000):
        times = [int(line) for line in run(code.format(period), until=5).output]
        gaps = [b - a for a, b in pairwise(times)]
        assert all(period <= gap <= period * 1.02 + 1 for gap in gaps), (period, gaps[:5])


def test_a_loop_that_counts_is_not_hurried() -> None:
    trace = run("n = 0\nwhile n < 20000:\n    n += 1\nprint(time.ticks_ms())")
    assert abs(int(trace.output[0]) - 20000 * 0.05) < 10


def test_the_clock_of_day_can_be_set_and_runs() -> None:
    code = """
        from machine import RTC

        print(time.localtime()[:6])
        rtc = RTC()
        rtc.datetime((2030, 5, 6, 0, 7, 8, 9, 0))
        time.sleep(2)
        print(rtc.datetime()[:7])
        print(time.gmtime(0)[:3], time.mktime((2000, 1, 1, 0, 1, 0, 0, 0)))
    """
    output = run(code, clock=[2025, 1, 1, 12, 0, 0]).output
    assert output == ["(2025, 1, 1, 12, 0, 0)", "(2030, 5, 6, 0, 7, 8, 11)", "(2000, 1, 1) 60"]


def _reset(code: str, until: float = 10) -> Trace:
    return simulate("from machine import *\nimport time\n" + code, until=until)


def test_deep_sleep_starts_the_program_again() -> None:
    code = """
led = Pin(2, Pin.OUT)
led.on()
print(reset_cause() == DEEPSLEEP_RESET)
time.sleep(1)
deepsleep(2000)
"""
    trace = _reset(code, until=7)
    assert trace.error is None and trace.output == ["False", "True", "True"]
    assert points(trace, "pin", 2, digits=1) == [(0, 0), (0, 1), (1, 0), (3.3, 1), (4.3, 0), (6.6, 1)]
    assert values(trace, "sleep", "deep") == [2000, 2000]


def test_a_servo_gets_no_pulses_while_the_board_sleeps() -> None:
    plain = "servo = PWM(Pin(13), freq=50)\nservo.duty_ns(500000)\ntime.sleep(1)\ndeepsleep(2000)"
    kit = "from robokit import servo, system, wait\nservo.angle(1, 0)\nwait(1)\nsystem.sleep(2)"
    assert values(_reset(plain, until=3), "pulse", 13)[-1] == 0
    assert points(_reset(kit, until=3), "servo", 1, digits=1) == [(0, 0), (1, None)]


def test_memory_of_the_rtc_survives_a_reset() -> None:
    code = "rtc = RTC()\nn = len(rtc.memory())\nprint(n)\nrtc.memory(b'x' * (n + 1))\nif n < 3:\n    reset()"
    assert _reset(code).output == ["0", "1", "2", "3"]


def test_a_starved_watchdog_resets_the_board() -> None:
    fed = "wdt = WDT(timeout=1000)\nfor _ in range(8):\n    time.sleep(0.5)\n    wdt.feed()\nprint('fed')\ntime.sleep(5)"
    assert _reset(fed, until=4.5).output == ["fed"]
    assert _reset("print('boot')\nWDT(timeout=1000)\ntime.sleep(5)", until=3).output == [
        "boot",
        "boot",
        "boot",
    ]


def test_light_sleep_keeps_everything() -> None:
    trace = _reset("led = Pin(2, Pin.OUT, value=1)\nlightsleep(1500)\nprint(time.ticks_ms(), led.value())")
    assert trace.output == ["1500 1"]


def test_asyncio_runs_tasks_side_by_side() -> None:
    code = """
        import asyncio

        async def blink(pin, ms):
            led = Pin(pin, Pin.OUT)
            while True:
                led.toggle()
                await asyncio.sleep_ms(ms)

        async def main():
            task = asyncio.create_task(blink(2, 500))
            asyncio.create_task(blink(4, 300))
            await asyncio.sleep(1.4)
            task.cancel()
            print(await asyncio.gather(answer(1), answer(2)))
            await asyncio.sleep(10)

        async def answer(n):
            await asyncio.sleep_ms(100)
            return n * 10

        asyncio.run(main())
    """
    trace = run(code, until=2)
    assert points(trace, "pin", 2) == [(0, 0), (0, 1), (0.5, 0), (1, 1)]
    assert len(points(trace, "pin", 4)) == 8
    assert trace.output == ["[10, 20]"]


def test_steps_have_a_limit() -> None:
    trace = simulate("n = 0\nwhile True:\n    n += 1", until=1000, limits=Limits(steps=5000))
    assert trace.error == "stopped: more than 5000 statements" and trace.duration < 1


def test_events_have_a_limit() -> None:
    code = "from machine import Pin\nled = Pin(2, Pin.OUT)\nwhile True:\n    led.toggle()"
    trace = simulate(code, limits=Limits(events=100))
    assert trace.error == "stopped: more than 100 events" and len(trace.events) == 101


def test_threads_take_turns_on_one_clock() -> None:
    code = """
        import _thread

        def blink(pin, ms):
            led = Pin(pin, Pin.OUT)
            while True:
                led.toggle()
                time.sleep_ms(ms)

        def count():
            for n in range(3):
                with lock:
                    print("count", n)
                    time.sleep_ms(200)

        lock = _thread.allocate_lock()
        _thread.start_new_thread(blink, (2, 500))
        _thread.start_new_thread(count, ())
        time.sleep_ms(100)
        with lock:
            print("main", lock.locked(), time.ticks_ms() >= 200)
        led = Pin(4, Pin.OUT)
        for _ in range(3):
            led.toggle()
            time.sleep(0.4)
    """
    trace = run(code, until=2)
    assert points(trace, "pin", 2) == [(0, 0), (0, 1), (0.5, 0), (1, 1), (1.5, 0)]
    assert len(points(trace, "pin", 4)) == 4
    assert sorted(trace.output) == ["count 0", "count 1", "count 2", "main True True"]
    assert trace.ended


def test_a_busy_thread_lets_others_run() -> None:
    code = "import _thread\ndef busy():\n    while True:\n        pass\n_thread.start_new_thread(busy, ())\nfor _ in range(3):\n    time.sleep(0.1)\n    print(1)"
    assert run(code, until=1).output == ["1", "1", "1"]


def test_a_failing_thread_is_an_error_and_the_others_go_on() -> None:
    code = "import _thread, time\n_thread.start_new_thread(lambda: 1 / 0, ())\ntime.sleep(1)\nprint('on')\nraise ValueError"
    trace = simulate(code)
    assert trace.output == ["on"] and [e.key for e in trace.of("error")] == ["thread"]
    assert trace.error == "line 5: ValueError"


def test_a_deadlock_lasts_until_the_end() -> None:
    code = "import _thread\nlock = _thread.allocate_lock()\nlock.acquire()\nlock.acquire()\nprint('never')"
    assert run(code, until=1).output == []
    both = "import _thread\nlock = _thread.allocate_lock()\nlock.acquire()\n_thread.start_new_thread(lock.acquire, ())\nlock.acquire()"
    assert not run(both, until=1).ended
