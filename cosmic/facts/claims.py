"""What the published study claims, as it stands in facts.json beside a real sky. Judges nothing."""

from __future__ import annotations

from cosmic.facts.results import Block


class PublishedClaim(Block):
    """One claim of the study in words of ours, where it stands, and its figure.

    `figure` is as printed, with what it is of in `measure`; null where the claim has none. `other` is a second figure
    that the claim compares with. `note` says what the figure really is where that differs from what is said of it.
    """

    id: str
    slide: str
    claim: str
    figure: float | None = None
    other: float | None = None
    measure: str | None = None
    note: str | None = None
