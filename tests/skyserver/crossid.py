"""Matching a list of positions, as astroquery's query_crossid and query_region(radius=…) send it.

Turns an uploaded list into the temporary tables #upload and #x that the sent SQL joins. Matches nothing itself.
"""

# ruff: noqa: S608 names and conditions are the tests' own; received queries never come here

from __future__ import annotations

from dataclasses import dataclass

LARGEST_RADIUS = 3.0
"""Arcmin."""


@dataclass(frozen=True, slots=True)
class Upload:
    """An uploaded list of positions.

    Parameters
    ----------
    positions : tuple of (float, float)
        Right ascension and declination, deg.
    radius : float
        How far a match may lie, arcmin.
    nearest : bool
        Only the nearest primary object, not all.
    """

    positions: tuple[tuple[float, float], ...]
    radius: float
    nearest: bool


def read(form: dict[str, str]) -> Upload:
    """Return the list in a form: a line of names, then lines of which the last two words are ra and dec.

    Raises
    ------
    ValueError
        If a position or the radius is no number, or the radius is out of range.
    """
    lines = [line.split() for line in form.get("upload", "").splitlines()[1:] if line.strip()]
    radius = float(form.get("radius") or 0.5)
    if not 0 < radius <= LARGEST_RADIUS:
        raise ValueError(f"Invalid radius: {radius} arcmin is not within 0 and {LARGEST_RADIUS}.")
    nearest = form.get("photoscope", "nearPrim").lower() == "nearprim"
    return Upload(tuple((float(line[-2]), float(line[-1])) for line in lines), radius, nearest)


def statements(upload: Upload) -> list[str]:
    """Return what makes the two temporary tables, in DuckDB's SQL."""
    function = "fGetNearestObjEq" if upload.nearest else "fGetNearbyObjEq"
    made = [
        "CREATE TEMP TABLE upload (up_id INTEGER, up_ra DOUBLE, up_dec DOUBLE)",
        "CREATE TEMP TABLE x (up_id INTEGER, objID BIGINT)",
    ]
    for at, (ra, dec) in enumerate(upload.positions):
        made.append(f"INSERT INTO upload VALUES ({at}, {ra!r}, {dec!r})")
        made.append(f"INSERT INTO x SELECT {at}, objID FROM {function}({ra!r}, {dec!r}, {upload.radius!r})")
    return made
