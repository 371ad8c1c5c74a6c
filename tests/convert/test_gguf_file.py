"""Names, metadata and layout of the written files, against the gguf package's own tables."""

import numpy as np
import pytest
from robo_convert.gguf_file import size_label
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import gguf_name, read_gguf
from robo_runtime.prompt import CHAT_TEMPLATE


@pytest.fixture(scope="module")
def files(export):
    return {path.stem.removeprefix("robo-qat-"): read_gguf(path) for path in export.glob("*.gguf")}


def test_tensor_names_are_those_of_the_gguf_package(source):
    from gguf import MODEL_ARCH, get_tensor_name_map

    names = get_tensor_name_map(MODEL_ARCH.LLAMA, source.shape.layers)
    for name in source.weights:
        assert gguf_name(name) == names.get_name(name, try_suffixes=(".weight",))


def test_metadata_describes_model_and_tokenizer(files):
    metadata = files["q4_0"].metadata
    expected = {
        "general.architecture": "llama",
        "general.type": "model",
        "general.name": "robo-qat",
        "general.license": "apache-2.0",
        "general.languages": ["en", "hi"],
        "general.size_label": "164K",
        "general.file_type": 2,
        "general.quantization_version": 2,
        "llama.vocab_size": 1024,
        "llama.context_length": 512,
        "llama.embedding_length": 64,
        "llama.block_count": 2,
        "llama.feed_forward_length": 192,
        "llama.attention.head_count": 4,
        "llama.attention.head_count_kv": 2,
        "llama.rope.dimension_count": 16,
        "llama.rope.freq_base": 10000.0,
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.padding_token_id": 0,
        "tokenizer.ggml.eos_token_id": 1,
        "tokenizer.ggml.bos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 3,
        "tokenizer.ggml.eot_token_id": 9,
        "tokenizer.ggml.add_bos_token": True,
        "tokenizer.ggml.add_eos_token": False,
        "tokenizer.ggml.add_space_prefix": False,
        "tokenizer.chat_template": CHAT_TEMPLATE,
    }
    assert {key: metadata.get(key) for key in expected} == expected
    assert metadata["general.description"]
    assert metadata["llama.attention.layer_norm_rms_epsilon"] == pytest.approx(1e-5)


def test_the_head_is_tied_and_norms_are_f32(files):
    for file in files.values():
        assert "output.weight" not in file.tensors
        assert all(t.kind == "F32" for t in file.tensors.values() if len(t.shape) == 1)


def test_each_precision_has_its_file_type(files):
    found = {name: file.metadata["general.file_type"] for name, file in files.items()}
    assert found == {"f32": 0, "f16": 1, "q8_0": 7, "q4_0": 2}


def test_bits_per_weight_follow_from_the_types(files):
    assert files["f32"].bits_per_weight == 32
    matrices = sum(np.prod(t.shape) for t in files["q4_0"].tensors.values() if t.kind == "Q4_0")
    embedding, norms = 1024 * 64, 5 * 64
    expected = (matrices * 4.5 + embedding * 8.5 + norms * 32) / (matrices + embedding + norms)
    assert files["q4_0"].bits_per_weight == pytest.approx(expected)


def test_a_cut_file_is_refused(export, tmp_path):
    data = (export / "robo-qat-q4_0.gguf").read_bytes()
    for size in (0, 3, 100, 5000, len(data) // 2):
        path = tmp_path / f"{size}.gguf"
        path.write_bytes(data[:size])
        with pytest.raises(RoboError, match="not a readable GGUF file"):
            read_gguf(path)


def test_a_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(RoboError, match="no such file"):
        read_gguf(tmp_path / "none.gguf")
    (tmp_path / "x.gguf").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(RoboError, match="not a readable GGUF file"):
        read_gguf(tmp_path / "x.gguf")


def test_size_labels_round_to_what_people_say():
    assert [size_label(n) for n in (104_480, 9_440_640, 80_123_456)] == ["104K", "9.4M", "80.1M"]
