"""The notices of a catalogue, as those who send them see them: each method is one short transaction. Sends nothing."""

from __future__ import annotations

from collections.abc import Sequence

from cosmic.alerts.records import Incident, Notice
from cosmic.catalogue import incidents
from cosmic.catalogue.database import Database


class NoticeBoard:
    """What people are to be told, and who was told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def waiting(self) -> tuple[Notice, ...]:
        """Return the notices that are not everywhere yet, the oldest first."""
        with self._database.reading() as connection:
            return incidents.waiting(connection)

    def beside(self, notice: Notice) -> tuple[Notice, ...]:
        """Return the other notices of the same incident."""
        with self._database.reading() as connection:
            return incidents.beside(connection, notice)

    def of_open_incidents(self) -> tuple[tuple[Incident, tuple[Notice, ...]], ...]:
        """Return each open incident with all its notices."""
        with self._database.reading() as connection:
            return incidents.told(connection)

    def add(self, notices: Sequence[Notice]) -> None:
        """Store notices that are not there yet."""
        with self._database.writing() as connection:
            incidents.add(connection, notices)

    def note(self, notice: Notice) -> None:
        """Store where a notice has arrived, how often that failed, and when it is tried again."""
        with self._database.writing() as connection:
            incidents.note(connection, notice)
