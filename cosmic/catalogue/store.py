"""The catalogue as the rest of Cosmic sees it: open it, ingest pages, read rows, record what came of them.

Each method is one short transaction. Fetches nothing, judges nothing, trains nothing.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import sqlalchemy as sa

from cosmic.alerts.quarantine import Counted
from cosmic.alerts.records import Change, Incident
from cosmic.catalogue import (
    arrivals,
    census,
    changes,
    chronicle,
    cutouts,
    galaxies,
    galaxy_images,
    history,
    incidents,
    ingest,
    lineage,
    schema,
    search_log,
)
from cosmic.catalogue.census import Moved
from cosmic.catalogue.chronicle import Ran
from cosmic.catalogue.cutouts import Cutout
from cosmic.catalogue.database import Database
from cosmic.catalogue.galaxies import ImagePart, VotePart
from cosmic.catalogue.history import Change as RowChange
from cosmic.catalogue.incidents import Judge
from cosmic.catalogue.lineage import ModelVersion, Run, StoredPage
from cosmic.catalogue.noticeboard import NoticeBoard
from cosmic.catalogue.search_log import Entry
from cosmic.catalogue.tables import OBJECTS, CatalogueRow, IngestPageRow, IngestRow, PageRow
from cosmic.clock import Clock, utc_now
from cosmic.columns import OBJECT_SCHEMA
from cosmic.errors import ConfigError, TransientSourceError
from cosmic.planted import night_of, sky_of
from cosmic.records import (
    Arm,
    CatalogueId,
    CutoutsTaken,
    Ingest,
    JudgedPage,
    MagnitudeSystem,
    Page,
    Sky,
    Snapshot,
    Task,
)
from cosmic.skyserver.census import Shard
from cosmic.skyserver.cutouts import Place

log = logging.getLogger(__name__)

ROW_SCHEMA: Final = pa.schema(
    [*OBJECT_SCHEMA, pa.field("block", pa.string(), nullable=False), pa.field("same_as", pa.string())]
)
"""Schema of `Catalogue.rows`: canonical rows, their unit of the split, and the key of the row that stands for them."""


class Catalogue:
    """One catalogue of one sky, in SQLite or Postgres. Open it with `Catalogue.open`; it is a context manager."""

    def __init__(self, database: Database, *, id: CatalogueId, sky: Sky, clock: Clock) -> None:
        self.id = id
        self.sky = sky
        self.name = database.name
        self.notices = NoticeBoard(database)
        self._database = database
        self._clock = clock

    @classmethod
    def open(
        cls,
        url: str,
        *,
        sky: Sky,
        lock_folder: Path,
        lock_timeout: float = 60.0,
        clock: Clock = utc_now,
        backed_up: bool = False,
    ) -> Self:
        """Return the catalogue at a URL, made if there is none, its tables brought up to this version of Cosmic.

        Parameters
        ----------
        url : str
            ``sqlite:///file``, or ``postgresql://…`` where each sky has a schema of its own.
        sky : Sky
            Which sky it holds.
        lock_folder : Path
            Where the lock of a SQLite catalogue lies.
        lock_timeout : float
            Seconds to wait for another writer.
        clock : callable
            Returns the time.
        backed_up : bool
            As in `schema.upgrade`.

        Raises
        ------
        ConfigError
            If the URL or the password is wrong, the catalogue holds the other sky, or a newer Cosmic wrote it.
        TransientSourceError
            If the database cannot be reached, or stays locked by another writer.
        ArtefactCorrupt
            If the file is no readable SQLite database.
        """
        database = Database(url, sky=sky, lock_folder=lock_folder, lock_timeout=lock_timeout)
        schema.upgrade(database, sky=sky, now=clock(), backed_up=backed_up)
        with database.reading() as connection:
            here = connection.execute(sa.select(CatalogueRow.__table__)).one()
        if here.sky != sky:
            database.close()
            raise ConfigError(
                f"{database.name} holds the {here.sky} sky, and this run is of the {sky} one. The two never mix: use "
                "another --home or --database."
            )
        return cls(database, id=CatalogueId(here.id), sky=sky, clock=clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what is open."""
        self._database.close()

    @property
    def state(self) -> str:
        """Digest of all rows, blocks and links, the same on every database; changes exactly when they do."""
        with self._database.reading() as connection:
            return str(connection.execute(sa.select(CatalogueRow.state)).scalar_one())

    @property
    def system(self) -> MagnitudeSystem | None:
        """Which magnitudes it holds; None before the first ingest."""
        with self._database.reading() as connection:
            system = connection.execute(sa.select(CatalogueRow.magnitude_system)).scalar_one()
        return None if system is None else MagnitudeSystem(system)

    def ingest(self, judged: Sequence[JudgedPage], *, counted: Moved | None = None) -> Ingest:
        """Store what these pages bring, in one transaction, and return what that did.

        Rows are inserted, updated or unchanged by key. A row that several pages bring is counted once so, and as
        unchanged for each further time; the last page in the given order stands, and where it contradicts an earlier
        one, that is counted as superseded besides.

        An empty cell never erases a stored value, with two exceptions (`cosmic.lending`): labels, redshift and ELODIE
        values go where the class changed; magnitudes of other apertures (psf_*, cmodel_*, petro_r) go where any of
        u g r i z changed, since their difference from these is what they are used for. `Ingest.erased` counts them.

        A catalogue of the simulated sky holds one simulated sky at a time and grows by its nights: another one, of other
        rows or another seed, or a night that is there with other faults, replaces it, and what was made from it.

        What an update changes in a row is kept (`history`). A census, where these rows were asked for by one
        (`counted`), moves in the same transaction.

        Raises
        ------
        ConfigError
            If the pages are of the other sky, their magnitudes are of several systems or of another one than the
            catalogue's, or the catalogue was replaced since it was opened.
        ArtefactCorrupt
            If a file of a page is missing or differs from its record.
        TransientSourceError
            If the database went away or stays locked.
        """
        started = time.perf_counter()
        arrived = arrivals.collect(judged, sky=self.sky)
        with self._database.writing() as connection:
            record = ingest.write(
                connection, arrived, judged, catalogue=self.id, name=self.name, clock=self._clock, counted=counted
            )
        self.id = record.catalogue  # of the simulated sky, which another simulated sky replaces
        log.info(
            "ingest %s: %d rows of %d pages, %d inserted, %d updated, %d unchanged, %d quarantined, in %.2f s",
            record.id[:12], record.rows, len(judged), record.inserted, record.updated, record.unchanged,
            record.quarantined, time.perf_counter() - started,
        )  # fmt: skip
        if record.absent:
            log.warning(
                "%d object(s) of the plates asked for no longer among their rows; they stay in the catalogue",
                record.absent,
            )
        for one in record.contradictions:
            log.warning(
                "%s and %s differ in %s of %d objects; the later one stands",
                one.earlier, one.later, ", ".join(one.columns), one.rows,
            )  # fmt: skip
        return record

    def rows(self, *, state: str | None = None) -> pa.Table:
        """Return every row, in `ROW_SCHEMA`, in the order of the bytes of object_key.

        Parameters
        ----------
        state : str, optional
            The state that the caller means.

        Raises
        ------
        TransientSourceError
            If the catalogue is in another state by now.
        """
        started = time.perf_counter()
        with self._database.reading() as connection:
            here = connection.execute(sa.select(CatalogueRow.state)).scalar_one()
            if state not in (None, here):
                raise TransientSourceError(
                    f"{self.name} has moved on from state {str(state)[:12]} to {here[:12]}: another run ingested. Run again."
                )
            rows = changes.stored(connection, ROW_SCHEMA.names)
        rows = rows.sort_by("object_key").cast(ROW_SCHEMA)
        log.debug("read %d rows of the catalogue in %.2f s", rows.num_rows, time.perf_counter() - started)
        return rows

    def census(self, series: str) -> dict[int, Shard]:
        """Return what was counted in each shard of a survey when its rows were last brought."""
        with self._database.reading() as connection:
            return census.read(connection, series)

    def since(self, series: str) -> datetime | None:
        """Return when rows of a series were last brought; None where they never were."""
        with self._database.reading() as connection:
            return census.since(connection, series)

    def standing(self) -> Ingest:
        """Return the state that the newest ingest left, as the record of one that brings nothing.

        Raises
        ------
        ConfigError
            If the catalogue is empty.
        """
        with self._database.reading() as connection:
            last = sa.select(IngestRow.id).order_by(IngestRow.number.desc()).limit(1)
            newest = connection.execute(last).scalar()
            if newest is None:
                raise ConfigError(f"{self.name} is empty, and the source has nothing to bring.")
            rows = connection.execute(sa.select(sa.func.count()).select_from(OBJECTS)).scalar_one()
            state = connection.execute(sa.select(CatalogueRow.state)).scalar_one()
        return Ingest(newest, self.id, 0, 0, 0, inserted=0, updated=0, unchanged=0, state=state, earlier=rows)

    def untouched(self) -> Ingest:
        """Return the record of an ingest that brought nothing and looked at nothing, for a run without any table."""
        return Ingest("", self.id, 0, 0, 0, inserted=0, updated=0, unchanged=0, state="")

    def take_galaxies(self, parts: Sequence[VotePart], images: ImagePart | None = None) -> None:
        """Store votes and images of Galaxy Zoo 2, in one transaction. Objects and their labels stay as they are."""
        with self._database.writing() as connection:
            galaxies.write(connection, parts, images, now=self._clock())

    def without_image(self, *, release: int, limit: int, again: bool) -> tuple[list[Place], int]:
        """Return the first galaxies that have no image, as `cutouts.lacking` says, and how many there are."""
        with self._database.reading() as connection:
            return cutouts.lacking(connection, release=release, limit=limit, again=again)

    def with_cutout(self, keys: Sequence[str], *, release: int, again: bool) -> set[str]:
        """Return which of these objects have an image or were found to have no usable one, as `cutouts.known` says."""
        with self._database.reading() as connection:
            return cutouts.known(connection, keys, release=release, again=again)

    def take_cutouts(self, page: Page, taken: Sequence[Cutout], *, release: int) -> None:
        """Store what came of some places, and what is set apart of it, in one transaction."""
        with self._database.writing() as connection:
            cutouts.write(connection, page, taken, release=release, now=self._clock())

    def cutouts(self, *, release: int) -> CutoutsTaken:
        """Return what is stored of a release's cutouts."""
        with self._database.reading() as connection:
            return cutouts.standing(connection, release=release)

    def votes(self, page: Page) -> int:
        """Return how many galaxies of a vote table are stored."""
        with self._database.reading() as connection:
            return galaxies.stored(connection, page)

    def photometric_ids(self) -> dict[int, int]:
        """Return the ids of data release 8 of galaxies by those of data release 7, as `galaxies.crosswalk` says."""
        with self._database.reading() as connection:
            return galaxies.crosswalk(connection)

    def soft_labels(self) -> pa.Table:
        """Return how sure volunteers were of each object that they saw, as `galaxies.soft` says."""
        with self._database.reading() as connection:
            return galaxies.soft(connection)

    def galaxy_images(self) -> pa.Table:
        """Return a row an image that can be used, with the votes on its galaxy, object of this catalogue or not.

        In `galaxy_images.SCHEMA`, by source and image: ``image`` (the release's asset id; of a
        cutout, its object's key), ``galaxy``, ``object_key`` (null
        where the galaxy is no object here), ``gz2_class`` and the study's ``label`` of the most trusted votes, how sure
        volunteers were (as in `soft_labels`), ``ra`` and ``dec`` in deg where known, the object's ``r`` in mag
        and ``petro_r90`` in arcsec, the ``fractions`` of votes within each task, ``sha256``, ``width`` and ``height`` in px, ``path`` of the file; and ``block``, the unit of the split (`cosmic.splits.parts`): the object's, so that an
        image is on the side of its object, else the cell of its place, else, where that is unknown, its own bytes'.
        """
        with self._database.reading() as connection:
            return galaxy_images.read(connection)

    def history(self, key: str) -> tuple[RowChange, ...]:
        """Return every change of an object, oldest first."""
        with self._database.reading() as connection:
            return history.of(connection, key)

    def append_search(self, study: str, entries: Sequence[Entry]) -> None:
        """Store entries at the end of the journal of a search, in one transaction."""
        with self._database.writing() as connection:
            search_log.append(connection, study, entries)

    def read_search(self, study: str, *, start: int = 0) -> list[Entry]:
        """Return the journal of a search from an entry on; empty where there is none."""
        with self._database.reading() as connection:
            return search_log.read(connection, study, start=start)

    def counted_before(self, done: Ingest, *, most: int = 30) -> tuple[Counted, ...]:
        """Return how many rows went into quarantine in the ingests before one, of the same kinds of pages, oldest first."""
        with self._database.reading() as connection:
            return lineage.counted_before(connection, {done.id, *done.rounds}, most=most)

    def raise_incidents(self, judge: Judge) -> tuple[Change, ...]:
        """Store what signals change, with the notices of it, in one transaction; return the changes."""
        with self._database.writing() as connection:
            return incidents.store(connection, judge)

    def incidents(self, *, open_only: bool = True) -> tuple[Incident, ...]:
        """Return incidents, the newest first."""
        with self._database.reading() as connection:
            return incidents.read(connection, open_only=open_only)

    def baseline(self, origin: str) -> str | None:
        """Return the profile, JSON, of the last accepted page of an origin; None where there is none.

        Nights of a simulated sky are of one origin, whatever is planted in them.
        """
        same = PageRow.origin == origin
        if night_of(origin) is not None:
            sky = sky_of(origin)
            same = sa.or_(same, PageRow.origin == sky, PageRow.origin.startswith(f"{sky} ", autoescape=True))
        latest = (
            sa.select(PageRow.profile)
            .join(IngestPageRow, IngestPageRow.page_id == PageRow.id)
            .join(IngestRow, IngestRow.id == IngestPageRow.ingest_id)
            .where(same)
            .order_by(IngestRow.number.desc(), IngestPageRow.position.desc())
            .limit(1)
        )
        with self._database.reading() as connection:
            row = connection.execute(latest).one_or_none()
        return None if row is None else json.dumps(row.profile, sort_keys=True, allow_nan=False)

    def pages(self, *, state: str) -> tuple[StoredPage, ...]:
        """Return every page that was ingested up to this state, by origin and id."""
        with self._database.reading() as connection:
            return lineage.pages(connection, state=state)

    def record_snapshot(self, snapshot: Snapshot, *, state: str) -> None:
        """Record a snapshot of this catalogue in a state that it is or was in, or raise as `lineage.record_snapshot`."""
        with self._database.writing() as connection:
            lineage.record_snapshot(connection, snapshot, state=state, now=self._clock())

    def record_run(self, run: Run) -> None:
        """Record a run, or what is now known of it."""
        with self._database.writing() as connection:
            lineage.record_run(connection, run)

    def note_run(self, run: Ran) -> None:
        """Write how a run stands; what is recorded of its snapshot, settings and report stays."""
        with self._database.writing() as connection:
            chronicle.note(connection, run)

    def record_model(self, model: ModelVersion) -> None:
        """Record a model; one that is known keeps the time and the run of its training."""
        with self._database.writing() as connection:
            lineage.record_model(connection, model)

    def models(self, task: Task | None = None, arm: Arm | None = None) -> tuple[ModelVersion, ...]:
        """Return the models of a task and an arm (None: of all), oldest first."""
        with self._database.reading() as connection:
            return lineage.models(connection, task=task, arm=arm)
