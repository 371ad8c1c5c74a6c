"""The GGUF vocabulary, piece by piece against sentencepiece."""

import pytest
from robo_convert.vocabulary import read_vocabulary, same_vocabulary
from robo_runtime.errors import RoboError
from robo_runtime.gguf_file import PieceType, Vocabulary
from robo_runtime.prompt import N_CONTROL, control_tokens
from sentencepiece import SentencePieceProcessor
from sentencepiece import sentencepiece_model_pb2 as pb


@pytest.fixture
def proto(tokenizer_model):
    return pb.ModelProto.FromString(tokenizer_model)


@pytest.fixture
def vocabulary(tokenizer_model):
    return read_vocabulary(tokenizer_model, 1024, "tokenizer.model")


def test_every_piece_has_sentencepieces_text_score_and_type(tokenizer_model, vocabulary):
    sp = SentencePieceProcessor(model_proto=tokenizer_model)
    assert len(vocabulary) == sp.get_piece_size()
    for i in range(len(vocabulary)):
        piece, kind = sp.id_to_piece(i), vocabulary.types[i]
        assert vocabulary.scores[i] == sp.get_score(i)
        assert (kind == PieceType.CONTROL) == sp.is_control(i)
        assert (kind == PieceType.BYTE) == sp.is_byte(i)
        assert (kind == PieceType.UNKNOWN) == sp.is_unknown(i)
        expected = piece.replace(" ", "\u2581") if kind == PieceType.NORMAL else piece
        assert vocabulary.texts[i] == expected


def test_spaces_are_escaped_in_pieces_and_real_in_user_symbols(vocabulary):
    normal = [t for t, k in zip(vocabulary.texts, vocabulary.types, strict=True) if k == PieceType.NORMAL]
    user = {t for t, k in zip(vocabulary.texts, vocabulary.types, strict=True) if k == PieceType.USER_DEFINED}
    assert not any(" " in text for text in normal)
    assert any("\u2581" in text for text in normal)
    assert user == {"\n", "\t"}


def test_control_tokens_are_those_of_the_prompt_format(vocabulary):
    assert vocabulary.texts[:N_CONTROL] == control_tokens()


def test_a_vocabulary_of_another_size_is_refused(tokenizer_model):
    with pytest.raises(RoboError, match=r"has 1024 pieces, config\.json has vocab_size 2048"):
        read_vocabulary(tokenizer_model, 2048, "tokenizer.model")


def test_a_file_that_is_no_sentencepiece_model_is_refused():
    with pytest.raises(RoboError, match="not a SentencePiece model"):
        read_vocabulary(b"not a model \xff", 1024, "tokenizer.model")


def _changed(proto, change):
    change(proto)
    return proto.SerializeToString()


def _set(path, value):
    def change(proto):
        *parents, key = path.split(".")
        target = proto
        for name in parents:
            target = getattr(target, name)
        setattr(target, key, value)

    return change


def _piece(index, **values):
    def change(proto):
        for key, value in values.items():
            setattr(proto.pieces[index], key, value)

    return change


NORMAL = pb.ModelProto.SentencePiece.NORMAL
USER = pb.ModelProto.SentencePiece.USER_DEFINED


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("trainer_spec.model_type", pb.TrainerSpec.UNIGRAM), "model_type must be bpe"),
        (_set("normalizer_spec.add_dummy_prefix", True), "add_dummy_prefix is True"),
        (_set("normalizer_spec.remove_extra_whitespaces", True), "remove_extra_whitespaces is True"),
        (_set("normalizer_spec.precompiled_charsmap", b"x"), "precompiled_charsmap is True"),
        (_set("trainer_spec.byte_fallback", False), "byte_fallback is False"),
        (_piece(6, type=USER), r"id 6 is '\[USER\]' of type USER_DEFINED"),
        (_piece(9, piece="[/PROGRAM]"), r"id 9 is '\[/PROGRAM\]'.*train the tokenizer again"),
        (_piece(70, type=NORMAL), "byte pieces are not the 256"),
        (_piece(1000, piece="a\u2581b"), r"holds U\+2581"),
        (_piece(1000, piece="\n "[::-1], type=USER), r"overlap in '\\n'"),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
def test_a_tokenizer_llama_cpp_would_read_differently_is_refused(proto, change, message):
    with pytest.raises(RoboError, match=message):
        read_vocabulary(_changed(proto, change), 1024, "tokenizer.model")


def test_two_ids_with_one_text_are_refused(proto):
    proto.pieces[1000].piece = proto.pieces[900].piece
    with pytest.raises(RoboError, match="ids 900 and 1000 are both"):
        read_vocabulary(proto.SerializeToString(), 1024, "tokenizer.model")


def test_a_difference_names_the_token(vocabulary):
    scores = list(vocabulary.scores)
    scores[700] += 1
    other = Vocabulary(vocabulary.texts, scores, vocabulary.types)
    with pytest.raises(RoboError, match=r"x\.gguf: token 700 is "):
        same_vocabulary(other, vocabulary, "x.gguf")
