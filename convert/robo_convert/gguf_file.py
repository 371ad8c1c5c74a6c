"""A model as a GGUF file: metadata, tokenizer, tensors; `robo_runtime.gguf_file` has names and row order.

Format: ggml/docs/gguf.md; architecture `llama` as llama.cpp reads it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from robo_runtime.drafts import CONTEXT_KEY, KEY
from robo_runtime.gguf_file import Shape, Vocabulary, gguf_name, heads_to_permute, permute_rows
from robo_runtime.prompt import BOS, CHAT_TEMPLATE, EOS, PAD, UNK

from robo_convert import foreign
from robo_convert.checkpoint import Checkpoint
from robo_convert.foreign import Imported
from robo_convert.quants import Quant, check_rows, quantise
from robo_convert.reference import Array

END_OF_TURN = "[/CODE]"


def gguf_tensors(source: Checkpoint) -> dict[str, Array]:
    """The weights by GGUF's names, rows of q and k in its order."""
    tensors = {}
    for name, weight in source.weights.items():
        heads = heads_to_permute(name, source.shape)
        tensors[gguf_name(name)] = permute_rows(weight, heads) if heads else weight
    return tensors


def write_gguf(path: Path, source: Checkpoint, vocabulary: Vocabulary, quant: Quant) -> None:
    """Write one GGUF file.

    Raises:
        RoboError: a row length the precision cannot store, or a weight beyond F16.
        OSError: the disk is full.
    """
    from gguf import GGMLQuantizationType, GGUFWriter

    tensors = gguf_tensors(source)
    check_rows(tensors, quant)
    writer = GGUFWriter(path, "llama")
    try:
        _add_general(writer, source, quant)
        _add_shape(writer, source.shape)
        if imported := source.training.imported:
            foreign.add_tokenizer(writer, source.tokenizer, imported, vocabulary)
        else:
            _add_tokenizer(writer, vocabulary)
        _add_drafts(writer, source.drafts)
        for name, weight in tensors.items():
            kind = quant.type_of(name, weight.ndim)
            writer.add_tensor(name, quantise(weight, kind, name), raw_dtype=GGMLQuantizationType[kind])
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def write_vocabulary(path: Path, serialised: bytes, imported: Imported, vocabulary: Vocabulary) -> None:
    """Write a GGUF file that holds the tokenizer of an imported model and no tensors."""
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    try:
        _add_shape(writer, Shape(len(vocabulary), 32, 32, 1, 1, 1, 32, 512, 1e4, 1e-5))
        foreign.add_tokenizer(writer, serialised, imported, vocabulary)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def _add_general(writer: Any, source: Checkpoint, quant: Quant) -> None:
    from gguf import GGML_QUANT_VERSION

    writer.add_type("model")
    writer.add_name(source.name)
    writer.add_size_label(size_label(source.parameters))
    writer.add_description(source.training.description)
    writer.add_license(source.training.licence)
    writer.add_languages(list(source.training.languages))
    ours = [] if source.training.imported else ["micropython", "esp32", "code"]
    writer.add_tags([*ours, "text-generation"])
    writer.add_file_type(quant.file_type)
    writer.add_quantization_version(GGML_QUANT_VERSION)


def size_label(parameters: int) -> str:
    """9437568 as "9.4M", 104480 as "104K"."""
    return f"{parameters / 1e6:.1f}M" if parameters >= 1e6 else f"{parameters / 1e3:.0f}K"


def _add_shape(writer: Any, shape: Shape) -> None:
    writer.add_vocab_size(shape.vocab_size)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden_size)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.intermediate_size)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_dim)
    writer.add_value_length(shape.head_dim)
    writer.add_rope_dimension_count(shape.head_dim)
    writer.add_rope_freq_base(shape.rope_theta)
    writer.add_layer_norm_rms_eps(shape.norm_eps)


def _add_tokenizer(writer: Any, vocabulary: Vocabulary) -> None:
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(vocabulary.texts)
    writer.add_token_scores(vocabulary.scores)
    writer.add_token_types(vocabulary.types)
    writer.add_bos_token_id(vocabulary.id_of(BOS))
    writer.add_eos_token_id(vocabulary.id_of(EOS))
    writer.add_unk_token_id(vocabulary.id_of(UNK))
    writer.add_pad_token_id(vocabulary.id_of(PAD))
    writer.add_eot_token_id(vocabulary.id_of(END_OF_TURN))
    # A bare completion needs its <bos> from the library. The chat template writes one itself; llama.cpp and
    # llama-cpp-python then add no second (tested). Whoever encodes prompt parts passes add_bos=False.
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_remove_extra_whitespaces(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def _add_drafts(writer: Any, rows: tuple[tuple[int, ...], ...]) -> None:
    """What mostly follows the last tokens (`robo_runtime.drafts`); llama.cpp passes over it."""
    from gguf import GGUFValueType

    if rows:
        flat = [token for row in rows for token in row]
        writer.add_uint32(CONTEXT_KEY, len(rows[0]) - 1)
        writer.add_key_value(KEY, flat, GGUFValueType.ARRAY, sub_type=GGUFValueType.UINT16)
