"""Pins, PWM, ADC and touch pads behave as an ESP32's do."""

import pytest

from tests.runtime.simulated import error, points, run, values


def test_an_output_records_its_levels() -> None:
    trace = run("""
        led = Pin(2, Pin.OUT)
        led.on()
        time.sleep(0.5)
        led.off()
        time.sleep_ms(250)
        led.value(1)
        led.value(1)
        led.toggle()
        led(True)
    """)
    assert points(trace, "pin", 2) == [(0, 0), (0, 1), (0.5, 0), (0.75, 1), (0.75, 0), (0.75, 1)]


def test_an_initial_value_leaves_no_glitch() -> None:
    assert values(run("Pin(2, Pin.OUT, value=1)"), "pin", 2) == [1]


def test_an_output_reads_back_what_was_written() -> None:
    assert run("led = Pin(2, Pin.OUT)\nled.on()\nprint(led.value(), led())").output == ["1 1"]


def test_an_input_sees_its_pull_and_then_the_world() -> None:
    code = """
        for pull in (Pin.PULL_UP, Pin.PULL_DOWN, None):
            button = Pin(14, Pin.IN, pull)
            print(button.value())
        time.sleep(1)
        print(button.value())
        time.sleep(1)
        print(button.value())
    """
    assert run(code, buttons={14: [[0.5, 1], [1.5, 0]]}).output == ["1", "0", "0", "1", "0"]


@pytest.mark.parametrize("number", [6, 11, 20, 24, 28, 31, 40, -1])
def test_pins_that_do_not_exist_are_refused(number: int) -> None:
    assert error(f"Pin({number}, Pin.OUT)") == "ValueError: invalid pin"


@pytest.mark.parametrize("number", [34, 35, 36, 39])
def test_some_pins_are_inputs_only(number: int) -> None:
    assert error(f"Pin({number}, Pin.OUT)") == "ValueError: pin can only be input"
    assert error(f"PWM(Pin({number}))") == "ValueError: invalid pin"
    assert run(f"print(Pin({number}, Pin.IN, Pin.PULL_UP).value())").output == ["0"]  # they have no pull


def test_what_a_pin_lacks_is_an_attribute_error() -> None:
    assert error("Pin(2, Pin.OUT).high()") == "AttributeError: 'Pin' object has no attribute 'high'"
    assert error("led = Pin(2, Pin.OUT)\nled.level = 1").startswith("AttributeError")
    assert error("Pin.OUT = 1").startswith("AttributeError")
    assert error("time.sleep = print").startswith("AttributeError")
    assert error("Pin(2, Pin.OUTPUT)").startswith("AttributeError")


def test_an_open_drain_output_only_pulls_down() -> None:
    code = "line = Pin(4, Pin.OPEN_DRAIN, Pin.PULL_UP, value=1)\nprint(line.value())\nline.off()\nprint(line.value())"
    assert run(code).output == ["1", "0"]


def test_signal_inverts() -> None:
    trace = run(
        "from machine import Signal\nled = Signal(Pin(2, Pin.OUT), invert=True)\nled.on()\nprint(led.value())"
    )
    assert values(trace, "pin", 2) == [0] and trace.output == ["1"]


def test_irqs_fire_on_their_edges_at_the_time_of_the_edge() -> None:
    code = """
        def pressed(pin):
            print("down", pin.value(), time.ticks_ms())

        button = Pin(14, Pin.IN, Pin.PULL_UP)
        button.irq(trigger=Pin.IRQ_FALLING, handler=pressed)
        time.sleep(5)
        button.irq(handler=None)
    """
    trace = run(code, buttons={14: [[1, 0], [2, 1], [3, 0], [6, 1], [7, 0]]})
    assert trace.output == ["down 0 1000", "down 0 3000"]


def test_an_irq_lives_on_after_the_main_program() -> None:
    code = """
        led = Pin(2, Pin.OUT)
        button = Pin(14, Pin.IN, Pin.PULL_UP)
        button.irq(lambda pin: led.value(not led.value()), Pin.IRQ_FALLING)
    """
    trace = run(code, buttons={14: [[1, 0], [1.2, 1], [4, 0]]})
    assert trace.ended and trace.duration < 0.01
    assert points(trace, "pin", 2) == [(0, 0), (1, 1), (4, 0)]


def test_a_failing_callback_is_an_error_but_does_not_stop_the_program() -> None:
    from robo_runtime.simulate import World, simulate

    code = "from machine import Pin\nb = Pin(14, Pin.IN)\nb.irq(lambda p: 1 / 0, Pin.IRQ_RISING)\n"
    trace = simulate(code, World.model_validate({"buttons": {14: [[1, 1]]}}))
    assert trace.error == "in a callback: line 3: ZeroDivisionError: divide by zero" and trace.ended


