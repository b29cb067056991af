"""Takes Galaxy Zoo 2 into a catalogue: votes, images, and a page that brings each object its string.

The labels go the way of any page, through the contract and an ingest, so that a snapshot's state and an object's history
know of them. Fetches nothing.
"""

from __future__ import annotations

import io
import json
import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from cosmic import artefacts
from cosmic.canonical import table_digest
from cosmic.catalogue.galaxies import REJECTED, ImagePart, VotePart
from cosmic.catalogue.store import Catalogue
from cosmic.columns import BANDS
from cosmic.errors import ConfigError
from cosmic.galaxyzoo.filenames import read_file_names
from cosmic.galaxyzoo.images import BadImage, Image, open_images, take_images
from cosmic.galaxyzoo.matching import GIVEN, Matches, crosswalk, match, with_photometric_ids
from cosmic.galaxyzoo.readers import Votes, read_votes
from cosmic.galaxyzoo.release import Release
from cosmic.galaxyzoo.votes import TERMS, TRUST, VoteSource
from cosmic.home import Home
from cosmic.records import LABELS_KIND, MagnitudeSystem, Page, Volunteers
from cosmic.simulation import simulate_sky_votes
from cosmic.simulation.faults import shares_of
from cosmic.sources.base import PageStore

log = logging.getLogger(__name__)

KIND: Final = "galaxy-zoo"
_IDENTITY: Final = ("spec_obj_id", "plate", "mjd", "fiberid")
_BROUGHT: Final = (*_IDENTITY, "ra", "dec", *BANDS, "class", "gz2_class", "gz2_source")
_SOFT: Final = "soft labels 1"
_SAY_EVERY: Final = 10.0
"""Seconds between two words on how many images were taken."""


def take_release(catalogue: Catalogue, release: Release, *, home: Home) -> Volunteers:
    """Store a release: its tables as pages, votes with the objects that they are of, images by content.

    Running it again stores the same; an interrupted run goes on where it was.

    Raises
    ------
    ConfigError, PermanentSourceError, SuspiciousResponse
        If a table or the zip cannot be read, or the catalogue holds no object yet.
    """
    system = _system(catalogue)
    store = PageStore(home.pages)
    tables = [_Table([store.add_file(path, kind=KIND)]) for path in release.tables]
    parts, standing = _matched(catalogue, tables)
    images = None
    if release.names is not None and release.images is not None:
        images = _images(store.add_file(release.names, kind=KIND), release.images, parts, home=home)
    called = ", ".join(page.origin for table in tables for page in table.pages)
    return _take(catalogue, parts, standing, home=home, called=called, system=system, images=images)


def take_pages(catalogue: Catalogue, pages: Sequence[Page], *, home: Home, called: str) -> Volunteers:
    """Store a vote table that came in pages, which are stored: its votes with the objects that they are of.

    Parameters
    ----------
    pages : sequence of Page
        All of the table, no galaxy twice.
    called : str
        What the table is called: the same for the same table, however it is cut into pages.

    Raises
    ------
    ConfigError
        If a page cannot be read, or the catalogue holds no object yet.
    """
    system = _system(catalogue)
    parts, standing = _matched(catalogue, [_Table(pages)])
    return _take(catalogue, parts, standing, home=home, called=called, system=system)


def take_simulated(
    catalogue: Catalogue, page: Page, *, rows: int, seed: int, night: int = 0, faults: Sequence[str] = (), home: Home
) -> Volunteers:
    """Store the votes on a simulated sky, whose page has their strings already."""
    known = set(catalogue.rows()["object_key"].to_pylist())
    blocks = []
    for ids, votes in simulate_sky_votes(rows=rows, seed=seed, shares=shares_of(faults, night), night=night):
        keys = [key if (key := f"spec:{one.zfill(20)}") in known else None for one in ids.to_pylist()]
        how = [None if key is None else GIVEN for key in keys]
        votes = votes.set_column(votes.schema.get_field_index("specobjid"), "specobjid", ids)
        columns = {"object_key": pa.array(keys, pa.string()), "matched_by": pa.array(how, pa.string())}
        columns["separation"] = pa.nulls(len(keys), pa.float64())
        blocks.append(_with(votes, columns))
    part = VotePart(page, VoteSource.SIMULATED, pa.concat_tables(blocks), REJECTED.empty_table(), recorded=True)
    if catalogue.votes(page) != part.votes.num_rows:
        catalogue.take_galaxies([part])
    return _with_soft(_record([part], None, None), catalogue, home)


