"""The cache: made once, made again when a source changes, and never in the way."""

from __future__ import annotations

import shutil

import pytest
from robo_runtime import cache
from robo_runtime.paths import configs_dir
from robo_runtime.registry import load_registry


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_text_is_made_once():
    calls = []

    def make():
        calls.append(1)
        return "text é"

    assert [cache.cached_text("a.txt", make) for _ in range(3)] == ["text é"] * 3
    assert len(calls) == 1
    cache.cached_text("a.txt", make, fresh=True)
    assert len(calls) == 2


def test_a_cache_that_cannot_be_written_or_read_is_no_error(folder):
    folder.write_text("a file where the folder should be")
    assert cache.cached_text("a.txt", lambda: "text") == "text"
    folder.unlink()
    folder.mkdir()
    (folder / "a.txt").write_bytes(b"\xff\xfe")
    assert cache.cached_text("a.txt", lambda: "text") == "text"


def test_only_the_newest_entries_stay(folder):
    for i in range(30):
        cache.cached_text(f"{i}.txt", lambda: "text")
    assert len(list(folder.iterdir())) <= 16


def test_the_fingerprint_depends_on_names_contents_and_words(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("1")
    b.write_text("2")
    prints = {cache.fingerprint([a, b]), cache.fingerprint([a]), cache.fingerprint([a, b], "x")}
    a.write_text("3")
    prints.add(cache.fingerprint([a, b]))
    assert len(prints) == 4
    assert cache.fingerprint([a, b]) == cache.fingerprint([b, a])


def test_the_grammar_follows_the_registry(tmp_path, monkeypatch, folder):
    shutil.copytree(configs_dir(), tmp_path / "configs")
    monkeypatch.setenv("ROBO_CONFIGS", str(tmp_path / "configs"))
    first = cache.grammar_text("esp32")
    assert len(list(folder.glob("*.gbnf"))) == 1
    assert cache.grammar_text("esp32") == first
    path = tmp_path / "configs" / "firmware" / "led.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\n# a new line\n", encoding="utf-8")
    cache.grammar_text("esp32")
    assert len(list(folder.glob("*.gbnf"))) == 2


def test_the_registry_from_the_cache_equals_the_one_from_yaml(folder):
    for _ in range(2):
        assert cache.configured_registry() == load_registry()
    (entry,) = folder.glob("*.json")
    entry.write_text("{damaged", encoding="utf-8")
    assert cache.configured_registry() == load_registry()
