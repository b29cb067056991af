"""Brings cutouts of galaxies that have no image into a catalogue: asks a few at a time, judges, stores each once.

A batch is written whole, in one transaction; of what was interrupted at most a batch is asked for again. How often may
be asked is the caller's: `before_asking` is called before every request.
"""

from __future__ import annotations

import contextvars
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from threading import Event
from typing import Final

from cosmic.catalogue import Catalogue
from cosmic.catalogue.cutouts import Cutout
from cosmic.errors import CosmicError, SuspiciousResponse, TransientSourceError
from cosmic.galaxyzoo.images import Flaw, Looks, keep, look
from cosmic.home import Home
from cosmic.records import Page
from cosmic.skyserver import cutouts as images
from cosmic.skyserver.client import Service
from cosmic.skyserver.cutouts import SIDE, Ask, Failing, Place
from cosmic.sources.base import PageStore

log = logging.getLogger(__name__)

KIND: Final = "cutouts"
BATCH: Final = 50
BYTES: Final = 25_000
"""Of an image, about: those of Galaxy Zoo 2's release have 15 kB, the stand-in's 28."""
PATIENCE: Final = 5
"""Requests that may fail in a batch before the rest of it waits for the next attempt."""
FEW: Final = 10
"""Among fewer images than this, any number may be bad."""
OUTSIDE: Final = "outside the footprint"
FAILING: Final = "the service fails at this place"


@dataclass(frozen=True, slots=True)
class Asking:
    """How cutouts are asked for.

    Parameters
    ----------
    release : int
        Of the survey.
    service : Service
        Where.
    at_once : int
        Requests under way at a time.
    max_bad : float
        Share of a batch's images that may be bad before the service is suspected and not the images.
    again : bool
        Whether galaxies are asked for whose cutout was set apart before.
    """

    release: int
    service: Service
    at_once: int = 4
    max_bad: float = 0.3
    again: bool = False


@dataclass(frozen=True, slots=True)
class Wanted:
    """Galaxies to ask for, in batches, of all that have no image."""

    batches: tuple[tuple[Place, ...], ...]
    lacking: int

    @property
    def n(self) -> int:
        """Cutouts to ask for."""
        return sum(len(batch) for batch in self.batches)


def outlook(n: int, *, a_minute: int) -> str:
    """Return what so many cutouts take, in words."""
    minutes = n / a_minute
    time = f"{minutes:,.0f} min" if minutes >= 2 else f"{minutes * 60:,.0f} s"
    return f"about {n * BYTES / 1e6:,.1f} MB and, at {a_minute:,} a minute, at least {time}"


def find(catalogue: Catalogue, *, release: int, limit: int, again: bool, a_minute: int) -> Wanted:
    """Return the first galaxies that have no image, at most `limit`, and say what they take."""
    places, n = catalogue.without_image(release=release, limit=limit, again=again)
    wanted = Wanted(tuple(tuple(places[at : at + BATCH]) for at in range(0, len(places), BATCH)), n)
    if not places:
        log.info("cutouts: no galaxy is without an image that could be asked for")
    else:
        log.info("cutouts: %d of %d galaxies without an image, %s", wanted.n, n, outlook(wanted.n, a_minute=a_minute))
    return wanted


def bring(
    catalogue: Catalogue,
    batch: Sequence[Place],
    *,
    asking: Asking,
    home: Home,
    before_asking: Callable[[], None] = lambda: None,
    last: bool = False,
) -> dict[str, int]:
    """Ask for the cutouts of a batch that the catalogue lacks, store them, and return how many were set apart, by reason.

    Parameters
    ----------
    last : bool
        Whether nobody will try again: a few places at which the service alone fails, while it serves the others, are
        set apart.

    Raises
    ------
    TransientSourceError
        If some failed in a way that passes; what came is stored.
    PermanentSourceError
        If the service refuses; what came is stored.
    SuspiciousResponse
        If bytes came that are no image, or so many bad images that the service must be at fault. They are kept under the
        pages, good images are stored, and nothing is set apart.
    """
    keys = [place.object_key for place in batch]
    there = catalogue.with_cutout(keys, release=asking.release, again=asking.again)
    todo = [place for place in batch if place.object_key not in there]
    came, failed = _ask_all(todo, asking=asking, home=home, before_asking=before_asking)
    if (
        last
        and 0 < len(failed) <= (len(batch) - len(failed))
        and all(isinstance(error, Failing) for _, error in failed)
    ):
        came += [Cutout(place, _address(place, asking), reason=FAILING, found=str(error)) for place, error in failed]
        failed = []
    good = [one for one in came if one.looks is not None]
    suspected = len(came) >= FEW and len(came) - len(good) > asking.max_bad * len(came)
    suspicious = [error for _, error in failed if isinstance(error, SuspiciousResponse)]
    taken = good if suspected or suspicious else came
    if taken:
        taken = sorted(taken, key=lambda one: one.place.object_key.encode())
        catalogue.take_cutouts(_page(taken, asking=asking, home=home), taken, release=asking.release)
    if suspicious:
        raise suspicious[0]
    if suspected:
        raise SuspiciousResponse(_too_many_bad(came, asking))
    if failed:
        raise _worst([error for _, error in failed], left=len(todo) - len(came))
    if len(came) < len(todo):
        raise TransientSourceError(f"{len(todo) - len(came)} cutouts of a batch were not asked for.")
    bad = [one.reason for one in came if one.looks is None]
    return {reason: bad.count(reason) for reason in sorted(set(bad))}


