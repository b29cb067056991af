"""Where signals arrive and notices leave: judged and stored in one transaction, sent afterwards, at least once.

A process that dies between the two leaves notices behind, which whoever comes next sends. Two that send at the same time may both
send one: told twice is better than not told.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from cosmic.alerts import spool
from cosmic.alerts.judging import judge
from cosmic.alerts.notices import notice_of
from cosmic.alerts.patience import held_back, is_due, wait
from cosmic.alerts.quiet import QuietHours
from cosmic.alerts.records import Change, Incident, Kind, Notice, Signal
from cosmic.alerts.reserve import is_full, spend
from cosmic.alerts.sending import Delivery, Round, fingerprint
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
    remind : timedelta or None
        After how long an incident that is still open is told again.
    """

    addresses: tuple[str, ...] = ()
    quiet: QuietHours | None = None
    remind: timedelta | None = None

    def __repr__(self) -> str:
        """Return no address."""
        return f"Desk({len(self.addresses)} addresses, quiet={self.quiet}, remind={self.remind})"

    def take(
        self, signals: Sequence[Signal], *, catalogue: Catalogue, now: datetime, delivered: tuple[str, ...] = ()
    ) -> tuple[Change, ...]:
        """Open, escalate and close incidents, with a notice of each for later; return what changed.

        Parameters
        ----------
        delivered : tuple of str
            Fingerprints of the addresses that were told already.
        """

        def judged(known: Mapping[tuple[str, str], Incident]) -> Judged:
            changes = judge(signals, known, now=now)
            notices = self._notices(changes, where=_place(catalogue), now=now) if self.addresses else ()
            whole = self._everybody <= set(delivered)
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
        """Keep signals for a catalogue that is not there, and tell people of failing checks at once, once each.

        A signal is kept before anybody is told, so that whoever comes next tells what a dead process did not; only where it
        cannot be kept either, as on a full disk, is it told all the same.
        """
        failing = {(one.signal.check, one.signal.table): one.signal.failing for _, one in spool.kept(folder)}
        lost: list[Spooled] = []
        for signal in signals:
            if signal.failing == failing.get((signal.check, signal.table), False):
                continue
            try:
                _keep(folder, Spooled(signal, now))
            except OSError as error:
                _log.warning("%s of %s could not be kept in %s: %s", signal.check, signal.table, folder, error)
                lost.append(Spooled(signal, now))
        return self.flush_without(folder=folder, where=where, now=now, lost=lost)

    def flush_without(
        self, *, folder: Path, where: str, now: datetime, lost: Sequence[Spooled] = ()
    ) -> tuple[Delivery, ...]:
        """Tell people of kept failing checks who do not know of them, while there is no catalogue; as `flush`.

        Parameters
        ----------
        lost : sequence of Spooled
            Signals that could not be kept.
        """
        found: list[Delivery] = []
        round_ = Round()
        for path, one in [*spool.kept(folder), *((None, one) for one in lost)]:
            notices = self._notices(judge([one.signal], {}, now=one.came), where=where, now=one.came)
            for notice in notices:
                if held_back(notice, now=now, quiet=self.quiet):
                    continue
                tried = round_.send(replace(notice, delivered=one.delivered), self.addresses, to=self._everybody)
                arrived = tuple(done.fingerprint for done in tried if done.error is None)
                if arrived and path is not None:
                    _note(path, replace(one, delivered=one.delivered + arrived))
                found += _told(notice, tried)
        return tuple(found)

    def take_kept(self, catalogue: Catalogue, *, folder: Path) -> tuple[Change, ...]:
        """Take in the signals that came while there was no catalogue, as of when they came."""
        changes: list[Change] = []
        for path, one in spool.kept(folder):
            changes += self.take([one.signal], catalogue=catalogue, now=one.came, delivered=one.delivered)
            path.unlink(missing_ok=True)
        return tuple(changes)

    def flush(self, catalogue: Catalogue, *, now: datetime, at_once: bool = False) -> tuple[Delivery, ...]:
        """Send what waits, the oldest first, as soon as something is due; return what became of each attempt.

        An address that fails is tried once, however much waits for it, and after a wait that grows each time. Never raises
        for an address.

        Parameters
        ----------
        at_once : bool
            Whether not to wait for an address that failed: somebody asked.
        """
        if not self.addresses:
            return ()
        self._remind(catalogue, now=now)
        ready = [one for one in catalogue.notices.waiting() if not held_back(one, now=now, quiet=self.quiet)]
        if not at_once and not any(is_due(one, now=now) for one in ready):
            return ()
        found: list[Delivery] = []
        round_ = Round()
        for notice in ready:
            to, later = self._audience(notice, catalogue)
            tried = round_.send(notice, self.addresses, to=to | (later & round_.failed))
            catalogue.notices.note(_after(notice, tried, to=to | later, now=now))
            found += _told(notice, tried)
        return tuple(found)

    @property
    def _everybody(self) -> frozenset[str]:
        return frozenset(map(fingerprint, self.addresses))

    def _audience(self, notice: Notice, catalogue: Catalogue) -> tuple[frozenset[str], frozenset[str]]:
        """Return who is told, and who is not yet: that it is over goes to whoever was told that it began.

        Where none of these is there any more, such as after a change of passwords, everybody is told.
        """
        everybody = self._everybody
        if notice.kind is not Kind.RECOVERED:
            return everybody, frozenset()
        others = catalogue.notices.beside(notice)
        told = everybody & {key for one in others for key in one.delivered}
        if any(one.sent is None for one in others):
            return told, everybody - told
        return told or everybody, frozenset()

    def _notices(self, changes: Sequence[Change], *, where: str, now: datetime) -> tuple[Notice, ...]:
        made = [notice_of(one, now=now, quiet=self.quiet, where=where) for one in changes]
        return tuple(one for one in made if one is not None)

    def _remind(self, catalogue: Catalogue, *, now: datetime) -> None:
        """Keep a notice of each incident that is open and was told of too long ago."""
        if self.remind is None:
            return
        due: list[Notice] = []
        for incident, notices in catalogue.notices.of_open_incidents():
            last = max((one.made for one in notices), default=incident.opened)
            # a clock that was set back may not put a reminder off for longer than one that is right
            if any(one.sent is None for one in notices) or abs(now - last) < self.remind:
                continue
            time = 1 + sum(one.kind is Kind.REMINDED for one in notices)
            notice = notice_of(
                Change(Kind.REMINDED, incident), now=now, quiet=self.quiet, where=_place(catalogue), time=time
            )
            due += [replace(notice, made=now)] if notice is not None else []
        if due:
            catalogue.notices.add(due)


