"""Analog parts: raw readings from 0 to 4095, and per cents of the span that board.py gives."""

from machine import ADC, Pin

from robokit.board import SPAN, claim

inputs = {}


def adc(part, number):
    """The analog input of a part, for 0 to 3.3 V."""
    claim(part, number)
    if number not in inputs:
        inputs[number] = ADC(Pin(number), atten=ADC.ATTN_11DB)
    return inputs[number]


def raw(part, number):
    """A reading from 0 to 4095."""
    return adc(part, number).read_u16() >> 4


def share(value, low, high):
    """Where a value lies between low (0) and high (100)."""
    return min(max(round((value - low) * 100 / (high - low)), 0), 100)


def percent(kind, part, number):
    """A reading as part of its span, 0 to 100."""
    low, high = SPAN[kind]
    return share(raw(part, number), low, high)
