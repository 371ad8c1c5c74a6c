"""The prompt in another frame, typed by somebody else."""

from __future__ import annotations

from random import Random

from robo_train.compose.noise import noisy
from robo_train.compose.phrases import Voice, grammar
from robo_train.corpus.augment.confirm import changed
from robo_train.corpus.records import Record


def paraphrase(record: Record, rng: Random) -> list[Record]:
    """The same request with a greeting, a story or thanks around it, with other capitals and slips."""
    if record.type != "instruction" or record.lang != "en":
        return []
    text = noisy(grammar("en").say("frame_any", {"task": record.prompt}, Voice(rng)), rng)
    return [changed(record, "paraphrase", prompt=text)] if text != record.prompt else []
