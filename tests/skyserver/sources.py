"""Rows to fill the stand-in with: the simulated sky, or real tables that lie beside the checkout.

Reads files, and changes none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.csv as csv

from cosmic.simulation import simulate

SHARED: Final = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
"""Where real tables lie, for those who have them."""
SPECTRA: Final = SHARED / "sdss" / "spectra.csv.gz"
VOTES: Final = SHARED / "galaxy_zoo2" / "table5_stripe82_votes.csv.gz"


def simulated_spectra(rows: int, *, seed: int = 0) -> pa.Table:
    """Return the rows of a simulated sky, as `Release.add` takes them."""
    return simulate(rows=rows, seed=seed)


def read_spectra(path: Path = SPECTRA) -> pa.Table:
    """Return a table of real spectra: plate, mjd, fiberid, ra, dec, u g r i z, redshift, class, subClass.

    A plate, MJD and fibre that occurs again (the file mixes three releases) is left out.
    """
    rows = csv.read_csv(path, convert_options=csv.ConvertOptions(strings_can_be_null=False))
    rows = rows.append_column("line", pa.array(range(rows.num_rows)))
    first = rows.group_by(["plate", "mjd", "fiberid"]).aggregate([("line", "min")])["line_min"].combine_chunks()
    return rows.take(first.sort()).drop_columns(["line"])


def read_votes(path: Path = VOTES) -> pa.Table:
    """Return a table of Galaxy Zoo 2 votes as rows of zoo2MainSpecz.

    Takes Willett et al. 2013, table 5, or anything else with `objid` or `dr7objid` and columns of votes. Without
    dr8objid and specobjid, they are 0.
    """
    rows = csv.read_csv(path)
    return rows.rename_columns(["dr7objid" if name == "objid" else name for name in rows.column_names])
