"""The tables of a catalogue: survey columns from `cosmic.columns`, bookkeeping as typed ORM. Runs no query.

A change here needs a new Alembic revision; a test compares both on SQLite and on Postgres.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from cosmic.columns import OBJECT_COLUMNS, Column, Kind
from cosmic.records import MagnitudeSystem, Sky

NAMES: Final = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""Every constraint has a name that both databases share, so that a later revision can find it."""

SPEC_OBJ_ID_DIGITS: Final = 20
EMPTY: Final = "0" * 64
"""State of a catalogue without rows."""


class SpecObjId(sa.types.TypeDecorator[str]):
    """A spectrum id, exact beyond 2**63: NUMERIC(20, 0) in Postgres, 20 zero-padded digits elsewhere.

    Text without leading zeros in Python; never a float. Unpadded text would sort 18446… before 99.
    """

    impl = sa.String(SPEC_OBJ_ID_DIGITS)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Numeric(SPEC_OBJ_ID_DIGITS, 0))
        return dialect.type_descriptor(sa.String(SPEC_OBJ_ID_DIGITS))

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> Any:
        if value is None:
            return None
        return int(value) if dialect.name == "postgresql" else value.zfill(SPEC_OBJ_ID_DIGITS)

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> str | None:
        return None if value is None else str(int(value))


class Time(sa.types.TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no time zones, so it is put back on reading."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Everything that one catalogue holds."""

    metadata = sa.MetaData(naming_convention=NAMES)


def table_of(row: type[Base]) -> sa.Table:
    """Return the table of a kind of rows."""
    table = row.__table__
    assert isinstance(table, sa.Table)
    return table


_TYPES: Final[dict[Kind, sa.types.TypeEngine[Any]]] = {
    Kind.FLOAT: sa.Double(),
    Kind.INTEGER: sa.BigInteger(),
    Kind.TEXT: sa.Text(),
}


def _survey(column: Column) -> sa.Column[Any]:
    kind = SpecObjId() if column.name == "spec_obj_id" else _TYPES[column.kind]
    return sa.Column(column.name, kind, nullable=not column.required)


def _one_of(name: str, values: Iterable[str]) -> sa.CheckConstraint:
    column = sa.column(name, sa.Text())
    return sa.CheckConstraint(column.in_([str(value) for value in values]), name=f"{name}_vocabulary")


def _checks(column: Column) -> list[sa.CheckConstraint]:
    it: sa.ColumnClause[Any] = sa.column(column.name, _TYPES[column.kind])
    checks = []
    if column.lo is not None and column.hi is not None:
        checks.append(sa.CheckConstraint(it.between(column.lo, column.hi), name=f"{column.name}_range"))
    elif column.lo is not None:
        checks.append(sa.CheckConstraint(it >= column.lo, name=f"{column.name}_range"))
    if column.vocabulary:
        checks.append(_one_of(column.name, column.vocabulary))
    return checks


OBJECTS: Final = sa.Table(
    "objects",
    Base.metadata,
    sa.Column("object_key", sa.Text(), primary_key=True),
    *(_survey(column) for column in OBJECT_COLUMNS),
    sa.Column("row_digest", sa.String(64), nullable=False),
    sa.Column("block", sa.Text(), nullable=False),
    # Deferred: a row and the row that stands for it may arrive in one statement, in any order. Indexed: while a link
    # waits for its row, SQLite looks for such links at every insert, and would read the whole table each time.
    sa.Column(
        "same_as", sa.Text(), sa.ForeignKey("objects.object_key", deferrable=True, initially="DEFERRED"), index=True
    ),
    sa.Column("page_id", sa.String(64), sa.ForeignKey("pages.id"), nullable=False),
    sa.Column("first_ingest", sa.String(64), sa.ForeignKey("ingests.id"), nullable=False),
    sa.Column("last_ingest", sa.String(64), sa.ForeignKey("ingests.id"), nullable=False),
    *(check for column in OBJECT_COLUMNS for check in _checks(column)),
    sa.CheckConstraint("object_key LIKE 'spec:%' OR object_key LIKE 'pmf:%' OR object_key LIKE 'row:%'", name="key"),
    sa.CheckConstraint("block LIKE 'cell:%' OR block LIKE 'row:%'", name="block"),
    sa.CheckConstraint("same_as <> object_key", name="same_as"),
    sa.CheckConstraint("length(row_digest) = 64", name="row_digest"),
)
"""One row per object_key: its latest values, where they came from, and how it belongs with other rows.

`row_digest` is the sha256 of the values; `block` the unit of the split; `same_as` the key of the row that stands
for the same spectrum, null where this one stands for itself; `page_id` the page that delivered the values.
"""


class CatalogueRow(Base):
    """The one row that says which catalogue this is and what it holds."""

    __tablename__ = "catalogue"
    __table_args__ = (
        sa.CheckConstraint("one = 1", name="one"),
        _one_of("sky", Sky),
        _one_of("magnitude_system", MagnitudeSystem),
    )

    one: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    id: Mapped[str] = mapped_column(sa.String(36), unique=True)
    sky: Mapped[str] = mapped_column(sa.Text)
    magnitude_system: Mapped[str | None] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(64))
    created: Mapped[datetime] = mapped_column(Time)


