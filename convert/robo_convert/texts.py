"""What depends on whose model a checkpoint is: the ids of the gate's texts, and the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence

from robo_runtime.gguf_file import Vocabulary

from robo_convert import foreign, vocabulary
from robo_convert.checkpoint import Checkpoint
from robo_convert.parity import Case, Encoded, encode_cases
from robo_convert.vocabulary import Encoder


def encode_texts(source: Checkpoint, cases: Sequence[Case]) -> list[Encoded]:
    """The cases as token ids: a model of ours reads them in the prompt format, another as plain texts."""
    imported = source.training.imported
    if not imported:
        return encode_cases(cases, Encoder(source.tokenizer))
    encoder = foreign.encoder_of(source.tokenizer, imported.tokenizer)
    bos = imported.bos if imported.add_bos else None
    start = None if bos is None else encoder.text_of(bos)
    return [
        Encoded(parts=[(p.text, p.control, encoder.encode(p)) for p in parts])
        for parts in (foreign.text_parts(case.prompt, case.code, start) for case in cases)
    ]


def read_vocabulary(source: Checkpoint) -> Vocabulary:
    """The tokenizer in GGUF's spelling; raises `RoboError` where llama.cpp would cut texts differently."""
    where, imported = str(source.path / source.tokenizer_files[0]), source.training.imported
    size = source.shape.vocab_size
    if imported:
        return foreign.read_vocabulary(source.tokenizer, imported, size, where)
    return vocabulary.read_vocabulary(source.tokenizer, size, where)
