"""Images become pixels on disk once, whoever makes them; what cannot be used is set apart with the reason."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from cosmic.errors import ConfigError
from cosmic.galaxyzoo.images import Flaw
from cosmic.images import pixels as decoded
from cosmic.images.decode import Decoded, decode
from cosmic.images.listing import from_folder
from cosmic.images.pixels import SAME_BYTES, SAME_PIXELS, load, make_pixels, read_rows
from cosmic.images.records import ImageList, Pixels
from tests.galaxyzoo import real
from tests.images.made import encoded, image_folder, jpeg, picture, table

N = 300
"""More than two batches."""


def listed(home: Path, files: dict[str, bytes], *, galaxies: dict[str, str] | None = None) -> ImageList:
    image_folder(home / "images", files)
    names = [Path(name).stem for name in files]
    lines = [f"{name},{(galaxies or {}).get(name, name)},x" for name in names]
    return from_folder(home / "images", table(home / "labels.csv", "image,galaxy_id,label", lines), folder=home)


def made(home: Path, listing: ImageList, *, size: int = 16, crop: float = 0.5, workers: int = 2) -> Pixels:
    return make_pixels(listing, size=size, crop=crop, folder=home / "pixels", workers=workers)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImageList]:
    home = tmp_path_factory.mktemp("many")
    return home, listed(home, {f"{at:03}.jpg": jpeg(at, side=64) for at in range(N)})


def test_every_image_is_at_its_place(many: tuple[Path, ImageList]) -> None:
    home, listing = many
    told: list[tuple[int, int, int]] = []
    found = make_pixels(listing, size=16, crop=0.5, folder=home / "told", report=lambda *how: told.append(how))
    rows, all_ = read_rows(found), load(found)
    assert (found.images, all_.shape, all_.dtype) == (N, (N, 16, 16, 3), np.uint8)
    assert told == [(128, N, 0), (256, N, 0), (N, N, 0)]
    for row in rows.slice(0, N).to_pylist()[::37]:
        alone = decode(Path(row["path"]).read_bytes(), size=16, crop=0.5)
        assert isinstance(alone, Decoded)
        assert (all_[row["place"]] == alone.pixels).all()
        assert (row["sha256"], row["width"], row["kin"]) == (alone.sha256, 64, row["galaxy"])


def test_the_result_does_not_depend_on_how_many_made_it(many: tuple[Path, ImageList]) -> None:
    home, listing = many
    one, four = (made(home / str(workers), listing, workers=workers) for workers in (1, 4))
    assert one.id == four.id
    for name in ("path", "rows", "bad"):
        assert getattr(one, name).read_bytes() == getattr(four, name).read_bytes()


def test_pixels_that_are_there_and_intact_are_not_made_again(many: tuple[Path, ImageList]) -> None:
    home, listing = many
    first = made(home, listing)
    before = first.path.stat().st_ino
    assert made(home, listing) == first
    assert first.path.stat().st_ino == before
    content = bytearray(first.path.read_bytes())
    content[-1] ^= 1
    first.path.write_bytes(content)
    assert made(home, listing) == first
    assert first.path.read_bytes() != bytes(content), "made anew where they were changed"


def test_size_crop_and_content_are_in_the_name(many: tuple[Path, ImageList], tmp_path: Path) -> None:
    home, listing = many
    ids = {made(home, listing, size=size, crop=crop).id for size, crop in ((16, 0.5), (8, 0.5), (16, 1.0))}
    assert len(ids) == 3
    one = made(tmp_path / "one", listed(tmp_path / "one", {"1.jpg": jpeg(1), "2.jpg": jpeg(2)}))
    same = made(tmp_path / "same", listed(tmp_path / "same", {"1.jpg": jpeg(1), "2.jpg": jpeg(2)}))
    other = made(tmp_path / "other", listed(tmp_path / "other", {"1.jpg": jpeg(1), "2.jpg": jpeg(3)}))
    assert one.id == same.id != other.id


def test_an_image_that_changed_on_disk_is_decoded_again(tmp_path: Path) -> None:
    before = made(tmp_path, listed(tmp_path, {"1.jpg": jpeg(1), "2.jpg": jpeg(2)}))
    after = made(tmp_path, listed(tmp_path, {"1.jpg": jpeg(1), "2.jpg": jpeg(3, side=128)}))
    assert before.id != after.id
    assert (load(before)[1] != load(after)[1]).any()


def test_an_interrupted_run_leaves_nothing(many: tuple[Path, ImageList], tmp_path: Path) -> None:
    def interrupt(done: int, total: int, bad: int) -> None:
        raise KeyboardInterrupt

    threads = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        make_pixels(many[1], size=16, crop=0.5, folder=tmp_path, report=interrupt)
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads


def test_what_cannot_be_used_is_set_apart_with_the_reason(tmp_path: Path) -> None:
    grey = encoded(picture(9).convert("L"), "PNG")
    files = {"a.jpg": jpeg(1), "b.jpg": jpeg(2)[:500], "c.png": grey, "d.jpg": b"", "e.jpg": jpeg(1, side=40)}
    listing = listed(tmp_path, files | {"gone.jpg": jpeg(3)})
    (tmp_path / "images" / "gone.jpg").unlink()
    found = made(tmp_path, listing)
    assert read_rows(found)["image"].to_pylist() == ["a", "c"]
    assert found.reasons == {Flaw.ABSENT: 1, Flaw.UNDECODABLE: 2, Flaw.WRONG_SIZE: 1}
    bad = {row["image"]: row for row in pq.read_table(found.bad).to_pylist()}
    assert set(bad) == {"b", "d", "e", "gone"}
    assert "40 x 40" in bad["e"]["detail"]


def test_the_same_picture_under_two_ids_stays_under_the_first(tmp_path: Path) -> None:
    lossless = encoded(picture(5), "PNG")
    again = encoded(picture(5), "PNG", compress_level=1)
    assert lossless != again
    found = made(tmp_path, listed(tmp_path, {"1.jpg": jpeg(1), "2.jpg": jpeg(1), "3.png": lossless, "4.png": again}))
    assert read_rows(found)["image"].to_pylist() == ["1", "3"]
    assert pq.read_table(found.bad).to_pylist() == [
        {"image": "2", "galaxy": "2", "reason": SAME_BYTES, "detail": "as 1"},
        {"image": "4", "galaxy": "4", "reason": SAME_PIXELS, "detail": "as 3"},
    ]


def test_galaxies_that_share_a_picture_are_kin_and_have_one_block(tmp_path: Path) -> None:
    files = {f"{at}.jpg": jpeg(at) for at in range(1, 7)} | {"8.jpg": jpeg(2), "9.jpg": jpeg(4)}
    galaxies = {
        "1": "A",
        "2": "A",
        "3": "B",
        "8": "B",
        "4": "B",
        "5": "C",
        "9": "C",
        "6": "D",
    }  # A ~ B by 2, B ~ C by 4
    rows = read_rows(made(tmp_path, listed(tmp_path, files, galaxies=galaxies))).to_pylist()
    assert {row["galaxy"]: (row["kin"], row["block"]) for row in rows} == {
        "A": ("A", "galaxy:A"), "B": ("A", "galaxy:A"), "C": ("A", "galaxy:A"), "D": ("D", "galaxy:D"),
    }  # fmt: skip


@pytest.mark.parametrize(("size", "crop"), [(16, 0.0), (16, 1.1), (0, 0.5)])
def test_a_square_that_is_none_is_refused(many: tuple[Path, ImageList], size: int, crop: float) -> None:
    with pytest.raises(ConfigError, match="crop"):
        made(many[0], many[1], size=size, crop=crop)


def test_a_run_holds_no_more_than_a_few_batches(many: tuple[Path, ImageList], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    whole = np.memmap

    def watched(*given: object, **named: object) -> np.memmap:
        mapped = whole(*given, **named)  # type: ignore[call-overload]
        asked.append(mapped.nbytes)
        return mapped

    monkeypatch.setattr(np, "memmap", watched)
    make_pixels(many[1], size=24, crop=0.5, folder=many[0] / "watched")
    assert len(asked) == 3
    assert max(asked) == decoded._TOGETHER * 24 * 24 * 3


@real.needs_real_tables
def test_the_real_images_of_224_px_show_the_whole_field_of_those_of_424_px(tmp_path: Path) -> None:
    larger = real.FOLDER / "galaxy_zoo_clean5" / "images" / "669407.jpg"
    if not larger.is_file():
        pytest.skip(f"{larger} is not there")
    small = decode((real.IMAGES / "142801.jpg").read_bytes(), size=64, crop=0.6)
    same, cut = (decode(larger.read_bytes(), size=64, crop=crop) for crop in (0.6, 0.6 * 224 / 424))
    assert isinstance(small, Decoded)
    assert isinstance(same, Decoded)
    assert isinstance(cut, Decoded)
    off, off_cut = (np.abs(small.pixels.astype(float) - one.pixels).mean() for one in (same, cut))
    assert off < 2.5
    assert off_cut > 3 * off
