"""The files in llama.cpp itself: bytes, logits, token ids, chat."""

import ctypes
import random

import numpy as np
import pytest
from robo_convert.gguf_file import write_gguf
from robo_convert.llama_parity import check_tokens, llama_logits, open_model
from robo_convert.parity import compare_logits
from robo_convert.quants import QUANTS
from robo_convert.reference import logits
from robo_convert.vocabulary import read_vocabulary
from robo_runtime.gguf_file import read_gguf
from robo_runtime.languages import languages
from robo_runtime.prompt import control_tokens, render
from sentencepiece import SentencePieceProcessor

llama_cpp = pytest.importorskip("llama_cpp")
pytestmark = pytest.mark.llama

ODD_TEXTS = [
    "", " ", "  ", "      x", "x      ", "\t", "\t\tif x:\n\t\t\tpass", "\n", "\n    \n  ",
    "a\r\nb\rc\n\n\n",
    "def f(x):\n    if x:\n        return x\n    return  0\n",
    "🤖 blinks 🔴🟢 👩🏽‍🚀 🇮🇳",
    "zero\u200bwidth\u200djoin\u00a0nbsp",
    "<bos>[USER]ignore this[/USER][CODE]",
    "[/CODE]<eos><pad><unk>",
    "[LANG:hi] [SPARE:0] [ USER]",
    "<0x0A><0x41>",
    "ＡＢＣ ﬁ ½ x² №",
    "ẹ̀ é e\u0301",
    "𝔘𝔫𝔦 𒀀 𐎀",
    "0123456789.5e-3",
    "a" * 300,
    "=" * 80 + "\n",
    "'\"\\`{}[]()<>|&^%$#@!~",
]  # fmt: skip


@pytest.fixture(scope="module")
def model(export):
    with open_model(export / "robo-qat-f32.gguf", 512) as model:
        yield model


@pytest.fixture(scope="module")
def sentencepiece(tokenizer_model):
    return SentencePieceProcessor(model_proto=tokenizer_model)


@pytest.mark.parametrize("name", ["q4_0", "q8_0", "f16"])
def test_bytes_are_those_of_llama_cpps_own_quantiser(source, tmp_path, name):
    vocabulary = read_vocabulary(source.tokenizer, source.shape.vocab_size, "")
    ours, theirs, full = (tmp_path / f"{x}.gguf" for x in ("ours", "theirs", "full"))
    write_gguf(full, source, vocabulary, QUANTS["f32"])
    write_gguf(ours, source, vocabulary, QUANTS[name])
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.nthread = 1
    parameters.ftype = QUANTS[name].file_type
    kinds = {"Q8_0": 8, "F16": 1}
    parameters.token_embedding_type = parameters.output_tensor_type = kinds[QUANTS[name].embedding]
    llama_cpp.llama_log_set(_SILENT, None)
    assert llama_cpp.llama_model_quantize(str(full).encode(), str(theirs).encode(), parameters) == 0
    found, expected = read_gguf(ours).tensors, read_gguf(theirs).tensors
    assert found.keys() == expected.keys()
    for tensor in found:
        assert found[tensor].kind == expected[tensor].kind, tensor
        assert found[tensor].data.tobytes() == expected[tensor].data.tobytes(), tensor


@llama_cpp.llama_log_callback
def _SILENT(level, text, data):
    pass


def test_the_f32_file_gives_the_checkpoints_logits(model, qat_checkpoint, encoded):
    from robo_convert.checkpoint import load_checkpoint

    source = load_checkpoint(qat_checkpoint)
    tokens = [case.tokens(source.shape.context) for case in encoded]
    figures = compare_logits(
        [llama_logits(model, t) for t in tokens],
        [logits(source.weights, source.shape, t) for t in tokens],
        0.0,
    )
    assert figures.positions >= 200
    assert figures.max_difference < 1e-3
    assert figures.top1 == 1.0


def test_the_q4_0_file_of_a_qat_checkpoint_answers_as_the_checkpoint(export, qat_checkpoint, encoded, gate):
    from robo_convert.checkpoint import load_checkpoint

    source = load_checkpoint(qat_checkpoint)
    tokens = [case.tokens(source.shape.context) for case in encoded]
    expected = [logits(source.weights, source.shape, t) for t in tokens]
    with open_model(export / "robo-qat-q4_0.gguf", 512) as model:
        figures = compare_logits([llama_logits(model, t) for t in tokens], expected, gate.tie)
    assert figures.top1_or_tie >= 0.99
    assert figures.kl < 1e-3


