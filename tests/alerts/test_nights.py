"""The outcome of a night as signals: one check a cause, sound ones said too, ordinary flaws no alarm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cosmic.alerts.nights import CHECKS, NightOutcome, failing, signals_of
from cosmic.contracts import REPEATS
from cosmic.errors import ConfigError, ContractViolation, CosmicError, SuspiciousResponse

SOUND = NightOutcome("a", "sky", rows=2000, reasons={"u: -9999": 12}, quarantined=12)
EARLIER = (SOUND, replace(SOUND, page="b", quarantined=15))


def test_a_sound_night_says_so_of_every_check() -> None:
    signals = signals_of(replace(SOUND, page="c", quarantined=20), earlier=EARLIER)
    assert tuple(one.check for one in signals) == CHECKS
    assert failing(signals) == ()


@pytest.mark.parametrize(
    ("stage", "error", "check"),
    [
        ("judge", ContractViolation("u g are swapped"), "page-refused"),
        ("compare", ContractViolation("fewer rows"), "page-refused"),
        ("read", ConfigError("no column u"), "page-unreadable"),
        ("read", SuspiciousResponse("cut"), "page-unreadable"),
        ("ingest", ConfigError("other magnitudes"), "catalogue-refused"),
    ],
)
def test_a_refused_page_is_one_signal_and_says_nothing_of_later_checks(
    stage: str, error: CosmicError, check: str
) -> None:
    (signal,) = signals_of(NightOutcome("c", "sky", stage=stage, error=error), earlier=EARLIER)
    assert (signal.check, signal.failing, signal.summary, signal.source) == (check, True, str(error), "c")


def test_many_more_rows_in_quarantine_than_ever_are_told_and_repeats_apart_from_faults() -> None:
    burst = replace(SOUND, reasons={"u: -9999": 90, "g: -9999": 4}, quarantined=90)
    (signal,) = failing(signals_of(burst, earlier=EARLIER))
    assert (signal.check, signal.rows) == ("rows-quarantined", 90)
    assert "90 u: -9999" in signal.summary
    stripe = replace(SOUND, reasons={"u: -9999": 12, REPEATS: 120}, quarantined=132)
    (signal,) = failing(signals_of(stripe, earlier=EARLIER))
    assert (signal.check, signal.rows) == ("rows-repeated", 120)


def test_the_first_page_has_nothing_to_be_compared_with() -> None:
    assert failing(signals_of(replace(SOUND, quarantined=500), earlier=())) == ()


def test_a_column_that_is_left_out_is_told_once_it_was_there_before() -> None:
    without = replace(SOUND, left_out={"obj_id": "rounded"})
    (signal,) = failing(signals_of(without, earlier=EARLIER))
    assert signal.check == "ids-left-out"
    assert "obj_id: rounded" in signal.summary
    assert failing(signals_of(without, earlier=(*EARLIER, without))) == ()
