"""What is known of a file is the same whether it is read now, read ahead by another process, or left by an earlier run."""

import os
import sys
from pathlib import Path

import msgspec
import pytest

from fastapi_lint.cache import Cache
from fastapi_lint.keeping import Pack, digest
from fastapi_lint.reading import ahead, quick, shelf
from fastapi_lint.reading.ahead import Ahead
from fastapi_lint.reading.facts import Facts, facts
from fastapi_lint.reading.shelf import Shelf
from fastapi_lint.source import Source, SourceError

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "fastapi_lint").rglob("*.py"))
ODD = "a = '\\ud800'\n\ndef f():\n    return 10 ** 3 + 99999999999999999999999\n\ndef g():\n    return )\n\nx = [1.5, None, True, b'\\xff', 1j, ...]\n"
forks = pytest.mark.skipif(sys.platform != "linux", reason="processes are only copied on Linux")


def _source(text: str) -> Source:
    return Source("odd.py", text.encode(), text, "utf-8")


def _kept(found: Facts) -> Facts:
    return msgspec.msgpack.decode(msgspec.msgpack.encode(found), type=Facts)


def test_records_survive_being_written_down() -> None:
    units = 0
    for file in FILES:
        source = Source.read(file.name, file)
        found = _kept(facts(source))
        assert found.chunks == facts(source).chunks
        for index, chunk in enumerate(found.chunks):
            if file.name == "paint.py" and found.unit(index) is None:
                continue  # has a lone surrogate
            units += 1
            assert repr(found.unit(index)) == repr(quick.unit(source.text[chunk.start : chunk.end], index, 1))
    assert units > 1000


def test_what_cannot_be_written_down_is_not_known() -> None:
    source = _source(ODD)
    found = _kept(facts(source))
    known = [found.unit(index) is not None for index in range(len(found.chunks))]
    assert [chunk.name for chunk in found.chunks] == ["", "f", "g", ""]
    assert known == [False, True, False, True]
    last = found.chunks[3]
    assert repr(found.unit(3)) == repr(quick.unit(source.text[last.start : last.end], 3, 1))


@forks
def test_files_are_read_ahead() -> None:
    texts = [(file.name, file.read_bytes()) for file in FILES[:40]] + [("bad.py", b"\xff\xff")]
    other = Ahead(texts)
    try:
        taken = [other.take(number) for number in reversed(range(len(texts)))]
    finally:
        other.end()
    for found, (name, data) in zip(reversed(taken), texts, strict=True):
        if found is not None:
            assert msgspec.msgpack.decode(found, type=Facts) == facts(Source.decode(name, data))


@forks
def test_each_file_is_read_once() -> None:
    texts = [(file.name, file.read_bytes()) for file in FILES[:10]]
    other = Ahead(texts)
    try:
        os.waitid(os.P_PID, other._process, os.WEXITED | os.WNOWAIT)
        assert all(other.take(number) is not None for number in range(len(texts)))
    finally:
        other.end()


@forks
def test_a_lost_copy_leaves_the_work_to_us(monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(source: Source) -> Facts:
        os._exit(1)

    monkeypatch.setattr(ahead, "facts", dying)
    texts = [(file.name, file.read_bytes()) for file in FILES[:3]]
    other = Ahead(texts)
    os.waitid(os.P_PID, other._process, os.WEXITED | os.WNOWAIT)
    assert [other.take(number) for number in range(3)] == [None, None, None]
    other.end()


@forks
def test_too_little_room_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "ROOM", 0)
    other = Ahead([("a.py", b"x = 1\n")])
    os.waitid(os.P_PID, other._process, os.WEXITED | os.WNOWAIT)
    assert other.take(0) is None
    other.end()


@forks
def test_a_shelf_gives_the_same_from_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "WORTH_READING_AHEAD", 0)
    sources = [Source.read(file.name, file) for file in FILES[:20]]
    now = [facts(source) for source in sources]
    cache = Cache(tmp_path / "cache", b"k" * 32)

    def found() -> list[Facts]:
        pack = Pack("facts", cache, "here")
        one = Shelf(pack)
        one.read_ahead((source.path, source.data) for source in sources)
        try:
            return [one.facts(source) for source in sources]
        finally:
            one.stop_reading_ahead()
            pack.keep()

    assert found() == now
    monkeypatch.setattr(shelf, "facts", lambda source: pytest.fail("it was kept"))
    assert found() == now


def test_a_pack_keeps_what_was_used_and_a_little_more(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", b"k" * 32)
    first = Pack("facts", cache, "here")
    for number in range(10):
        first.put(digest(b"%d" % number), msgspec.msgpack.encode("x" * 100))
    first.keep()
    second = Pack("facts", cache, "here")
    assert msgspec.msgpack.decode(second.get(digest(b"3")) or b"") == "x" * 100
    for number in range(20, 23):
        second.put(digest(b"%d" % number), msgspec.msgpack.encode("x" * 100))
    second.keep()
    third = Pack("facts", cache, "here")
    assert all(digest(b"%d" % number) in third for number in (3, 20, 21, 22))
    assert sum(digest(b"%d" % number) in third for number in range(10)) == 3


def test_a_pack_of_something_else_is_empty(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", b"k" * 32)
    cache.store("facts", "here", msgspec.msgpack.encode({"no": "list"}))
    assert Pack("facts", cache, "here").get(digest(b"1")) is None
    assert digest(b"1") not in Pack("facts", cache, "there")


def test_digests_tell_where_a_part_ends() -> None:
    assert digest(b"ab", b"c") != digest(b"a", b"bc")


def test_a_file_that_is_no_text_raises() -> None:
    with pytest.raises(SourceError):
        Source.decode("bad.py", b"\xff\xff")


def test_packs_of_old_releases_go(tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", b"k" * 32)
    for release in range(4):
        pack = Pack("facts", cache, f"release-{release}")
        pack.put(digest(b"1"), msgspec.msgpack.encode(release))
        pack.keep()
        os.utime(tmp_path / f"cache/facts/release-{release}", ns=(release, release))
    assert {file.name for file in (tmp_path / "cache/facts").iterdir()} == {"release-2", "release-3"}
