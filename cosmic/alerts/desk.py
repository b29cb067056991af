"""Where signals arrive and notices leave: judged and stored in one transaction, sent afterwards, at least once.

A process that dies between the two leaves notices behind, which whoever comes next sends. Two that send at the same time may both
send one: told twice is better than not told.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cosmic.alerts import spool
from cosmic.alerts.judging import judge
from cosmic.alerts.notices import notice_of
from cosmic.alerts.quiet import QuietHours
from cosmic.alerts.records import Change, Incident, Kind, Notice, Signal
from cosmic.alerts.sending import Delivery, fingerprint, send
from cosmic.alerts.spool import Spooled
from cosmic.catalogue import Catalogue
from cosmic.catalogue.incidents import Judged

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Desk:
    """To whom notices go, and when they may. Without an address incidents are kept all the same, and nobody is told.

    Parameters
    ----------
    addresses : tuple of str
        Apprise's; secrets.
    """

    addresses: tuple[str, ...] = ()
    quiet: QuietHours | None = None

    def __repr__(self) -> str:
        """Return no address."""
        return f"Desk({len(self.addresses)} addresses, quiet={self.quiet})"

    def take(
        self, signals: Sequence[Signal], *, catalogue: Catalogue, now: datetime, delivered: tuple[str, ...] = ()
    ) -> tuple[Change, ...]:
        """Open, escalate and close incidents, with a notice of each for later; return what changed.

        Parameters
        ----------
        delivered : tuple of str
            Fingerprints of the addresses that were told already.
        """
        where = f"{catalogue.name} ({catalogue.sky} sky)"

        def judged(known: Mapping[tuple[str, str], Incident]) -> Judged:
            changes = judge(signals, known, now=now)
            notices = self._notices(changes, where=where, now=now) if self.addresses else ()
            whole = {fingerprint(one) for one in self.addresses} <= set(delivered)
            told = [replace(one, delivered=delivered, sent=now if whole else None) for one in notices]
            return Judged(changes, tuple(told) if delivered else notices)

        changes = catalogue.raise_incidents(judged)
        for change in changes:
            if change.kind is Kind.OPENED:
                _log.warning("incident: %s: %s", change.incident.name, change.incident.summary)
            elif change.kind is not Kind.SEEN:
                _log.warning("incident %s: %s", change.kind, change.incident.name)
        return changes

    def take_without(
        self, signals: Sequence[Signal], *, folder: Path, where: str, now: datetime
    ) -> tuple[Delivery, ...]:
        """Tell people of failing checks while there is no catalogue, once each, and keep the signals for it."""
        kept = {(one.signal.check, one.signal.table) for _, one in spool.kept(folder)}
        found: list[Delivery] = []
        for signal in signals:
            if not signal.failing or (signal.check, signal.table) in kept:
                continue
            tried: tuple[Delivery, ...] = ()
            for notice in self._notices(judge([signal], {}, now=now), where=where, now=now):
                if notice.due <= now:
                    tried += send(notice, self.addresses)
            arrived = tuple(one.fingerprint for one in tried if one.error is None)
            spool.put(folder, Spooled(signal, now, arrived))
            found += tried
        return tuple(found)

    def take_kept(self, catalogue: Catalogue, *, folder: Path) -> tuple[Change, ...]:
        """Take in the signals that came while there was no catalogue, as of when they came."""
        changes: list[Change] = []
        for path, one in spool.kept(folder):
            changes += self.take([one.signal], catalogue=catalogue, now=one.came, delivered=one.delivered)
            path.unlink()
        return tuple(changes)

    def _notices(self, changes: Sequence[Change], *, where: str, now: datetime) -> tuple[Notice, ...]:
        made = [notice_of(one, now=now, quiet=self.quiet, where=where) for one in changes]
        return tuple(one for one in made if one is not None)

    def flush(self, catalogue: Catalogue, *, now: datetime) -> tuple[Delivery, ...]:
        """Send what is due to everybody who does not have it; return what became of each attempt. Never raises for one."""
        if not self.addresses:
            return ()
        found: list[Delivery] = []
        for notice in catalogue.pending_notices(now=now):
            tried = send(notice, self.addresses)
            found += tried
            catalogue.note_delivery(self._after(notice, tried, now=now))
            for one in tried:
                if one.error is not None:
                    _log.warning("the notice %r did not go to %s: %s", notice.title, one.name, one.error)
        return tuple(found)

    def _after(self, notice: Notice, tried: Sequence[Delivery], *, now: datetime) -> Notice:
        arrived = (*notice.delivered, *(one.fingerprint for one in tried if one.error is None))
        errors = [f"{one.name}: {one.error}" for one in tried if one.error is not None]
        whole = {fingerprint(one) for one in self.addresses} <= set(arrived)
        return replace(
            notice,
            delivered=arrived,
            attempts=notice.attempts + bool(errors),
            last_error=errors[0] if errors else None,
            sent=now if whole else None,
        )
