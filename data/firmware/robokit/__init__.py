"""robokit: the firmware of the robot kit. `from robokit import led, wait` loads what a program needs.

Modules that hold a part of the kit (led, servo, sensor) are loaded when they are first imported, so a
small program leaves the memory free.
"""

from robokit.control import limit, map_range, random_number, say, wait, wait_ms


def __getattr__(name):
    """`import robokit` alone: a part is loaded when the program first names it."""
    if name == "led":
        import robokit.led
    elif name == "pixels":
        import robokit.pixels
    elif name == "sound":
        import robokit.sound
    elif name == "servo":
        import robokit.servo
    elif name == "gripper":
        import robokit.gripper
    elif name == "stepper":
        import robokit.stepper
    elif name == "relay":
        import robokit.relay
    elif name == "robot":
        import robokit.robot
    elif name == "display":
        import robokit.display
    elif name == "button":
        import robokit.button
    elif name == "knob":
        import robokit.knob
    elif name == "joystick":
        import robokit.joystick
    elif name == "remote":
        import robokit.remote
    elif name == "sensor":
        import robokit.sensor
    elif name == "timer":
        import robokit.timer
    elif name == "log":
        import robokit.log
    elif name == "clock":
        import robokit.clock
    elif name == "system":
        import robokit.system
    elif name == "wifi":
        import robokit.wifi
    elif name == "web":
        import robokit.web
    elif name == "mqtt":
        import robokit.mqtt
    elif name == "ble":
        import robokit.ble
    elif name == "radio":
        import robokit.radio
    else:
        raise AttributeError("robokit has no " + name)
    return getattr(robokit, name)
