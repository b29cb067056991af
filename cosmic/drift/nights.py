"""Drift of one night against all nights before it in the same catalogue, with no model asked: for rehearsals. Writes nothing."""

from __future__ import annotations

import pyarrow as pa

from cosmic.alerts.records import Signal
from cosmic.catalogue import nothing_there, open_catalogue
from cosmic.drift.arrived import arrived
from cosmic.drift.comparing import compare
from cosmic.drift.signals import signals
from cosmic.home import Home
from cosmic.machine import Settings


def rows_before(home: Home, settings: Settings) -> pa.Table | None:
    """Return the rows of a catalogue, one row an object; None where there are none yet."""
    if nothing_there(home, settings):
        return None
    with open_catalogue(home, settings) as catalogue:
        rows = catalogue.rows()
    return rows if rows.num_rows else None


def signals_since(
    before: pa.Table, home: Home, settings: Settings, *, table: str, source: str | None = None
) -> tuple[Signal, ...]:
    """Return what the rows that came since say of a table.

    Parameters
    ----------
    before : pyarrow.Table
        What `rows_before` returned.
    table, source : str
        As `cosmic.drift.signals.signals` has them.
    """
    with open_catalogue(home, settings) as catalogue:
        now = catalogue.rows()
    return signals(compare(arrived(now, before), before), table=table, source=source)
