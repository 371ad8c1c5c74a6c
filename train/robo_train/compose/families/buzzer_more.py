"""Buzzers: notes by name, scales, melodies with lengths, alarm patterns, gliding tones."""

from __future__ import annotations

from typing import ClassVar, Literal

from robo_train.compose.code import Code
from robo_train.compose.draw import Draw, action
from robo_train.compose.expect import Expect
from robo_train.compose.families.buzzer import Silence, _Buzzer, _buzzer
from robo_train.compose.numbers import Quantity, Text, Time
from robo_train.compose.phrases import Spoken
from robo_train.compose.spec import Body, Mode

NOTES = {
    "C4": 262, "D4": 294, "E4": 330, "F4": 349, "G4": 392, "A4": 440, "B4": 494, "C5": 523,
}  # fmt: skip
SYLLABLES = dict(zip(("do", "re", "mi", "fa", "sol", "la", "si"), NOTES, strict=False))


def _table(c: Code) -> None:
    rows = ", ".join(f'"{note}": {hz}' for note, hz in NOTES.items())
    c.setup("notes", f"notes = {{{rows}}}")


class Notes(_Buzzer):
    """Notes by name, each for the same time; `syllables` are sung do re mi."""

    kind: Literal["notes", "scale", "scale_down"]
    notes: tuple[str, ...]
    time: Time
    syllables: bool = False

    @property
    def rule(self) -> str:
        return f"buzzer_{self.kind}"

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {} if self.time.assumed else {"time": self.time}
        if self.kind == "notes":
            names = {note: name for name, note in SYLLABLES.items()}
            text = " ".join(names[n] if self.syllables else n for n in self.notes)
            said["notes"] = Text(text=text)
        return said

    def open_timing(self) -> bool:
        return self.time.assumed

    def code(self, c: Code) -> None:
        name = self.name(c)
        _table(c)
        listed = ", ".join(f'"{n}"' for n in self.notes)
        with c.block(f"for note in ({listed}):"):
            c.line(f"{name}.freq(notes[note])")
            c.line(f"{name}.duty_u16(32768)")
            c.sleep(self.time)
        self.silence(c)

    def expect(self, x: Expect) -> None:
        for note in self.notes:
            self.tone(x, Quantity(kind="freq", value=str(NOTES[note])))
            x.wait(self.time.seconds)
        self.tone(x, None, on=False)


class Tune(_Buzzer):
    """Tones of several frequencies, each with a length of its own."""

    kind: Literal["tune"] = "tune"
    rule: ClassVar[str] = "buzzer_tune"
    tones: tuple[Quantity, ...]
    times: tuple[Time, ...]

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {f"f{i}": hz for i, hz in enumerate(self.tones, 1)}
        return {**said, **{f"t{i}": t for i, t in enumerate(self.times, 1)}}

    def code(self, c: Code) -> None:
        name = self.name(c)
        pairs = (f"({hz.value}, {t.value})" for hz, t in zip(self.tones, self.times, strict=True))
        with c.block(f"for tone, ms in ({', '.join(pairs)}):"):
            c.line(f"{name}.freq(tone)")
            c.line(f"{name}.duty_u16(32768)")
            c.import_("time")
            c.line("time.sleep_ms(ms)")
        self.silence(c)

    def expect(self, x: Expect) -> None:
        for hz, t in zip(self.tones, self.times, strict=True):
            self.tone(x, hz)
            x.wait(t.seconds)
        self.tone(x, None, on=False)


class Alarm(_Buzzer):
    """Several short beeps, a pause, and again for ever."""

    kind: Literal["alarm_pattern"] = "alarm_pattern"
    mode: ClassVar[Mode] = "endless"
    rule: ClassVar[str] = "buzzer_alarm_pattern"
    count: Quantity
    beep: Time
    pause: Time
    hz: Quantity | None = None

    def slots(self) -> dict[str, Spoken | str]:
        said: dict[str, Spoken | str] = {"count": self.count, "time": self.beep, "pause": self.pause}
        return {**said, "freq": self.hz} if self.hz else said

    def code(self, c: Code) -> None:
        name = self.name(c)
        if self.hz:
            c.line(f"{name}.freq({self.hz.value})")
        with c.block(f"for _ in range({self.count.value}):"):
            c.line(f"{name}.duty_u16(32768)")
            c.sleep(self.beep)
            self.silence(c)
            c.sleep(self.beep)
        c.sleep(self.pause)

    def expect(self, x: Expect) -> None:
        if self.hz:
            x.memory["hz", self.device] = int(self.hz.value)
        for _ in range(int(self.count.value)):
            self.tone(x, None)
            x.wait(self.beep.seconds)
            self.tone(x, None, on=False)
            x.wait(self.beep.seconds)
        x.wait(self.pause.seconds)

    def opposite(self) -> Body:
        return Silence(device=self.device)


