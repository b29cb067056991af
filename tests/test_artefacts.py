"""Files are written whole or not at all, and a change is noticed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from cosmic.artefacts import check, files_of, intact, sha256_of, write
from cosmic.errors import ArtefactCorrupt


def test_a_written_file_is_intact_until_it_changes(tmp_path: Path) -> None:
    path = write(tmp_path / "folder" / "numbers.txt", lambda part: part.write_text("1 2 3"))
    assert path.read_text() == "1 2 3"
    assert intact(path)
    path.write_text("1 2 4")
    assert not intact(path)
    with pytest.raises(ArtefactCorrupt, match=r"numbers.txt differs from its digest"):
        check(path)


def test_a_missing_file_is_not_intact(tmp_path: Path) -> None:
    path = write(tmp_path / "gone.txt", lambda part: part.write_text("x"))
    path.unlink()
    assert not intact(path)
    with pytest.raises(ArtefactCorrupt, match=r"gone.txt is missing"):
        check(path)


def test_a_file_named_by_its_digest_needs_no_other_seal(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"rows")
    path = (tmp_path / "x").rename(tmp_path / f"{sha256_of(tmp_path / 'x')}.csv.gz")
    assert intact(path)
    path.write_bytes(b"other rows")
    assert not intact(path)


def test_a_failed_write_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", lambda part: part.write_text("old"))

    def fails(part: Path) -> None:
        part.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write(path, fails)
    assert path.read_text() == "old"
    assert intact(path)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.txt", "a.txt.sha256"]


def test_a_file_that_two_write_at_once_is_intact_at_every_moment(tmp_path: Path) -> None:
    """Two equal runs write facts of one name that differ in their seconds."""
    path = write(tmp_path / "facts.json", lambda part: part.write_text("first"))

    def writes(who: int) -> None:
        for time in range(200):
            write(path, lambda part, time=time: part.write_text(f"{who} took {time} s"))

    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(writes, who) for who in range(2)]
        while not all(end.done() for end in ends):
            assert intact(path)
    assert [end.result() for end in ends] == [None, None]
    assert intact(path)


def test_every_file_a_record_names_is_found() -> None:
    @dataclass(frozen=True)
    class Inner:
        path: Path

    @dataclass(frozen=True)
    class Outer:
        rows: int
        inner: Inner
        many: tuple[Path, ...]

    record = Outer(1, Inner(Path("a")), (Path("b"), Path("c")))
    assert list(files_of([record])) == [Path("a"), Path("b"), Path("c")]