class PageRow(Base):
    """A page as it was last judged. `profile` is what the next page of the same origin is compared with, JSON."""

    __tablename__ = "pages"
    __table_args__ = (
        sa.CheckConstraint("valid + quarantined = rows AND valid >= 0 AND quarantined >= 0", name="rows"),
    )

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    origin: Mapped[str] = mapped_column(sa.Text, index=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    path: Mapped[str] = mapped_column(sa.Text)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    contract: Mapped[str] = mapped_column(sa.Text)
    rows: Mapped[int] = mapped_column(sa.BigInteger)
    valid: Mapped[int] = mapped_column(sa.BigInteger)
    quarantined: Mapped[int] = mapped_column(sa.BigInteger)
    profile: Mapped[Any] = mapped_column(sa.JSON)


class IngestRow(Base):
    """One transaction that brought pages, as it went the first time; `number` gives the order.

    The same pages again, where they change nothing, raise `times` and `last_seen` and move it to the end.
    """

    __tablename__ = "ingests"
    __table_args__ = (
        sa.CheckConstraint("inserted + updated + unchanged = valid AND valid + quarantined = rows", name="rows"),
        sa.CheckConstraint("times >= 1", name="times"),
    )

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, unique=True)
    started: Mapped[datetime] = mapped_column(Time)
    finished: Mapped[datetime] = mapped_column(Time)
    last_seen: Mapped[datetime] = mapped_column(Time)
    times: Mapped[int] = mapped_column(sa.BigInteger)
    rows: Mapped[int] = mapped_column(sa.BigInteger)
    valid: Mapped[int] = mapped_column(sa.BigInteger)
    quarantined: Mapped[int] = mapped_column(sa.BigInteger)
    inserted: Mapped[int] = mapped_column(sa.BigInteger)
    updated: Mapped[int] = mapped_column(sa.BigInteger)
    unchanged: Mapped[int] = mapped_column(sa.BigInteger)
    reasons: Mapped[Any] = mapped_column(sa.JSON)
    state: Mapped[str] = mapped_column(sa.String(64))


class IngestPageRow(Base):
    """Which pages an ingest took, in the order that decides between them."""

    __tablename__ = "ingest_pages"

    ingest_id: Mapped[str] = mapped_column(sa.ForeignKey("ingests.id"), primary_key=True)
    position: Mapped[int] = mapped_column(sa.Integer, primary_key=True, autoincrement=False)
    page_id: Mapped[str] = mapped_column(sa.ForeignKey("pages.id"), index=True)


class QuarantineRow(Base):
    """A row that its contract refused, with every reason, under each contract that refused it."""

    __tablename__ = "quarantine"

    page_id: Mapped[str] = mapped_column(sa.ForeignKey("pages.id"), primary_key=True)
    row_number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    contract: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    object_key: Mapped[str | None] = mapped_column(sa.Text, index=True)
    reasons: Mapped[Any] = mapped_column(sa.JSON)
    row: Mapped[Any] = mapped_column(sa.JSON)
    first_seen: Mapped[datetime] = mapped_column(Time)
    last_seen: Mapped[datetime] = mapped_column(Time)


class CensusRow(Base):
    """What was counted in one shard of a survey when its rows were last brought; `series` says of which query.

    `newest` is a modified Julian date in days. `id_sum` is text: exact, however many ids beyond 2**63 it sums.
    """

    __tablename__ = "census"
    __table_args__ = (sa.CheckConstraint("n > 0", name="n"),)

    series: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    shard: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(sa.BigInteger)
    newest: Mapped[int] = mapped_column(sa.BigInteger)
    id_sum: Mapped[str] = mapped_column(sa.Text)
    ingest_id: Mapped[str] = mapped_column(sa.ForeignKey("ingests.id"))


class HistoryRow(Base):
    """What an ingest changed in a row that was there: ``{column: [before, after]}``, and the page that brought it."""

    __tablename__ = "history"

    object_key: Mapped[str] = mapped_column(sa.ForeignKey("objects.object_key"), primary_key=True)
    ingest_id: Mapped[str] = mapped_column(sa.ForeignKey("ingests.id"), primary_key=True)
    page_id: Mapped[str] = mapped_column(sa.ForeignKey("pages.id"))
    changed: Mapped[Any] = mapped_column(sa.JSON)


