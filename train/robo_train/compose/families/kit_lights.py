"""The robokit's LEDs, pixel strip and display."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import SerializeAsAny

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.kit import Call, Entry, announce, draw_call, table
from robo_train.compose.spec import Body, Node

table(
    {
        "kit_led_on": Entry("led.on", "n:led?", "kit_led_off", 1.3, True),
        "kit_led_off": Entry("led.off", "n:led?", "kit_led_on", 1, True),
        "kit_led_toggle": Entry("led.toggle", "n:led?", "", 0.9),
        "kit_led_set": Entry("led.set", "n:led state:state", "", 1.2, True),
        "kit_led_blink": Entry("led.blink", "n:led? times:times on_ms:blink_ms off_ms:=on_ms", "", 1),
        "kit_led_blink_2": Entry("led.blink", "n:led? times:times on_ms:blink_ms off_ms:blink_ms", "", 0.7),
        "kit_led_blink_n": Entry("led.blink", "n:led? times:times", "", 0.9),
        "kit_brightness": Entry("led.brightness", "n:led percent:percent", "kit_led_off", 1, True),
        "kit_fade": Entry("led.fade", "n:led start:p0 end:percent ms:ms?", "", 1),
        "kit_all_on": Entry("led.all_on", "", "kit_all_off", 1, True),
        "kit_all_off": Entry("led.all_off", "", "kit_all_on", 0.7, True),
        "kit_pixels": Entry("pixels.fill", "color:color", "kit_pixels_off", 1, True),
        "kit_pixel": Entry("pixels.set", "index:index color:color", "", 1.1, True),
        "kit_pixel_rgb": Entry("pixels.set_rgb", "index:index r:rgb g:rgb b:rgb", "", 0.8, True),
        "kit_pixels_rgb": Entry("pixels.fill_rgb", "r:rgb g:rgb b:rgb", "kit_pixels_off", 1.1, True),
        "kit_pixels_off": Entry("pixels.clear", "", "", 0.7, True),
        "kit_pixels_dim": Entry("pixels.brightness", "percent:percent", "", 0.8, True),
        "kit_rainbow": Entry("pixels.rainbow", "ms:ms?", "", 0.9),
        "kit_chase": Entry("pixels.chase", "color:color ms:chase_ms?", "", 1.1),
        "kit_bar": Entry("pixels.bar", "percent:percent color:color?", "", 0.9, True),
        "kit_display": Entry("display.print", "text:text line:line?", "", 1, True),
        "kit_number": Entry("display.number", "value:number line:line? label:label?", "", 0.9, True),
        "kit_clear": Entry("display.clear", "", "", 1.2, True),
        "kit_icon": Entry("display.icon", "name:icon", "", 1),
        "kit_invert": Entry("display.invert", "", "kit_invert_off", 0.7),
        "kit_invert_off": Entry("display.invert", "on:!False", "", 0.4),
        "kit_contrast": Entry("display.contrast", "percent:percent", "", 0.8),
        "kit_text": Entry("display.text", "text:text x:x? y:y?", "", 1, True, alone=False),
        "kit_dot": Entry("display.pixel", "x:x y:y", "", 1, alone=False),
        "kit_dot_off": Entry("display.pixel", "x:x y:y on:!False", "", 0.4, alone=False),
        "kit_line": Entry("display.line", "x1:x y1:y x2:x y2:y", "", 1, alone=False),
        "kit_rect": Entry("display.rect", "x:x y:y w:w h:h", "", 0.8, alone=False),
        "kit_rect_full": Entry("display.rect", "x:x y:y w:w h:h fill:!True", "", 0.5, alone=False),
        "kit_circle": Entry("display.circle", "x:x y:y r:r", "", 0.8, alone=False),
        "kit_circle_full": Entry("display.circle", "x:x y:y r:r fill:!True", "", 0.5, alone=False),
    }
)
_DRAWN = {
    "kit_text": 1.0, "kit_dot": 0.9, "kit_dot_off": 0.3, "kit_line": 1.0, "kit_rect": 0.8,
    "kit_rect_full": 0.5, "kit_circle": 0.8, "kit_circle_full": 0.5,
}  # fmt: skip


class Picture(Body):
    """Things drawn into the buffer, then shown."""

    kind: Literal["kit_picture"] = "kit_picture"
    rule: ClassVar[str] = "kit_picture"
    steps: tuple[SerializeAsAny[Call], ...]

    def parts(self) -> dict[str, Node]:
        return dict(zip("abc", self.steps, strict=False))

    def code(self, c: Code) -> None:
        for step in self.steps:
            step.code(c)
        c.from_("robokit", "display")
        c.line("display.show()")

    def expect(self, x: Expect) -> None:
        for step in self.steps:
            step.expect(x)
        announce(x, "display.show", {})
        x.wait(0.02)


@action("kit_picture", weight=6, api="robokit")
def _picture(d: Draw, kind: str) -> Body:
    steps: list[Call] = []
    for _ in range(d.rng.choices((1, 2, 3), (6, 3, 1))[0]):
        drawn = draw_call(d, d.rng.choices(list(_DRAWN), list(_DRAWN.values()))[0])
        assert isinstance(drawn, Call)
        if drawn not in steps:
            steps.append(drawn)
    return Picture(steps=tuple(steps))
