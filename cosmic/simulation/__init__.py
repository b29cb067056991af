"""A seeded sky with the structure of the real one, as raw rows with SDSS's column names.

Reads the measured tables of ``cosmic/data`` and draws random numbers. Knows nothing of pages, contracts or catalogues,
and never reads a survey row.

`measured` holds the statistics, `population` what objects are, `footprint` where and when they were observed,
`photometry` how bright they look, `spectroscopy` and `elodie` what the pipeline says of their spectra, `morphology`
what volunteers would see, `pictures` how a galaxy looks, `sky` the table.
"""

from __future__ import annotations

from cosmic.simulation.population import STUDY_SHARES, Shares
from cosmic.simulation.sky import (
    COLUMNS,
    GENERATOR_VERSION,
    simulate,
    simulate_blocks,
    simulate_shown_galaxies,
    simulate_sky_votes,
)

__all__ = [
    "COLUMNS",
    "GENERATOR_VERSION",
    "STUDY_SHARES",
    "Shares",
    "simulate",
    "simulate_blocks",
    "simulate_shown_galaxies",
    "simulate_sky_votes",
]
