"""Rows to fill the stand-in with: the simulated sky, or real tables that lie beside the checkout.

Reads files, and changes none.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as csv

from cosmic.galaxyzoo.tree import STEMS
from cosmic.galaxyzoo.votes import fraction_array
from cosmic.simulation import simulate, simulate_sky_votes

SHARED: Final = Path(__file__).resolve().parents[2] / ".." / "shared" / "data"
"""Where real tables lie, for those who have them."""
SPECTRA: Final = SHARED / "sdss" / "spectra.csv.gz"
A_RUN: Final = 5
"""Galaxies of an imaging run in simulated votes."""
VOTES: Final = SHARED / "galaxy_zoo2" / "table5_stripe82_votes.csv.gz"


def simulated_spectra(rows: int, *, seed: int = 0) -> pa.Table:
    """Return the rows of a simulated sky, as `Release.add` takes them."""
    return simulate(rows=rows, seed=seed)


def simulated_votes(rows: int, *, seed: int = 0) -> pa.Table:
    """Return votes on the galaxies of `simulated_spectra` as rows of zoo2MainSpecz.

    Ids of data release 7 are made up, five of each imaging run. Every seventh galaxy has no dr8objid, as where the later
    photometry has no object of the same place; positions are those of the spectra, 0.2 arcsec further north.
    """
    sky, blocks = simulated_spectra(rows, seed=seed), list(simulate_sky_votes(rows=rows, seed=seed))
    ids, votes = pa.chunked_array([one for one, _ in blocks]), pa.concat_tables([one for _, one in blocks])
    seen = sky.take(pc.index_in(ids, value_set=sky["specObjID"].cast(pa.string()).combine_chunks()).combine_chunks())
    photometric = seen["bestObjID"].to_pylist()
    fractions = fraction_array(votes, "debiased_fractions")
    columns = {
        "dr7objid": [587722981741363294 + (at // A_RUN << 32) + at % A_RUN for at in range(len(ids))],
        "dr8objid": [0 if at % 7 == 3 else int(one) for at, one in enumerate(photometric)],
        "specobjid": ids, "ra": seen["ra"], "dec": pc.add(seen["dec"], 0.2 / 3600),
        "sample": ["original"] * len(ids), "total_classifications": votes["total_classifications"],
        "total_votes": votes["total_votes"],
    }  # fmt: skip
    return pa.table(columns | {f"{stem}_debiased": fractions[:, at] for at, stem in enumerate(STEMS)})


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
