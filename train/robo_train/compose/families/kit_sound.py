"""The robokit's speaker, and lists of notes and colours to run through."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.kit import Entry, announce, lasts, table
from robo_train.compose.families.kit_values import COLOURS
from robo_train.compose.numbers import Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body

table(
    {
        "kit_tone": Entry("sound.tone", "freq:freq ms:ms?", "", 1.2),
        "kit_note": Entry("sound.note", "name:note beats:beats?", "", 1.2),
        "kit_beep": Entry("sound.beep", "times:times?", "", 1.2),
        "kit_melody": Entry("sound.melody", "name:melody", "", 1),
        "kit_tempo": Entry("sound.tempo", "bpm:bpm", "", 0.8, True),
        "kit_siren": Entry("sound.siren", "seconds:s2?", "", 0.9),
        "kit_sound": Entry("sound.start", "freq:freq", "kit_silence", 1, True),
        "kit_silence": Entry("sound.stop", "", "", 0.7, True),
    }
)
_TUNES = (
    "C4 D4 E4 F4 G4", "C4 E4 G4 C5", "E4 D4 C4", "G4 G4 A4 G4 C5 B4", "A4 B4 C5", "C4 C4 G4 G4 A4 A4 G4",
    "E4 E4 F4 G4 G4 F4 E4 D4", "C5 G4 C5", "D4 F#4 A4 D5", "C4 D4 E4 C4",
)  # fmt: skip


class Notes(Body):
    """Notes of a list, one after the other."""

    kind: Literal["kit_notes"] = "kit_notes"
    rule: ClassVar[str] = "kit_notes"
    notes: tuple[str, ...]

    def slots(self) -> dict[str, Spoken | str]:
        return {"notes": Text(text=" ".join(self.notes))}

    def code(self, c: Code) -> None:
        c.from_("robokit", "sound")
        with c.block(f"for note in [{', '.join(f'{chr(34)}{n}{chr(34)}' for n in self.notes)}]:"):
            c.line("sound.note(note)")

    def expect(self, x: Expect) -> None:
        for note in self.notes:
            announce(x, "sound.note", {"name": note})
            x.wait(lasts((*x.memory.get("setting", ()), f'sound.note("{note}")')))


class Colours(Body):
    """Colours of a list on all pixels, each for a time."""

    kind: Literal["kit_colours"] = "kit_colours"
    rule: ClassVar[str] = "kit_colours"
    colours: tuple[str, ...]
    time: Time

    def slots(self) -> dict[str, Spoken | str]:
        shown = ", ".join(self.colours[:-1]) + f" and {self.colours[-1]}"
        return {"colours": Text(text=shown), "time": self.time}

    def code(self, c: Code) -> None:
        c.from_("robokit", "pixels")
        with c.block(f"for color in [{', '.join(f'{chr(34)}{n}{chr(34)}' for n in self.colours)}]:"):
            c.line("pixels.fill(color)")
            c.sleep(self.time)

    def expect(self, x: Expect) -> None:
        for colour in self.colours:
            announce(x, "pixels.fill", {"color": colour})
            x.wait(self.time.seconds)


@action("kit_notes", weight=0.8, api="robokit")
def _notes(d: Draw, kind: str) -> Body:
    if d.chance(0.5):
        return Notes(notes=tuple(d.rng.choice(_TUNES).split()))
    low = [n + o for o in "45" for n in ("C", "D", "E", "F", "G", "A", "B")]
    return Notes(notes=tuple(d.rng.choice(low) for _ in range(d.rng.randint(3, 7))))


@action("kit_colours", weight=0.8, api="robokit")
def _colours(d: Draw, kind: str) -> Body:
    return Colours(colours=tuple(d.rng.sample(COLOURS, d.rng.randint(3, 5))), time=d.time(0.2, 5))