def _ask_all(
    places: Sequence[Place], *, asking: Asking, home: Home, before_asking: Callable[[], None]
) -> tuple[list[Cutout], list[tuple[Place, CosmicError]]]:
    """Return what came, and what failed; after some failures the rest is left out."""
    stop, failures = Event(), count(1)
    came: list[Cutout] = []
    failed: list[tuple[Place, CosmicError]] = []

    def one(place: Place, ask: Ask) -> None:
        if stop.is_set():
            return
        try:
            came.append(_take(place, ask, asking=asking, home=home, before_asking=before_asking))
        except CosmicError as error:
            failed.append((place, error))
            if not isinstance(error, TransientSourceError) or next(failures) >= PATIENCE:
                stop.set()

    with (
        images.connected(asking.service, at_once=asking.at_once) as ask,
        ThreadPoolExecutor(asking.at_once, thread_name_prefix="cutouts") as pool,
    ):
        running = [pool.submit(contextvars.copy_context().run, one, place, ask) for place in places]
        try:
            for future in running:
                future.result()
        except BaseException:
            stop.set()  # what is under way ends, what waits is left out
            raise
    return came, failed


def _take(place: Place, ask: Ask, *, asking: Asking, home: Home, before_asking: Callable[[], None]) -> Cutout:
    """Ask for one cutout and judge it; one that does not decode is asked for once more, since bodies are cut off."""
    address = _address(place, asking)
    made = Cutout(place, address)
    content, found = b"", (Flaw.UNDECODABLE, "")
    for _ in range(2):
        before_asking()
        answer = ask(address)
        if answer.status == 404:
            return replace(made, reason=OUTSIDE, found="HTTP status 404")
        content = answer.content
        if answer.strange:
            kept = _keep_bad(content, address, home=home, suffix=".answer")
            raise SuspiciousResponse(
                f"{address} answered {len(content):,} bytes that are no image and no error of the service. Nothing was "
                f"changed; they are kept as {kept.path.name}."
            )
        seen = look(content)
        if isinstance(seen, Looks) and (seen.width, seen.height) == (SIDE, SIDE):
            return replace(made, looks=seen, path=keep(home.images, seen.sha256, content))
        if isinstance(seen, Looks):
            found = (Flaw.WRONG_SIZE, f"{seen.width} x {seen.height} pixels where {SIDE} x {SIDE} were asked for")
            break
        found = seen
        if found[0] is not Flaw.UNDECODABLE:
            break
    kept = _keep_bad(content, address, home=home)
    return replace(made, reason=f"image: {found[0]}", found=f"{found[1]}; kept as {kept.path.name}")


def _address(place: Place, asking: Asking) -> str:
    return images.address_of(place, release=asking.release, service=asking.service)


def _keep_bad(content: bytes, address: str, *, home: Home, suffix: str = ".jpg") -> Page:
    return PageStore(home.pages).add([content], suffix=suffix, kind=KIND, origin=address)


def _page(cutouts: Sequence[Cutout], *, asking: Asking, home: Home) -> Page:
    """Store what came of which address, a line each: the page that rows of images and of quarantine refer to."""
    lines = []
    for one in cutouts:
        told: dict[str, object] = {"object_key": one.place.object_key, "address": one.address, "scale": one.place.scale}
        told |= {"sha256": one.looks.sha256} if one.looks is not None else {"reason": one.reason, "found": one.found}
        lines.append(json.dumps(told).encode() + b"\n")
    origin = f"{asking.service.address} DR{asking.release} cutouts from {cutouts[0].place.object_key}"
    return PageStore(home.pages).add(lines, suffix=".jsonl", kind=KIND, origin=origin)


def _worst(errors: Sequence[CosmicError], *, left: int) -> CosmicError:
    """Return the error to tell: one that does not pass where there is one, with how many cutouts of the batch are left."""
    error = next((one for one in errors if not isinstance(one, TransientSourceError)), errors[0])
    kind = TransientSourceError if isinstance(error, TransientSourceError) else type(error)
    return kind(f"{error} {left} cutouts of this batch are left; what came is stored, and the next run goes on.")


def _too_many_bad(came: Sequence[Cutout], asking: Asking) -> str:
    bad = [one for one in came if one.looks is None]
    reasons = ", ".join(sorted({one.reason for one in bad}))
    return (
        f"{len(bad)} of {len(came)} cutouts of DR{asking.release} at {asking.service.address} cannot be used ({reasons}), "
        f"such as {bad[0].address}. Good ones are stored, and none is set apart. Check --release and COSMIC_SKYSERVER_URL; "
        f"if these galaxies are like that, set COSMIC_MAX_QUARANTINED higher (now {asking.max_bad:g}) for one run."
    )
