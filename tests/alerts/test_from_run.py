"""The end of a run as signals: one check a cause, and every check that was passed is said to be sound."""

from __future__ import annotations

import errno

import pytest

from cosmic.alerts.from_run import CHECKS, Watched, of_failure, of_success
from cosmic.alerts.records import Severity
from cosmic.errors import (
    ArtefactCorrupt,
    CatalogueAway,
    ConfigError,
    ContractViolation,
    DiskFull,
    NotServable,
    PermanentSourceError,
    SuspiciousResponse,
    TransientSourceError,
)

WATCHED = Watched("ingest", "objects from simulated", "simulated", "run 1")
ORIGIN, SKY = WATCHED.origin, "the simulated sky"


@pytest.mark.parametrize(
    ("step", "error", "check", "table"),
    [
        ("judging", ContractViolation("u g are swapped"), "page-refused", ORIGIN),
        ("judging", ConfigError("no column u"), "page-unreadable", ORIGIN),
        ("judging", SuspiciousResponse("cut"), "page-unreadable", ORIGIN),
        ("judging", PermanentSourceError("no table"), "page-unreadable", ORIGIN),
        ("judging", NotServable("psf magnitudes"), "run", "ingest"),
        ("judging", ArtefactCorrupt("gone"), "run", "ingest"),
        ("ingest", ContractViolation("fewer rows"), "page-refused", ORIGIN),
        ("ingest", ConfigError("other magnitudes"), "catalogue-refused", ORIGIN),
        ("ingest", CatalogueAway("does not answer"), "database", SKY),
        ("freeze", CatalogueAway("locked"), "database", SKY),
        ("ingest", DiskFull("database or disk is full"), "disk", SKY),
        ("fit", OSError(errno.ENOSPC, "No space left on device"), "disk", SKY),
        ("pulling", TransientSourceError("503"), "source", ORIGIN),
        ("census", SuspiciousResponse("no rows"), "source", ORIGIN),
        ("fetch", PermanentSourceError("no file"), "source", ORIGIN),
        ("fit", ConfigError("too few rows"), "run", "ingest"),
        ("fit", ZeroDivisionError("S3cret"), "run", "ingest"),
    ],
)
def test_an_error_fails_one_check_by_what_it_is_and_where_it_came(
    step: str, error: Exception, check: str, table: str
) -> None:
    signal = of_failure(error, WATCHED, step=step)
    assert (signal.check, signal.table, signal.failing, signal.source) == (check, table, True, "run 1")
    assert "S3cret" not in signal.summary
    assert signal.severity.rank >= Severity.WARNING.rank


def test_a_full_disk_is_found_behind_what_it_caused() -> None:
    error = RuntimeError("could not be stored")
    error.__context__ = OSError(errno.EDQUOT, "Disk quota exceeded")
    signal = of_failure(error, WATCHED, step="report")
    assert (signal.check, signal.severity) == ("disk", Severity.CRITICAL)
    assert "Make room" in signal.summary


def test_a_run_that_ends_well_closes_whatever_a_failure_opens() -> None:
    sound = {(one.check, one.table) for one in of_success(WATCHED)}
    assert {check for check, _ in sound} == set(CHECKS)
    for error in (ContractViolation("x"), CatalogueAway("x"), DiskFull("x"), TransientSourceError("x"), KeyError("x")):
        failed = of_failure(error, WATCHED, step="ingest")
        assert (failed.check, failed.table) in sound
