"""Numbers and texts carry their place in the facts onto the page, escaped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cosmic.reporting.shown import At, Number, Style, Words, marked, plain, written


@pytest.mark.parametrize(
    ("value", "style", "text"),
    [
        (101862, Style.COUNT, "101,862"),
        (0.9126, Style.SCORE, "0.913"),
        (0.9994, Style.FOUR, "0.9994"),
        (0.98, Style.PERCENT, "98"),
        (0.997, Style.PERCENT, "99.7"),
        (1.0, Style.PERCENT, "100"),
        (0.002, Style.PERCENT, "0.2"),
        (12406, Style.SIGNED_COUNT, "+12,406"),
        (0, Style.SIGNED_COUNT, "0"),
        (-0.0021, Style.SIGNED_SCORE, "−0.002"),
        (-0.0001, Style.SIGNED_SCORE, "0.000"),
        (5777.4, Style.PLAIN, "5,777"),
        (1.38651, Style.PLAIN, "1.387"),
        (1e-05, Style.PLAIN, "0.00001"),
        (50, Style.PLAIN, "50"),
    ],
)
def test_numbers_are_written_for_reading(value: float, style: Style, text: str) -> None:
    assert written(value, style) == text


def test_a_sentence_is_plain_text_and_marked_html() -> None:
    sentence = ("a < b: ", Number("results[3].test.f1", 0.9126, Style.SCORE), Words("notes[0].text", "<b>"))
    assert plain(sentence) == "a < b: 0.913<b>"
    assert marked(sentence) == (
        'a &lt; b: <data value="0.9126" data-fact="results[3].test.f1">0.913</data>'
        '<span data-fact-text="notes[0].text">&lt;b&gt;</span>'
    )


def test_a_place_knows_its_path() -> None:
    place = At({"results": [{"test": {"f1": 0.5, "a.b": None}}]})
    assert str(place["results"][0]["test"]["f1"].number(Style.SCORE)) == "0.500"
    assert 'data-fact="results[0].test.f1"' in place["results"][0]["test"]["f1"].number(Style.SCORE).__html__()
    assert place["results"][0]["test"].pairs()[1][0].path == 'results[0].test["a.b"]'
    assert place["results"][0]["test"]["a.b"].absent


def test_a_number_without_a_style_is_refused() -> None:
    with pytest.raises(TypeError, match="without a style"):
        At(3, "seed").__html__()
    with pytest.raises(TypeError, match="is not a number"):
        At("three", "seed").number(Style.COUNT)


def test_what_does_not_exist_is_a_dash() -> None:
    assert "–" in At(None, "x").number(Style.SCORE)
    assert "–" in At(None, "x").__html__()


@given(st.text())
def test_any_text_is_escaped(text: str) -> None:
    html = Words("x", text).__html__()
    inner = html.removeprefix('<span data-fact-text="x">').removesuffix("</span>")
    assert "<" not in inner
    assert ">" not in inner