class Glide(_Buzzer):
    """A tone that rises or falls from one frequency to another, then silence; or for ever."""

    kind: Literal["glide", "glide_loop"]
    rule: ClassVar[str] = "buzzer_glide"
    start: Quantity
    end: Quantity

    @property
    def mode(self) -> Mode:  # type: ignore[override]
        return "endless" if self.kind == "glide_loop" else "timed"

    def flags(self) -> set[str]:
        rising = self.start.number < self.end.number
        return {"rising" if rising else "falling", "endless" if self.mode == "endless" else "once"}

    def slots(self) -> dict[str, Spoken | str]:
        return {"from": self.start, "to": self.end}

    def open_timing(self) -> bool:
        return True

    def code(self, c: Code) -> None:
        name = self.name(c)
        step = 10 if self.start.number < self.end.number else -10
        c.line(f"{name}.duty_u16(32768)")
        with c.block(f"for tone in range({self.start.value}, {self.end.value}, {step}):"):
            c.line(f"{name}.freq(tone)")
            c.pause_ms(10)
        if self.kind == "glide":
            self.silence(c)

    def expect(self, x: Expect) -> None:
        a, b = self.start.number, self.end.number
        low, high = min(a, b), max(a, b)
        steps = int(high - low) // 10
        key = self.device.pin
        x.claim(op="fade", sig=["tone", key], direction="up" if a < b else "down",
                low=low + 0.1 * (high - low), high=high - 0.1 * (high - low))  # fmt: skip
        x.memory["hz", self.device] = int(b - 10 if a < b else b + 10)
        x.wait(steps * 0.01)


def _note_time(d: Draw) -> Time:
    return Time(value="0.5", assumed=True) if d.chance(0.3) else d.time(0.1, 1.5)


@action("notes", weight=1.4)
def _notes(d: Draw, kind: str) -> Body:
    sung = d.chance(0.3)
    names = list(SYLLABLES.values()) if sung else list(NOTES)
    notes = [d.rng.choice(names)]
    for _ in range(d.rng.randint(1, 6)):
        notes.append(d.rng.choice([n for n in names if n != notes[-1]]))
    return Notes(kind="notes", device=_buzzer(d), notes=tuple(notes), time=_note_time(d), syllables=sung)


@action("scale", weight=0.8)
@action("scale_down", weight=0.3)
def _scale(d: Draw, kind: str) -> Body:
    notes = tuple(NOTES) if kind == "scale" else tuple(NOTES)[::-1]
    return Notes(kind=kind, device=_buzzer(d), notes=notes, time=_note_time(d))  # type: ignore[arg-type]


@action("tune", weight=1.2)
def _tune(d: Draw, kind: str) -> Body:
    tones = [d.freq()]
    for _ in range(d.rng.randint(1, 3)):
        while abs((hz := d.freq()).number - tones[-1].number) < 30:
            pass
        tones.append(hz)
    times = [Time(unit="ms", value=str(50 * d.rng.randint(2, 24))) for _ in tones]
    return Tune(device=_buzzer(d), tones=tuple(tones), times=tuple(times))


@action("alarm_pattern", weight=0.9)
def _alarm(d: Draw, kind: str) -> Body:
    hz = d.freq() if d.chance(0.4) else None
    beep = d.time(0.05, 0.5)
    while (pause := d.time(0.5, 5)).seconds < 2 * beep.seconds:
        pass
    return Alarm(device=_buzzer(d), count=d.count(2, 6), beep=beep, pause=pause, hz=hz)


@action("glide", weight=0.7)
@action("glide_loop", weight=0.5)
def _glide(d: Draw, kind: str) -> Body:
    a = 100 * d.rng.randint(2, 12)
    ends = [Quantity(kind="freq", value=str(v)) for v in (a, a + 100 * d.rng.randint(3, 15))]
    if d.chance(0.3):
        ends.reverse()
    return Glide(kind=kind, device=_buzzer(d), start=ends[0], end=ends[1])  # type: ignore[arg-type]
