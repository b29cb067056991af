"""Images come from a folder or a zip, judged one by one, and are kept once."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from cosmic.errors import ConfigError
from cosmic.galaxyzoo.images import BadImage, Flaw, Image, judge, open_images, take_images
from tests.galaxyzoo import real


def jpeg(seed: int = 0, *, side: int = 96) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), dtype=np.uint8)
    return encoded(Pillow.fromarray(pixels))


def encoded(picture: Pillow.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG")
    return file.getvalue()


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return path


def test_a_good_image_has_its_digest_and_size() -> None:
    content = jpeg(side=100)
    assert judge(7, content) == Image(7, hashlib.sha256(content).hexdigest(), 100, 100)


@pytest.mark.parametrize(
    ("content", "flaw"),
    [
        (b"<html>503</html>", Flaw.UNDECODABLE),
        (b"", Flaw.UNDECODABLE),
        (jpeg()[: len(jpeg()) // 2], Flaw.UNDECODABLE),
        (jpeg(side=32), Flaw.WRONG_SIZE),
        (encoded(Pillow.new("RGB", (424, 424), (3, 3, 3))), Flaw.BLANK),
    ],
)
def test_a_bad_image_has_its_reason(content: bytes, flaw: Flaw) -> None:
    found = judge(7, content)
    assert isinstance(found, BadImage)
    assert found.flaw is flaw
    assert found.detail


@pytest.mark.parametrize("packed", [False, True])
def test_wanted_images_come_in_order_from_folder_and_zip_and_absent_ones_are_told(tmp_path: Path, packed: bool) -> None:
    members = {"images/3.jpg": jpeg(3), "images/1.jpg": jpeg(1), "images/9.jpg": b"nothing"}
    if packed:
        where = zip_of(tmp_path / "i.zip", members | {"__MACOSX/images/._3.jpg": b"x"})
    else:
        where = tmp_path
        (where / "images").mkdir()
        for name, content in members.items():
            (where / name).write_bytes(content)
    found = list(take_images(open_images(where), [1, 2, 3, 9]))
    assert [image.asset_id for image in found] == [1, 2, 3, 9]
    assert Counter(image.flaw for image in found if isinstance(image, BadImage)) == {
        Flaw.ABSENT: 1,
        Flaw.UNDECODABLE: 1,
    }


def test_images_are_kept_once_by_content_and_mended_where_damaged(tmp_path: Path) -> None:
    where = zip_of(tmp_path / "i.zip", {"1.jpg": jpeg(1), "2.jpg": jpeg(1), "3.jpg": jpeg(3)})
    store = tmp_path / "store"

    def take() -> list[Path]:
        found = list(take_images(open_images(where), [1, 2, 3], store=store))
        return [image.path for image in found if isinstance(image, Image) and image.path is not None]

    first, second, third = take()
    assert first == second != third
    assert sorted(path for path in store.rglob("*") if path.is_file()) == sorted({first, third})
    assert hashlib.sha256(third.read_bytes()).hexdigest() == third.stem
    written = first.stat().st_mtime_ns
    third.write_bytes(b"damaged")
    take()
    assert first.stat().st_mtime_ns == written
    assert third.read_bytes() == jpeg(3)


def test_a_damaged_member_does_not_stop_the_others(tmp_path: Path) -> None:
    where = zip_of(tmp_path / "i.zip", {"1.jpg": jpeg(1), "2.jpg": jpeg(2)})
    content = bytearray(where.read_bytes())
    content[200:240] = bytes(40)
    where.write_bytes(content)
    found = list(take_images(open_images(where), [1, 2]))
    assert isinstance(found[0], BadImage)
    assert found[0].flaw is Flaw.DAMAGED_MEMBER
    assert isinstance(found[1], Image)


@pytest.mark.parametrize("packed", [False, True])
def test_an_image_is_found_however_its_ending_is_written_and_strange_names_are_passed_over(
    tmp_path: Path, packed: bool
) -> None:
    members = {"A/1.JPG": jpeg(1), "A/2.jpeg": jpeg(2), "A/x3.jpg": jpeg(3), f"{'9' * 200}.jpg": jpeg(4)}
    if packed:
        where = zip_of(tmp_path / "i.zip", members | {f"{'9' * 5000}.jpg": jpeg(4), "../../5.jpg": jpeg(5)})
    else:
        where = tmp_path / "images"
        (where / "A").mkdir(parents=True)
        (where / "6.jpg").symlink_to(tmp_path / "nowhere")
        for name, content in members.items():
            (where / name).write_bytes(content)
    found = list(take_images(open_images(where), [1, 2, 3, 6], store=tmp_path / "store"))
    assert [isinstance(one, Image) for one in found] == [True, True, False, False]
    assert sorted(path.name for path in tmp_path.iterdir()) == [where.name, "store"]


@pytest.mark.parametrize("way", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_whatever_bytes_of_a_zip_are_damaged_there_is_an_image_or_a_reason(tmp_path: Path, way: int) -> None:
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w", way) as made:
        made.writestr("1.jpg", jpeg(1, side=64))
    rng, where = np.random.default_rng(way), tmp_path / "i.zip"
    good, refused = whole.read_bytes(), 0
    for _ in range(150):
        content = bytearray(good)
        for near in (len(good) - 80, 0, 0):  # its directory is at the end
            content[near + rng.integers(80)] = rng.integers(256)
        where.write_bytes(content)
        try:
            assert len(list(take_images(open_images(where), [1]))) == 1
        except ConfigError:
            refused += 1
    assert 0 < refused < 150


def test_a_member_with_a_password_is_told_so(tmp_path: Path) -> None:
    where = zip_of(tmp_path / "i.zip", {"1.jpg": jpeg(1)})
    content = bytearray(where.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    where.write_bytes(content)
    (found,) = take_images(open_images(where), [1])
    assert isinstance(found, BadImage)
    assert found.flaw is Flaw.LOCKED


def test_a_member_that_unpacks_to_too_much_is_not_unpacked_whole(tmp_path: Path) -> None:
    where = zip_of(tmp_path / "i.zip", {"1.jpg": bytes(64 << 20)})
    tracemalloc.start()
    (found,) = take_images(open_images(where), [1])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert isinstance(found, BadImage)
    assert found.flaw is Flaw.TOO_LARGE
    assert peak < 40 << 20


def test_a_zip_that_ends_early_is_refused(tmp_path: Path) -> None:
    where = zip_of(tmp_path / "i.zip", {"1.jpg": jpeg(1)})
    where.write_bytes(where.read_bytes()[:-30])
    with pytest.raises(ConfigError, match=r"i\.zip is no complete zip file"):
        open_images(where)


def test_memory_does_not_grow_with_the_zip(tmp_path: Path) -> None:
    def most(megabytes: int) -> int:
        where = tmp_path / f"{megabytes}.zip"
        with zipfile.ZipFile(where, "w", zipfile.ZIP_STORED) as made:
            for number in range(8):
                made.writestr(f"{number}.jpg", jpeg(number))
            for number in range(8, 8 + megabytes):
                made.writestr(f"{number}.jpg", bytes(1 << 20))
        wanted = list(range(8))
        list(take_images(open_images(where), wanted[:1]))  # Pillow's own tables are loaded once
        tracemalloc.start()
        found = list(take_images(open_images(where), wanted))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert all(isinstance(image, Image) for image in found)
        return peak

    assert most(64) < most(4) + (1 << 18)


@real.needs_real_tables
def test_the_real_images_are_all_good() -> None:
    wanted = [int(path.stem) for path in sorted(real.IMAGES.iterdir())][:60]
    found = list(take_images(open_images(real.IMAGES), wanted))
    assert {(image.width, image.height) for image in found if isinstance(image, Image)} == {(224, 224)}
    assert not [image for image in found if isinstance(image, BadImage)]
