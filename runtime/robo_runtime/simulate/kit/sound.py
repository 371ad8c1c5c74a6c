"""The speaker of the kit."""

from __future__ import annotations

from robo_runtime.simulate.board import Board
from robo_runtime.simulate.kit import acts, glide

_MELODIES = {
    "happy": "C4 E4 G4 C5 G4 C5", "sad": "A4 G4 F4 E4 D4", "birthday": "C4 C4 D4 C4 F4 E4 C4 C4 D4 C4 G4 F4",
    "scale": "C4 D4 E4 F4 G4 A4 B4 C5", "alarm": "A5 E5 A5 E5 A5 E5",
}  # fmt: skip
_NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
SPEAKER = "speaker"


def sound(board: Board, hz: float, us: int | None = None) -> None:
    """Sound a tone; with a length, then be silent."""
    board.record("tone", SPEAKER, hz)
    if us is not None:
        board.sleep(us)
        board.record("tone", SPEAKER, 0)


def note_hz(name: str) -> float:
    """Frequency of "A4" (440 Hz) and its like, equal temperament."""
    return round(440 * 2 ** ((_NOTES.index(name[:-1]) - 9) / 12 + int(name[-1]) - 4), 1)


def _beat_us(board: Board) -> float:
    return 60e6 / float(board.parts.get("tempo", 120))


@acts("sound.tone")
def _sound_tone(board: Board, freq: int, ms: int) -> None:
    sound(board, freq, ms * 1000)


@acts("sound.note")
def _sound_note(board: Board, name: str, beats: float) -> None:
    sound(board, note_hz(name), round(beats * _beat_us(board)))


@acts("sound.beep")
def _sound_beep(board: Board, times: int) -> None:
    for _ in range(times):
        sound(board, 1000, 100_000)
        board.sleep(100_000)


@acts("sound.melody")
def _sound_melody(board: Board, name: str) -> None:
    for note in _MELODIES.get(name, "").split():
        sound(board, note_hz(note), round(_beat_us(board) / 2))


@acts("sound.tempo")
def _sound_tempo(board: Board, bpm: int) -> None:
    board.parts["tempo"] = bpm


@acts("sound.siren")
def _sound_siren(board: Board, seconds: float) -> None:
    cycle = 1.0
    glide(
        board, 0, seconds, round(seconds * 1000),
        lambda t: sound(board, round(600 + 600 * abs(2 * (t % cycle) / cycle - 1))),
    )  # fmt: skip
    sound(board, 0)


@acts("sound.start")
def _sound_start(board: Board, freq: int) -> None:
    sound(board, freq)


@acts("sound.stop")
def _sound_stop(board: Board) -> None:
    sound(board, 0)
