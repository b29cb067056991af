"""Checks run side by side: each is told in its place, one that hangs or breaks spoils no other, and no secret is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from cosmic.doctor.findings import Finding, Health, examine
from cosmic.errors import ConfigError

FINE = Finding("fine", Health.OK, "all is well")


def fine() -> Iterator[Finding]:
    yield FINE


def test_what_checks_find_is_told_in_their_order_whichever_is_first() -> None:
    first_done = threading.Event()

    def slow() -> Iterator[Finding]:
        assert first_done.wait(10)
        yield Finding("slow", Health.NOTE, "late")

    def quick() -> Iterator[Finding]:
        first_done.set()
        yield FINE

    assert [one.check for some in examine({"slow": slow, "quick": quick}, limit_s=20) for one in some] == [
        "slow",
        "fine",
    ]


def test_a_check_that_hangs_is_said_to_and_keeps_no_other_waiting() -> None:
    def hangs() -> Iterator[Finding]:
        threading.Event().wait()
        yield FINE

    checks = {"hangs": hangs, "may hang": hangs, "fine": fine}
    hung, may, well = (some[0] for some in examine(checks, limit_s=0.2, optional=["may hang"]))
    assert (hung.check, hung.health, well) == ("hangs", Health.FAILURE, FINE)
    assert "0.2 s" in hung.found
    assert may.health is Health.WARNING


def test_a_check_that_raises_has_failed_and_a_library_s_words_are_not_repeated() -> None:
    def explains() -> Iterator[Finding]:
        raise ConfigError("COSMIC_X is wrong. Correct it.")
        yield FINE

    def breaks() -> Iterator[Finding]:
        raise RuntimeError("postgresql://me:swordfish@host")
        yield FINE

    ours, theirs = (some[0] for some in examine({"ours": explains, "theirs": breaks}, limit_s=10))
    assert (ours.health, ours.found) == (Health.FAILURE, "COSMIC_X is wrong. Correct it.")
    assert theirs.health is Health.FAILURE
    assert "swordfish" not in str(theirs)
    assert "RuntimeError" in theirs.found
