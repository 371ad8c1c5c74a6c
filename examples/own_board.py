"""Constrain and check: a board of your own, whose pins are the only ones a program may use.

Registry and boards are data. Here a class gets a board with an LED on pin 12 and a button on pin 14, and
nothing else is led out.
"""

from robo_runtime import Board, Generator, check_program, default_model, load_registry

registry = load_registry()
esp32 = registry.boards["esp32"]
classroom = Board(name="classroom", title="Classroom board", pins=(12, 14), adc=(), led=12, ids=esp32.ids)
registry = registry.model_copy(update={"boards": {**registry.boards, "classroom": classroom}})

written_by_hand = "from machine import Pin\n\nled = Pin(2, Pin.OUT)\nled.on()\n"
for problem in check_program(written_by_hand, registry, "classroom"):
    print("by hand:", problem)

with Generator(default_model(), registry=registry, board="classroom") as generator:
    result = generator.generate("turn on the LED")
print(result.code)
print("valid on the classroom board:", result.valid)