class _Table:
    """A vote table: its pages and what was read of each."""

    def __init__(self, pages: Sequence[Page]) -> None:
        self.pages = tuple(pages)
        self.read = [read_votes(page.path, called=page.origin) for page in pages]
        self.votes: pa.Table = pa.concat_tables([found.table for found in self.read])

    def parts(self, photometric: Mapping[int, int], standing: pa.Table) -> Iterator[VotePart]:
        """Match the table as a whole, so that galaxies of two pages that claim one object are seen; yield its pages."""
        votes = with_photometric_ids(self.votes, photometric)
        matches, start = match(votes, standing), 0
        for page, found in zip(self.pages, self.read, strict=True):
            rows = found.table.num_rows
            yield _part(page, found, votes.slice(start, rows), matches.slice(start, rows))
            start += rows


def _system(catalogue: Catalogue) -> MagnitudeSystem:
    if catalogue.system is None:
        raise ConfigError(f"{catalogue.name} is empty: there is no object that a galaxy could be.")
    return catalogue.system


def _matched(catalogue: Catalogue, tables: Sequence[_Table]) -> tuple[list[VotePart], pa.Table]:
    """Return the tables as they are to be stored, and the objects of the catalogue that stand for themselves."""
    objects = catalogue.rows()
    standing = objects.filter(pc.is_null(objects["same_as"]))
    photometric = catalogue.photometric_ids() | dict(crosswalk([table.votes for table in tables]))
    return [part for table in tables for part in table.parts(photometric, standing)], standing


def _take(
    catalogue: Catalogue,
    parts: Sequence[VotePart],
    standing: pa.Table,
    *,
    home: Home,
    called: str,
    system: MagnitudeSystem,
    images: ImagePart | None = None,
) -> Volunteers:
    """Store votes and images, and make the page that brings matched objects their strings."""
    catalogue.take_galaxies(parts, images)
    labels, differing = _labels(parts, standing)
    brought = None
    if labels.num_rows:
        brought = PageStore(home.pages).add(
            _csv(labels), suffix=".csv", kind=LABELS_KIND, origin=f"labels of {called}", columns=(("system", str(system)),)
        )  # fmt: skip
    return _with_soft(_record(parts, images, brought, differing=differing), catalogue, home)


def _with_soft(taken: Volunteers, catalogue: Catalogue, home: Home) -> Volunteers:
    """Write how sure volunteers were of each object, named by its content, and return the record with it."""
    log.info(
        "Galaxy Zoo 2: %d galaxies of %s, %d are objects of the catalogue, %d set apart; %d images, %d set apart",
        taken.galaxies, ", ".join(taken.sources), sum(taken.matched.values()), sum(taken.rejected.values()), taken.images,
        sum(taken.bad_images.values()),
    )  # fmt: skip
    if taken.unplaced:
        log.warning("%s", taken.without_a_place)
    soft = catalogue.soft_labels()
    if not soft.num_rows:
        return taken
    path = home.votes / f"{table_digest(soft, salt=_SOFT)}.parquet"
    if not artefacts.intact(path):
        artefacts.write(path, lambda part: pq.write_table(soft, part, compression="zstd"))
    return replace(taken, soft=path, agreement=pc.mean(soft["agreement"]).as_py())


def _part(page: Page, found: Votes, votes: pa.Table, matches: Matches) -> VotePart:
    """Return a page of a table as it is stored: ambiguous galaxies keep their votes, have no object, and are set apart."""
    galaxies = votes["galaxy"]
    ambiguous = pa.table(
        {
            "row_number": votes["dr7objid"].take(pa.array(list(matches.ambiguous), pa.int64())).combine_chunks(),
            "reason": pa.array([f"ambiguous: {why}" for why in matches.ambiguous.values()], pa.string()),
            "row": pa.array(
                [json.dumps({"galaxy": galaxies[galaxy].as_py()}) for galaxy in matches.ambiguous], pa.string()
            ),
        },
        schema=REJECTED,
    )
    unreadable = pa.table(
        {
            "row_number": found.rejected["row_number"].combine_chunks(),
            "reason": found.rejected["reason"].combine_chunks(),
            "row": pa.array([json.dumps({"id": text}) for text in found.rejected["galaxy"].to_pylist()], pa.string()),
        },
        schema=REJECTED,
    )
    columns = {"object_key": matches.object_key, "matched_by": matches.matched_by, "separation": matches.separation}
    return VotePart(
        page, found.source, _with(votes, columns), pa.concat_tables([unreadable, ambiguous]), ambiguous.num_rows
    )