class SnapshotRow(Base):
    """Rows frozen on disk, and the ingest after which they were read."""

    __tablename__ = "snapshots"
    __table_args__ = (_one_of("system", MagnitudeSystem),)

    id: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    path: Mapped[str] = mapped_column(sa.Text)
    rows: Mapped[int] = mapped_column(sa.BigInteger)
    system: Mapped[str] = mapped_column(sa.Text)
    state: Mapped[str] = mapped_column(sa.String(64))
    ingest_id: Mapped[str] = mapped_column(sa.ForeignKey("ingests.id"))
    created: Mapped[datetime] = mapped_column(Time)


class RunRow(Base):
    """One run of a flow, however it ended. `settings` are its options, `counts` those of what it brought: JSON, no secrets."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    flow: Mapped[str] = mapped_column(sa.Text)
    started: Mapped[datetime] = mapped_column(Time)
    finished: Mapped[datetime | None] = mapped_column(Time)
    snapshot_id: Mapped[str | None] = mapped_column(sa.ForeignKey("snapshots.id"))
    report: Mapped[str | None] = mapped_column(sa.Text)
    settings: Mapped[Any] = mapped_column(sa.JSON)
    outcome: Mapped[str] = mapped_column(sa.Text, server_default="ended well")
    detail: Mapped[str | None] = mapped_column(sa.Text)
    counts: Mapped[Any] = mapped_column(sa.JSON(none_as_null=True), nullable=True)


class ModelRow(Base):
    """A saved model, what trained it and what it reached."""

    __tablename__ = "models"
    __table_args__ = (sa.Index("ix_models_task_arm", "task", "arm"),)

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    task: Mapped[str] = mapped_column(sa.Text)
    arm: Mapped[str] = mapped_column(sa.Text)
    family: Mapped[str] = mapped_column(sa.Text)
    rebalancing: Mapped[str] = mapped_column(sa.Text)
    path: Mapped[str] = mapped_column(sa.Text)
    digest: Mapped[str] = mapped_column(sa.String(64))
    snapshot_id: Mapped[str] = mapped_column(sa.ForeignKey("snapshots.id"))
    metrics: Mapped[Any] = mapped_column(sa.JSON)
    trained_at: Mapped[datetime] = mapped_column(Time)
    run_id: Mapped[str | None] = mapped_column(sa.ForeignKey("runs.id"))


class IncidentRow(Base):
    """A check that fails, or failed, on a table; `number` counts the incidents of both, from 1."""

    __tablename__ = "incidents"
    __table_args__ = (
        sa.CheckConstraint("number >= 1", name="number"),
        sa.CheckConstraint("times >= 1", name="times"),
    )

    check_name: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    table_name: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    severity: Mapped[str] = mapped_column(sa.Text)
    opened: Mapped[datetime] = mapped_column(Time)
    last_seen: Mapped[datetime] = mapped_column(Time)
    recovered: Mapped[datetime | None] = mapped_column(Time)
    times: Mapped[int] = mapped_column(sa.BigInteger)
    summary: Mapped[str] = mapped_column(sa.Text)
    rows: Mapped[int | None] = mapped_column(sa.BigInteger)
    link: Mapped[str | None] = mapped_column(sa.Text)
    source: Mapped[str | None] = mapped_column(sa.Text)


class NoticeRow(Base):
    """What people are told of an incident; `delivered` are the addresses that have it, by fingerprint; open until `sent`."""

    __tablename__ = "notices"

    id: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    kind: Mapped[str] = mapped_column(sa.Text)
    severity: Mapped[str] = mapped_column(sa.Text)
    title: Mapped[str] = mapped_column(sa.Text)
    body: Mapped[str] = mapped_column(sa.Text)
    made: Mapped[datetime] = mapped_column(Time)
    due: Mapped[datetime] = mapped_column(Time)
    delivered: Mapped[Any] = mapped_column(sa.JSON)
    attempts: Mapped[int] = mapped_column(sa.BigInteger)
    last_error: Mapped[str | None] = mapped_column(sa.Text)
    sent: Mapped[datetime | None] = mapped_column(Time)


class SearchLogRow(Base):
    """One entry of the journal of a search, JSON; `number` counts from 0 within its study, without a gap."""

    __tablename__ = "search_log"
    __table_args__ = (sa.CheckConstraint("number >= 0", name="number"),)

    study: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    number: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True, autoincrement=False)
    entry: Mapped[Any] = mapped_column(sa.JSON)
