"""Turns the cells of a file into values of a canonical column, and names each cell that is none.

Vectorised; knows no file format and no alias. Ids stay text from end to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cosmic.columns import Column, Group, Kind

NOT_A_NUMBER: Final = "not a number"
NOT_FINITE: Final = "not a finite number"
NOT_AN_INTEGER: Final = "not an integer"
BEYOND_INTEGER: Final = "beyond the range of a 64-bit integer"
NOT_AN_ID: Final = "not an id of up to 20 digits"
ROUNDED_ID: Final = (
    "the id was rounded in a floating-point number; export ids as text, or leave the column out with --column NAME=-"
)
CUT_ID: Final = (
    "an id beyond 2**63 was stored as a signed number; export ids as text, or leave the column out with --column NAME=-"
)

_FLOAT_DIGITS: Final = 16
"""Ids of up to so many digits fit a float, but for few."""
_ENOUGH_IDS: Final = 20
_ENOUGH_DISTINCT: Final = 3
"""Few: what was rounded coincides."""
_LOOKED_AT: Final = 2000
_NO_NUMBER: Final = pa.array(["", "null", "nan", "none", "na", "n/a", "--"])
_NO_TEXT: Final = ("", "null", "nan", "--")
_NO_SUBCLASS: Final = (*_NO_TEXT, "none")
_NO_ID: Final = r"^(0+(\.0*)?|-1(\.0*)?|-9999(\.0*)?)$"
"""Ids that say "none": 0 in SDSS, -1 and -9999 elsewhere."""
_NUMBER: Final = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_FLOAT: Final = r"^[+-]?[0-9]*(\.[0-9]*([eE][+-]?[0-9]+)?|[eE][+-]?[0-9]+)$"
_DIGITS: Final = r"^[0-9]{1,20}$"
_SHORT_DIGITS: Final = r"^[+-]?[0-9]{1,18}$"
_SMALL_FLOAT_ID: Final = r"^[0-9]{1,15}\.0*$"
_LARGEST_SIGNED: Final = str(2**63 - 1)
_EXACT_IN_FLOAT: Final = {16: 2.0**11, 32: 2.0**24, 64: 2.0**53}
"""Bits of a float to the integer from which it rounds."""
_CLASS_WORDS: Final = {"QUASAR": "QSO"}


@dataclass(frozen=True, slots=True)
class Cast:
    """A column in its canonical type.

    Parameters
    ----------
    values : pyarrow.Array
        n values; null where the cell was empty or no value of the type.
    failures : tuple of (pyarrow.Array, str)
        Masks of the n cells that failed, disjoint, each with its reason.
    absent : int
        Ids that said "none" by a mark such as 0.
    """

    values: pa.Array
    failures: tuple[tuple[pa.Array, str], ...] = ()
    absent: int = 0


def cast(cells: pa.Array, column: Column) -> Cast:
    """Return the cells of a file as values of a canonical column.

    Parameters
    ----------
    cells : pyarrow.Array
        n cells as the format delivers them, of any type.
    column : Column
        The canonical column.
    """
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if column.kind is Kind.FLOAT:
        return _floats(cells)
    if column.kind is Kind.INTEGER:
        return _integers(cells)
    return _ids(cells) if column.group is Group.IDENTITY else Cast(_texts(cells, column))


def cell_texts(cells: pa.Array) -> pa.Array:
    """Return cells as text, for messages."""
    if pa.types.is_binary(cells.type) or pa.types.is_large_binary(cells.type):
        return pa.array([None if value is None else value.decode("utf-8", "replace") for value in cells.to_pylist()])
    return cells.cast(pa.string())


def rounded_ids(found: Cast) -> tuple[pa.Array, int]:
    """Return the mask of n ids that were rounded through a float, and how many cells of the column hold an id at all."""
    masks = [mask for mask, reason in found.failures if reason == ROUNDED_ID]
    rounded = reduce(pc.or_, masks, pa.repeat(False, len(found.values)))
    failed = sum(pc.sum(mask).as_py() or 0 for mask, _ in found.failures)
    return rounded, len(found.values) - found.values.null_count + failed


def went_through_a_float(ids: pa.Array) -> bool:
    """Return whether ids in whole numbers were floats before: every one that a float could not hold exactly is one it can.

    Of ids between 2**60 and 2**61, as those of SDSS's photometry, one in 256 is. Only for ids whose last bits vary:
    specObjID ends in zeros.
    """
    long = [int(one) for one in ids.drop_null().slice(0, _LOOKED_AT).to_pylist() if len(one) > _FLOAT_DIGITS]
    if len(long) < _ENOUGH_IDS or len(set(long)) < _ENOUGH_DISTINCT:
        return False
    return all(int(float(one)) == one for one in set(long))


def _floats(cells: pa.Array) -> Cast:
    if not _is_numeric(cells):
        return _finite(*_numbers_from_text(cell_texts(cells)))
    return _finite(cells.cast(pa.float64(), safe=False), ())


def _numbers_from_text(texts: pa.Array) -> tuple[pa.Array, tuple[tuple[pa.Array, str], ...]]:
    try:
        return pc.if_else(pc.equal(texts, ""), None, texts).cast(pa.float64()), ()
    except pa.ArrowInvalid:
        present = _without(pc.ascii_trim_whitespace(texts), _NO_NUMBER)
        good = _true(pc.match_substring_regex(present, _NUMBER))
        bad = pc.and_(pc.is_valid(present), pc.invert(good))
        infinite = pc.and_(bad, _true(pc.match_substring_regex(present, "^[+-]?inf(inity)?$", ignore_case=True)))
        failures = ((infinite, NOT_FINITE), (pc.and_not(bad, infinite), NOT_A_NUMBER))
        return pc.if_else(good, present, None).cast(pa.float64()), failures


def _finite(numbers: pa.Array, failures: tuple[tuple[pa.Array, str], ...]) -> Cast:
    infinite = _true(pc.is_inf(numbers))
    unusable = pc.or_(infinite, _true(pc.is_nan(numbers)))
    if pc.any(unusable).as_py():
        numbers = pc.if_else(unusable, None, numbers)
    return Cast(numbers, (*failures, (infinite, NOT_FINITE)))


def _integers(cells: pa.Array) -> Cast:
    if pa.types.is_boolean(cells.type):
        return Cast(cells.cast(pa.int64()))
    if pa.types.is_integer(cells.type):
        try:
            return Cast(cells.cast(pa.int64()))
        except pa.ArrowInvalid:  # unsigned 64-bit
            beyond = _true(pc.greater(cells, pa.scalar(2**63 - 1, pa.uint64())))
            return Cast(pc.if_else(beyond, None, cells).cast(pa.int64()), ((beyond, BEYOND_INTEGER),))
    if _is_numeric(cells):
        return _whole(_floats(cells))
    texts = cell_texts(cells)
    try:
        return Cast(pc.if_else(pc.equal(texts, ""), None, texts).cast(pa.int64()))
    except pa.ArrowInvalid:
        trimmed = pc.ascii_trim_whitespace(texts)
        short = _true(pc.match_substring_regex(trimmed, _SHORT_DIGITS))
        exact = pc.utf8_ltrim(pc.if_else(short, trimmed, None), "+").cast(pa.int64())
        rest = _whole(_floats(pc.if_else(short, None, texts)))
        return Cast(pc.coalesce(exact, rest.values), rest.failures)


def _whole(numbers: Cast) -> Cast:
    """Return numbers such as 2891.0 as integers."""
    fractional = _true(pc.not_equal(pc.floor(numbers.values), numbers.values))
    beyond = pc.and_not(_true(pc.greater_equal(pc.abs(numbers.values), 2.0**63)), fractional)
    usable = pc.if_else(pc.or_(fractional, beyond), None, numbers.values)
    failures = (*numbers.failures, (fractional, NOT_AN_INTEGER), (beyond, BEYOND_INTEGER))
    return Cast(usable.cast(pa.int64(), safe=False), failures)


def _ids(cells: pa.Array) -> Cast:
    """Return ids as text without leading zeros."""
    failures: tuple[tuple[pa.Array, str], ...] = ()
    if pa.types.is_floating(cells.type):
        numbers = _finite(cells.cast(pa.float64(), safe=False), ())
        rounded = _true(pc.greater_equal(pc.abs(numbers.values), _EXACT_IN_FLOAT[cells.type.bit_width]))
        whole = _whole(Cast(pc.if_else(rounded, None, numbers.values), numbers.failures))
        cells, failures = whole.values, (*whole.failures, (rounded, ROUNDED_ID))
    present = _without(pc.ascii_trim_whitespace(cell_texts(cells)), _NO_NUMBER)
    if pa.types.is_decimal(cells.type):
        present = pc.replace_substring_regex(present, r"\.0+$", "")
    none = _true(pc.match_substring_regex(present, _NO_ID))
    present = pc.if_else(none, None, present)
    small = _true(pc.match_substring_regex(present, _SMALL_FLOAT_ID))
    if pc.any(small).as_py():
        present = pc.if_else(small, pc.replace_substring_regex(present, r"\.0*$", ""), present)
    good = _true(pc.match_substring_regex(present, _DIGITS))
    present = pc.if_else(good, pc.utf8_ltrim(present, "0"), present)
    cut = pc.or_(_true(pc.equal(present, _LARGEST_SIGNED)), _true(pc.match_substring_regex(present, r"^-[0-9]{10,}$")))
    bad = pc.and_not(pc.and_(pc.is_valid(present), pc.invert(good)), cut)
    rounded = pc.and_(bad, _true(pc.match_substring_regex(present, _FLOAT)))
    values = pc.if_else(pc.and_not(good, cut), present, None)
    failures = (*failures, (cut, CUT_ID), (rounded, ROUNDED_ID), (pc.and_not(bad, rounded), NOT_AN_ID))
    return Cast(values, failures, pc.sum(none).as_py() or 0)


def _texts(cells: pa.Array, column: Column) -> pa.Array:
    """Return trimmed text, null where it says nothing; allowed words in the letter case of the vocabulary."""
    coded = cell_texts(cells).dictionary_encode()
    empty = _NO_SUBCLASS if column.name == "subclass" else _NO_TEXT
    words = [None if word is None else word.strip() for word in coded.dictionary.to_pylist()]
    found = [None if word is None or word.lower() in empty else _word(word, column) for word in words]
    return pa.array(found, pa.string()).take(coded.indices)


def _word(word: str, column: Column) -> str:
    if not column.vocabulary:
        return word
    upper = _CLASS_WORDS.get(word.upper(), word.upper())
    return upper if upper in column.vocabulary else word  # an unknown word is named as it stands


def _is_numeric(cells: pa.Array) -> bool:
    kind = cells.type
    return bool(
        pa.types.is_floating(kind)
        or pa.types.is_integer(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )


def _without(texts: pa.Array, nothing: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_in(pc.ascii_lower(texts), value_set=nothing), None, texts)


def _true(mask: pa.Array) -> pa.Array:
    """Return a mask in which unknown is false."""
    return pc.fill_null(mask, False)