def _with(votes: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        votes = votes.append_column(name, values)
    return votes


def _images(page: Page, where: Path, parts: Sequence[VotePart], *, home: Home) -> ImagePart:
    """Take the image of every galaxy that has one named; each that cannot be used has its reason."""
    names = read_file_names(page.path, called=page.origin)
    if names.unreadable:
        log.warning(
            "%s: %d of its rows are passed over, since an id is no exact whole number: their galaxies get no image. "
            "Download it again.",
            page.origin, names.unreadable,
        )  # fmt: skip
    wanted: dict[int, str] = {}
    for part in parts:
        for galaxy, asset in zip(
            part.votes["galaxy"].to_pylist(), names.assets(part.votes["dr7objid"]).to_pylist(), strict=True
        ):
            if asset is not None:
                wanted.setdefault(asset, galaxy)
    shown: list[tuple[Image, str]] = []
    bad: list[BadImage] = []
    began = said = time.monotonic()
    for found in take_images(open_images(where), wanted, store=home.images):
        if isinstance(found, Image):
            shown.append((found, wanted[found.asset_id]))
        else:
            bad.append(found)
        now = time.monotonic()
        if now - said >= _SAY_EVERY:
            said, done = now, len(shown) + len(bad)
            left = (now - began) / done * (len(wanted) - done)
            log.info("images: %d of %d, %d set apart, %.0f s left", done, len(wanted), len(bad), left)
    if bad and not shown:
        log.warning("%s has no usable image of %d that are named; the first: %s", where, len(bad), bad[0].detail)
    rejected = pa.table(
        {
            "row_number": pa.array([one.asset_id for one in bad], pa.int64()),
            "reason": pa.array([f"image: {one.flaw}" for one in bad], pa.string()),
            "row": pa.array([json.dumps({"asset_id": one.asset_id, "found": one.detail}) for one in bad], pa.string()),
        },
        schema=REJECTED,
    )
    return ImagePart(page, VoteSource.HART16, shown, rejected)


def _labels(parts: Sequence[VotePart], objects: pa.Table) -> tuple[pa.Table, int]:
    """Return the matched objects as rows that say nothing new but their string; of several the first part's stands.

    An object whose own table gave it a string keeps it: only so do two runs with the same input leave the same. How many
    of these have another string than the release is the second answer. A string of a source that is trusted more stays
    too, so that it does not matter which source came last.
    """
    strings: dict[str, tuple[str, str]] = {}
    for part in parts:
        keys, given = part.votes["object_key"].to_pylist(), part.votes["gz2_class"].to_pylist()
        for key, string in zip(keys, given, strict=True):
            if key is not None and string is not None:
                strings.setdefault(key, (string, part.source.value))
    matched = objects.filter(pc.is_in(objects["object_key"], value_set=pa.array(list(strings), pa.string())))
    ours = pc.is_in(matched["gz2_source"], value_set=pa.array([source.value for source in VoteSource]))
    free = pc.or_(pc.is_null(matched["gz2_class"]), ours)
    kept = matched.filter(pc.invert(free)).select(["object_key", "gz2_class"]).to_pylist()
    differing = sum(strings[row["object_key"]][0] != row["gz2_class"] for row in kept)
    own = matched.filter(free)
    given = zip(own["object_key"].to_pylist(), own["gz2_source"].to_pylist(), strict=True)
    own = own.filter(pa.array([_trust(strings[key][1]) <= _trust(source) for key, source in given], pa.bool_()))
    said = [strings[key] for key in own["object_key"].to_pylist()]
    for at, name in enumerate(("gz2_class", "gz2_source")):
        own = own.set_column(own.schema.get_field_index(name), name, pa.array([one[at] for one in said], pa.string()))
    return own.select(list(_BROUGHT)), differing


def _trust(source: str | None) -> int:
    """Return the rank of a source, 0 for the most trusted; no source comes last."""
    return next((rank for rank, one in enumerate(TRUST) if one.value == source), len(TRUST))


def _csv(rows: pa.Table) -> Iterator[bytes]:
    text = io.BytesIO()
    pa_csv.write_csv(rows, text)
    yield text.getvalue()


def _unplaced(votes: pa.Table) -> int:
    """Return how many galaxies of the survey have nothing by which an object could be theirs."""
    nowhere = pc.or_(pc.is_null(votes["ra"]), pc.is_null(votes["dec"]))
    nothing = pc.and_(pc.is_null(votes["dr8objid"]), nowhere)
    return pc.sum(pc.and_(nothing, pc.is_valid(votes["dr7objid"]))).as_py() or 0


def _record(
    parts: Sequence[VotePart], images: ImagePart | None, labels: Page | None, *, differing: int = 0
) -> Volunteers:
    how = Counter(way for part in parts for way in part.votes["matched_by"].to_pylist() if way is not None)
    reasons = Counter(reason.partition(":")[0] for part in parts for reason in part.rejected["reason"].to_pylist())
    bad = Counter(images.rejected["reason"].to_pylist()) if images is not None else Counter[str]()
    sources = tuple(dict.fromkeys(part.source for part in parts))
    return Volunteers(
        sources=tuple(source.value for source in sources),
        galaxies=sum(part.votes.num_rows for part in parts),
        matched=dict(sorted(how.items())),
        rejected=dict(sorted(reasons.items())),
        images=len(images.shown) if images is not None else 0,
        bad_images=dict(sorted(bad.items())),
        labels=labels,
        differing=differing,
        unplaced=sum(_unplaced(part.votes) for part in parts),
        acknowledgements=tuple(TERMS[source].acknowledgement for source in sources),
    )