def _place(catalogue: Catalogue) -> str:
    return f"{catalogue.name} ({catalogue.sky} sky)"


def _keep(folder: Path, one: Spooled) -> None:
    try:
        spool.put(folder, one)
    except OSError as error:
        if not (is_full(error) and spend(folder)):  # what was kept free for this
            raise
        spool.put(folder, one)


def _note(path: Path, one: Spooled) -> None:
    try:
        spool.rewrite(path, one)
    except OSError as error:  # told again is better than not told
        _log.warning("%s could not be written: %s", path, error)


def _told(notice: Notice, tried: Sequence[Delivery]) -> list[Delivery]:
    """Return what was tried, and log what failed."""
    done = [one for one in tried if one.tried]
    for one in done:
        if one.error is not None:
            _log.warning("the notice %r did not go to %s: %s", notice.title, one.name, one.error)
    return done


def _after(notice: Notice, tried: Sequence[Delivery], *, to: frozenset[str], now: datetime) -> Notice:
    arrived = (*notice.delivered, *(one.fingerprint for one in tried if one.error is None))
    errors = [f"{one.name}: {one.error}" for one in tried if one.error is not None]
    attempts = notice.attempts + bool(errors)
    return replace(
        notice,
        delivered=arrived,
        attempts=attempts,
        due=now + wait(attempts) if errors else notice.due,
        last_error=errors[0] if errors else None,
        sent=now if to <= set(arrived) else None,
    )
