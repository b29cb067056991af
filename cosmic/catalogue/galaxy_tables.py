"""The tables of what people saw of galaxies: votes, images, and what their sources ask for. Runs no query.

A change here needs a new Alembic revision; a test compares both on SQLite and on Postgres.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from cosmic.catalogue.tables import Base, SpecObjId


class TermsRow(Base):
    """What a source asks of whoever uses its data: one of votes and images, or all pages of a kind."""

    __tablename__ = "terms"

    source: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    licence: Mapped[str] = mapped_column(sa.Text)
    acknowledgement: Mapped[str] = mapped_column(sa.Text)


class VoteRow(Base):
    """The votes on a galaxy in one release, as they were given, and the object of the catalogue that it is.

    The lists are of 37, in the order of `cosmic.galaxyzoo.tree.STEMS`. `matched_by` is ``dr8objid``, ``position`` or
    ``given``; `separation` in arcsec, where positions tell it.
    """

    __tablename__ = "votes"
    __table_args__ = (
        sa.CheckConstraint("(object_key IS NULL) = (matched_by IS NULL)", name="match"),
        sa.CheckConstraint("separation >= 0", name="separation"),
    )

    source: Mapped[str] = mapped_column(sa.ForeignKey("terms.source"), primary_key=True)
    galaxy: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    dr7objid: Mapped[int | None] = mapped_column(sa.BigInteger)
    dr8objid: Mapped[int | None] = mapped_column(sa.BigInteger)
    spec_obj_id: Mapped[str | None] = mapped_column(SpecObjId)
    ra: Mapped[float | None] = mapped_column(sa.Double)
    dec: Mapped[float | None] = mapped_column(sa.Double)
    sample: Mapped[str | None] = mapped_column(sa.Text)
    total_classifications: Mapped[int | None] = mapped_column(sa.BigInteger)
    total_votes: Mapped[int | None] = mapped_column(sa.BigInteger)
    counts: Mapped[Any | None] = mapped_column(sa.JSON(none_as_null=True))
    weighted_fractions: Mapped[Any | None] = mapped_column(sa.JSON(none_as_null=True))
    debiased_fractions: Mapped[Any | None] = mapped_column(sa.JSON(none_as_null=True))
    gz2_class: Mapped[str | None] = mapped_column(sa.Text)
    class_from: Mapped[str | None] = mapped_column(sa.Text)
    page_id: Mapped[str] = mapped_column(sa.String(64), sa.ForeignKey("pages.id"))
    object_key: Mapped[str | None] = mapped_column(sa.ForeignKey("objects.object_key"), index=True)
    matched_by: Mapped[str | None] = mapped_column(sa.Text)
    separation: Mapped[float | None] = mapped_column(sa.Double)


class ImageRow(Base):
    """An image that can be used, stored once under its sha256, and what it shows: a galaxy of a release, an object, both.

    `name` is the release's asset id, or the object's key. `scale` in arcsec a pixel, and `address`, where it was asked for,
    are those of a cutout; images of a release tell neither.
    """

    __tablename__ = "images"
    __table_args__ = (
        sa.CheckConstraint("width > 0 AND height > 0", name="size"),
        sa.CheckConstraint("scale > 0", name="scale"),
        sa.CheckConstraint("galaxy IS NOT NULL OR object_key IS NOT NULL", name="shows"),
    )

    source: Mapped[str] = mapped_column(sa.ForeignKey("terms.source"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.Text, primary_key=True)
    galaxy: Mapped[str | None] = mapped_column(sa.Text, index=True)
    object_key: Mapped[str | None] = mapped_column(sa.ForeignKey("objects.object_key"), index=True)
    scale: Mapped[float | None] = mapped_column(sa.Double)
    address: Mapped[str | None] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    width: Mapped[int] = mapped_column(sa.Integer)
    height: Mapped[int] = mapped_column(sa.Integer)
    path: Mapped[str] = mapped_column(sa.Text)
    page_id: Mapped[str] = mapped_column(sa.String(64), sa.ForeignKey("pages.id"))
