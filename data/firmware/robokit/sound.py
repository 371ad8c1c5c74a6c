"""The passive buzzer: a square wave, silent between the tones."""

from time import sleep_ms

from machine import PWM, Pin

from robokit import check
from robokit.board import PINS, claim
from robokit.pace import glide

STEPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
NOTES = tuple(step + str(octave) for octave in range(3, 7) for step in STEPS)
MELODIES = {
    "happy": "C4 E4 G4 C5 G4 C5",
    "sad": "A4 G4 F4 E4 D4",
    "birthday": "C4 C4 D4 C4 F4 E4 C4 C4 D4 C4 G4 F4",
    "scale": "C4 D4 E4 F4 G4 A4 B4 C5",
    "alarm": "A5 E5 A5 E5 A5 E5",
}
MELODY_NAMES = ("happy", "sad", "birthday", "scale", "alarm")

buzzer = PWM(Pin(claim("the buzzer", PINS["buzzer"])), freq=1000, duty_u16=0)
pulse = [120]


def ring(hz):
    """Sound until told otherwise."""
    buzzer.freq(hz)
    buzzer.duty_u16(32768)


def play(hz, ms):
    """Sound for a time, then be silent."""
    ring(hz)
    sleep_ms(ms)
    buzzer.duty_u16(0)


def hertz(name):
    """Frequency of a note; A4 is 440 Hz, the others in equal temperament."""
    return round(440 * 2 ** ((STEPS.index(name[:-1]) - 9) / 12 + int(name[-1]) - 4))


def tone(freq, ms=500):
    """Play a tone, then silence."""
    check.whole("sound.tone: freq", freq, 20, 10000, "Hz")
    check.whole("sound.tone: ms", ms, 1, 60000, "ms")
    play(freq, ms)


def note(name, beats=1.0):
    """Play a note such as C4."""
    check.name("sound.note: name", name, NOTES)
    check.between("sound.note: beats", beats, 0.125, 8.0, "beat")
    play(hertz(name), round(beats * 60000 / pulse[0]))


def beep(times=1):
    """Short beeps."""
    check.whole("sound.beep: times", times, 1, 50)
    for _ in range(times):
        play(1000, 100)
        sleep_ms(100)


def melody(name):
    """Play a stored melody."""
    check.name("sound.melody: name", name, MELODY_NAMES)
    for one in MELODIES[name].split():
        play(hertz(one), 30000 // pulse[0])


def tempo(bpm):
    """Tempo for note beats."""
    check.whole("sound.tempo: bpm", bpm, 30, 300, "bpm")
    pulse[0] = bpm


def siren(seconds=2.0):
    """Siren sound."""
    check.between("sound.siren: seconds", seconds, 0.0, 60.0, "s")
    glide(0, seconds, round(seconds * 1000), lambda t: ring(round(600 + 600 * abs(2 * (t % 1) - 1))))
    buzzer.duty_u16(0)


def start(freq):
    """Start a continuous tone."""
    check.whole("sound.start: freq", freq, 20, 10000, "Hz")
    ring(freq)


def stop():
    """Silence."""
    buzzer.duty_u16(0)