def test_pwm_starts_at_five_kilohertz_and_half_duty() -> None:
    trace = run("p = PWM(Pin(25))\nprint(p.freq(), p.duty(), p.duty_u16())")
    assert values(trace, "pwm", 25) == [(5000, 0.5)]
    assert values(trace, "tone", 25) == [5000]
    assert trace.output == ["5000 512 32768"]


def test_pwm_setters_agree() -> None:
    code = (
        "p = PWM(Pin(2), freq=1000, duty_u16=0)\np.duty(1023)\np.duty_u16(0)\np.duty_ns(500000)\np.deinit()"
    )
    assert values(run(code), "pwm", 2) == [(1000, 0.0), (1000, 1.0), (1000, 0.0), (1000, 0.5), (0, 0.0)]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("duty(0.5)", "TypeError: can't convert float to int"),
        ("duty(1024)", "ValueError: duty must be from 0 to 1023"),
        ("duty_u16(65536)", "ValueError: duty_u16 must be from 0 to 65535"),
        ("duty_u16(-1)", "ValueError: duty_u16 must be from 0 to 65535"),
        ("duty_ns(30000000)", "ValueError: duty_ns must be from 0 to 20000000"),
        ("freq(0)", "ValueError: frequency must be from 1Hz to 40MHz"),
        ("freq('a')", "TypeError: can't convert str to int"),
        ("angle(90)", "AttributeError: 'PWM' object has no attribute 'angle'"),
    ],
)
def test_pwm_refuses_what_the_board_refuses(call: str, message: str) -> None:
    assert error(f"p = PWM(Pin(13), freq=50)\np.{call}") == message


def test_a_servo_pulse_is_an_angle_and_no_tone() -> None:
    trace = run("s = PWM(Pin(13), freq=50, duty_u16=0)\ns.duty_ns(500000 + 45 * 2000000 // 180)")
    assert values(trace, "angle", 13) == [45.0] and values(trace, "pulse", 13) == [1000.0]
    assert values(trace, "tone", 13) == [0]


def test_a_digital_pin_takes_over_from_pwm() -> None:
    trace = run("p = PWM(Pin(2), freq=1000, duty_u16=65535)\nPin(2, Pin.OUT).on()")
    assert values(trace, "pwm", 2)[-1] == (0, 0.0) and values(trace, "pin", 2)[-1] == 1


def test_adc_reads_by_attenuation() -> None:
    code = """
        for atten in (ADC.ATTN_0DB, ADC.ATTN_6DB, ADC.ATTN_11DB):
            pot = ADC(Pin(34), atten=atten)
            print(pot.read(), pot.read_u16(), pot.read_uv())
    """
    for line, full in zip(run(code, analog={34: 1.0}).output, (1.0, 2.0, 3.3), strict=True):
        raw, wide, microvolts = map(int, line.split())
        assert raw == round(4095 / full)
        assert wide == pytest.approx(65535 / full, abs=16)
        assert microvolts == pytest.approx(1e6, rel=0.001)


def test_adc_follows_the_voltage() -> None:
    code = "pot = ADC(34)\npot.atten(ADC.ATTN_11DB)\nfor _ in range(3):\n    print(pot.read())\n    time.sleep(1)"
    assert run(code, analog={34: [[0, 0], [0.5, 1.65], [1.5, 3.3]]}).output == ["0", "2048", "4095"]


def test_adc_exists_on_some_pins_only() -> None:
    assert error("ADC(Pin(5))") == "ValueError: invalid pin"
    assert error("ADC(Pin(34)).read_volts()").startswith("AttributeError")


def test_a_touched_pad_counts_less() -> None:
    output = run(
        "t = TouchPad(Pin(4))\nprint(t.read() < 400)\ntime.sleep(2)\nprint(t.read() < 400)",
        touch={4: [[1, 1]]},
    ).output
    assert output == ["False", "True"]
    assert error("TouchPad(Pin(5))") == "ValueError: invalid pin for touchpad"


def test_time_pulse_us_measures_an_echo() -> None:
    code = """
        from machine import time_pulse_us

        trigger = Pin(5, Pin.OUT)
        echo = Pin(18, Pin.IN)
        trigger.on()
        time.sleep_us(10)
        trigger.off()
        print(time_pulse_us(echo, 1, 30000))
        print(time_pulse_us(echo, 1, 1000))
    """
    assert run(code, distance=50).output == [str(round(50 * 58.2)), "-2"]


def test_an_echo_can_also_be_polled() -> None:
    code = """
        trigger = Pin(5, Pin.OUT)
        echo = Pin(18, Pin.IN)
        time.sleep_ms(50)
        trigger.on()
        time.sleep_us(10)
        trigger.off()
        while echo.value() == 0:
            start = time.ticks_us()
        while echo.value() == 1:
            end = time.ticks_us()
        print(abs((end - start) / 58.2 - 80) < 3)
    """
    assert run(code, distance=80).output == ["True"]
