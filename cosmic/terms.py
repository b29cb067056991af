"""What each source of objects asks of whoever uses its rows, by the kind of its pages. Stored with them; reads nothing.

Galaxy Zoo 2's are in `cosmic.galaxyzoo.votes`.
"""

from __future__ import annotations

from typing import Final

from cosmic.galaxyzoo.votes import TERMS, Terms, VoteSource

_SDSS: Final = (
    "Funding for the Sloan Digital Sky Survey has been provided by the Alfred P. Sloan Foundation, its funding agencies "
    "and the participating institutions; sdss.org/collaboration/citing-sdss has the whole text for each phase of the "
    "survey, and the paper of each data release."
)
BY_KIND: Final = {
    "skyserver": Terms("public SDSS data; free to use with the acknowledgement", _SDSS),
    "files": Terms(
        "as whoever made the file states; SDSS's own data are public, free to use with the acknowledgement", _SDSS
    ),
    "simulated": TERMS[VoteSource.SIMULATED],
}
"""By kind of page. A kind that is not here has terms of its own, or asks for nothing."""