def test_every_language_is_cut_as_sentencepiece_cuts_it(model, sentencepiece, sentences):
    assert set(sentences) == set(languages())
    for text in sentences.values():
        assert model.tokenize(text.encode(), add_bos=False) == sentencepiece.encode(text)


@pytest.mark.parametrize("text", ODD_TEXTS, ids=range(len(ODD_TEXTS)))
def test_odd_texts_are_cut_as_sentencepiece_cuts_them(model, sentencepiece, text):
    ids = model.tokenize(text.encode(), add_bos=False)
    assert ids == sentencepiece.encode(text)
    assert all(i >= len(control_tokens()) for i in ids)


def test_random_texts_are_cut_as_sentencepiece_cuts_them(model, sentencepiece, sentences, gate):
    chance = random.Random(7)
    pieces = [sentencepiece.id_to_piece(i) for i in range(sentencepiece.get_piece_size())]
    pool = [
        *"".join(sentences.values()),
        *" \n\t_()=:.\"'0123456789abcxyz",
        *pieces,
        *control_tokens(),
        "🤖",
        "€",
    ]
    for _ in range(2000):
        text = "".join(chance.choice(pool) for _ in range(chance.randint(1, 24))).replace("\u2581", "_")
        assert model.tokenize(text.encode(), add_bos=False) == sentencepiece.encode(text), text


def test_tokens_spell_the_text_again(model, sentences, gate):
    for text in [*sentences.values(), *(case.code for case in gate.cases), *ODD_TEXTS[1:]]:
        ids = model.tokenize(text.encode(), add_bos=False)
        assert b"".join(_piece(model, i) for i in ids) == text.encode()


def _piece(model, token):
    buffer = ctypes.create_string_buffer(128)
    size = llama_cpp.llama_token_to_piece(model._model.vocab, token, buffer, 128, 0, False)
    return buffer.raw[:size]


def test_prompt_parts_are_encoded_alike(model, encoded):
    assert check_tokens(model, encoded, "model") == sum(len(case.parts) for case in encoded)


def test_the_grammar_beside_the_model_is_read(model, export):
    text = (export / "robot.gbnf").read_bytes()
    sampler = llama_cpp.llama_sampler_init_grammar(model._model.vocab, text, b"root")
    assert sampler  # a grammar that llama.cpp cannot read is a null pointer
    llama_cpp.llama_sampler_free(sampler)


def test_program_end_and_sequence_end_both_end_generation(model):
    ends = {i for i in range(1024) if llama_cpp.llama_vocab_is_eog(model._model.vocab, i)}
    assert ends == {1, 9}


def test_a_chat_has_one_bos_and_the_ids_of_the_prompt_format(model, sentencepiece, monkeypatch):
    class Asked(Exception):
        """Carries the prompt out; what would be answered is of no interest."""

    def ask(prompt, **_):
        raise Asked(prompt)

    monkeypatch.setattr(model, "create_completion", ask)
    request, system = "Blink the LED on pin 2", "Answer with one program."
    with pytest.raises(Asked) as asked:
        model.create_chat_completion(
            [{"role": "system", "content": system}, {"role": "user", "content": request}]
        )
    ids = []
    for text, control in render(request, system=system):
        ids += [sentencepiece.piece_to_id(text)] if control else sentencepiece.encode(text)
    assert asked.value.args[0] == ids
    assert ids.count(2) == 1


def test_a_bare_completion_gets_its_bos(model, sentencepiece):
    assert model.tokenize(b"import time", add_bos=True) == [2, *sentencepiece.encode("import time")]


def test_greedy_text_is_the_same_in_numpy_and_llama_cpp(model, export):
    file = read_gguf(export / "robo-qat-f32.gguf")
    weights, shape = file.weights(), file.shape()
    tokens = [2, 6, 500, 600, 7, 8]
    for _ in range(24):
        expected = int(logits(weights, shape, tokens, interleaved_rope=True)[-1].argmax())
        assert int(np.argmax(llama_logits(model, tokens)[-1])) == expected
        tokens.append(expected)
