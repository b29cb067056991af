"""An image becomes a square of pixels, or there is a reason why not."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from PIL import Image as Pillow

from cosmic.galaxyzoo.images import Flaw
from cosmic.images.decode import BUFFER, Decoded, decode
from tests.images.made import encoded, jpeg, picture

WHOLE = jpeg(1, side=424)


def pixels(content: bytes, *, size: int, crop: float) -> np.ndarray:
    found = decode(content, size=size, crop=crop)
    assert isinstance(found, Decoded), found
    return found.pixels.astype(float)


@pytest.mark.parametrize(("size", "crop"), [(64, 1.0), (64, 240 / 424), (96, 0.5), (224, 1.0), (224, 224 / 424)])
def test_pixels_are_means_of_what_they_cover(size: int, crop: float) -> None:
    whole = np.asarray(picture(1, side=424)).astype(np.float32)
    side = crop * 424
    box = ((424 - side) / 2, (424 - side) / 2, (424 + side) / 2, (424 + side) / 2)
    bands = [
        Pillow.fromarray(whole[..., band]).resize((size, size), Pillow.Resampling.BILINEAR, box=box)
        for band in range(3)
    ]
    wanted = np.stack([np.asarray(band) for band in bands], axis=2)
    found = pixels(WHOLE, size=size, crop=crop)
    assert found.shape == (size, size, 3)
    assert np.abs(found - wanted).mean() < 2.0


def test_a_square_of_the_very_size_is_the_decoded_one_pixel_for_pixel() -> None:
    lossless = encoded(picture(1, side=424), "PNG")
    assert (pixels(lossless, size=224, crop=224 / 424) == np.asarray(picture(1, side=424))[100:324, 100:324]).all()


def test_the_same_field_at_two_resolutions_gives_the_same_square() -> None:
    one, other = jpeg(1, side=424), jpeg(1, side=224)
    assert np.abs(pixels(one, size=64, crop=0.6) - pixels(other, size=64, crop=0.6)).mean() < 2.0
    assert np.abs(pixels(one, size=64, crop=0.6) - pixels(other, size=64, crop=1.0)).mean() > 10.0


def test_fine_detail_agrees_too() -> None:
    speckled = Pillow.fromarray(np.random.default_rng(4).integers(0, 255, (70, 70, 3), dtype=np.uint8))
    large = speckled.resize((424, 424), Pillow.Resampling.BICUBIC)
    one, other = (encoded(image, quality=95) for image in (large, large.resize((224, 224), Pillow.Resampling.LANCZOS)))
    for size in (32, 48, 64):
        off = np.abs(pixels(one, size=size, crop=1.0) - pixels(other, size=size, crop=1.0)).mean()
        assert off < 10, size  # the box filter: 14 to 23


def test_the_square_is_about_the_middle_of_an_oblong() -> None:
    wide = Pillow.new("RGB", (300, 100))
    wide.paste(picture(2, side=100), (100, 0))
    assert np.abs(pixels(encoded(wide, "PNG"), size=100, crop=1.0) - np.asarray(picture(2, side=100))).max() == 0


def test_digest_and_sides_are_the_files_own() -> None:
    found = decode(WHOLE, size=64, crop=0.5)
    assert isinstance(found, Decoded)
    assert (found.sha256, found.width, found.height) == (hashlib.sha256(WHOLE).hexdigest(), 424, 424)


def test_nothing_of_the_buffer_stays_in_what_is_returned() -> None:
    buffer = np.empty(BUFFER, np.uint8)
    for size, crop in ((224, 224 / 424), (64, 1.0)):
        found = decode(WHOLE, size=size, crop=crop, buffer=buffer)
        assert isinstance(found, Decoded)
        before = found.pixels.copy()
        decode(jpeg(2, side=424), size=size, crop=crop, buffer=buffer)
        assert (found.pixels == before).all()
        assert (before == pixels(WHOLE, size=size, crop=crop)).all()


def test_a_buffer_that_is_too_small_changes_nothing() -> None:
    found = decode(WHOLE, size=64, crop=1.0, buffer=np.empty(10, np.uint8))
    assert isinstance(found, Decoded)
    assert (found.pixels == pixels(WHOLE, size=64, crop=1.0)).all()


@pytest.mark.parametrize(
    ("content", "flaw", "detail"),
    [
        (b"<html>503</html>", Flaw.UNDECODABLE, "html"),
        (b"", Flaw.UNDECODABLE, "0 bytes"),
        (WHOLE[: len(WHOLE) // 2], Flaw.UNDECODABLE, "Premature end"),
        (WHOLE[: len(WHOLE) // 2] + b"\xff\xd9", Flaw.UNDECODABLE, "premature end"),  # Pillow shows it, half grey
        (jpeg(side=32), Flaw.WRONG_SIZE, "32 x 32"),
        (encoded(picture(1, side=32), "PNG"), Flaw.WRONG_SIZE, "32 x 32"),
        (encoded(Pillow.new("RGB", (424, 424), (3, 3, 3))), Flaw.BLANK, "0.0"),
        (encoded(picture(1), "GIF"), Flaw.UNDECODABLE, "GIF"),
        (encoded(Pillow.new("I;16", (96, 96)), "PNG"), Flaw.UNDECODABLE, "I;16"),
        (encoded(picture(1), "PNG")[:-40], Flaw.UNDECODABLE, ""),
        pytest.param(bytes((8 << 20) + 1), Flaw.TOO_LARGE, "bytes", id="more than 8 MB"),
    ],
)
def test_a_bad_image_has_its_reason(content: bytes, flaw: Flaw, detail: str) -> None:
    found = decode(content, size=64, crop=0.5)
    assert isinstance(found, tuple)
    assert found[0] is flaw
    assert detail in found[1]


def test_what_is_blank_where_it_is_looked_at_is_blank() -> None:
    framed = Pillow.new("RGB", (200, 200))
    framed.paste(picture(1, side=40), (0, 0))
    assert isinstance(decode(encoded(framed, "PNG"), size=64, crop=1.0), Decoded)
    assert decode(encoded(framed, "PNG"), size=64, crop=0.5)[0] is Flaw.BLANK  # type: ignore[index]


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_colours_come_as_red_green_and_blue(mode: str) -> None:
    found = pixels(encoded(picture(1).convert(mode)), size=64, crop=1.0)
    assert found.shape == (64, 64, 3)
    assert np.abs(found - pixels(encoded(picture(1).convert(mode).convert("RGB")), size=64, crop=1.0)).mean() < 4.0


def test_what_the_fast_decoder_alone_refuses_is_pillows() -> None:
    scan = WHOLE.index(b"\xff\xda")
    odd = WHOLE[:scan] + b"\x12\x34" + WHOLE[scan:]  # extraneous bytes between two parts: nothing is lacking
    simplejpeg = pytest.importorskip("simplejpeg")
    with pytest.raises(ValueError, match="extraneous"):
        simplejpeg.decode_jpeg(odd)
    assert np.abs(pixels(odd, size=64, crop=0.5) - pixels(WHOLE, size=64, crop=0.5)).mean() < 3.0
