"""Array files are read whole from many threads, on a Python whose parser is not made for it too."""

import io
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from cosmic import array_files


def test_an_array_is_read_as_written(tmp_path: Path) -> None:
    written = np.arange(12.0).reshape(3, 4)
    np.save(tmp_path / "a.npy", written)

    np.testing.assert_array_equal(array_files.load(tmp_path / "a.npy"), written)
    mapped = array_files.load(tmp_path / "a.npy", mapped=True)
    np.testing.assert_array_equal(mapped, written)
    assert not mapped.flags.writeable


def test_all_arrays_of_a_file_come_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", one=np.ones(3), none=np.zeros((0, 2)))

    found = array_files.load_all(tmp_path / "a.npz")

    assert {name: value.shape for name, value in found.items()} == {"one": (3,), "none": (0, 2)}


def test_python_objects_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)

    with pytest.raises(ValueError, match="allow_pickle"):
        array_files.load(tmp_path / "a.npy")


class SlowFile(io.BytesIO):
    """A file that notes how many threads are reading one at once."""

    reading = 0
    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        SlowFile.reading += 1
        SlowFile.most = max(SlowFile.most, SlowFile.reading)
        time.sleep(0.002)
        SlowFile.reading -= 1
        return super().read(size)


def test_one_thread_reads_at_a_time() -> None:
    """Two that parse at once, and a collection in between, and Python 3.11.7 raises a SystemError; too rarely for a test."""
    content = io.BytesIO()
    np.save(content, np.zeros((3, 4)))

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(array_files.load, [SlowFile(content.getvalue()) for _ in range(8)]))

    assert len(found) == 8
    assert SlowFile.most == 1
