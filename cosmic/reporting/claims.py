"""The findings ledger: what became of each claim of the published study's slides. Real sky only; reads facts, scores nothing.

The claims are package data in words of ours; `cosmic.reporting.claim_judges` finds the figure of ours that answers each.
What this run did not do has the verdict "cannot tell" and says so; no figure is ever filled in.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.resources import files

from cosmic.facts import Facts
from cosmic.facts.claims import PublishedClaim
from cosmic.reporting.claim_answers import Answer
from cosmic.reporting.claim_judges import JUDGES
from cosmic.reporting.shown import Number, Style, Words


@dataclass(frozen=True, slots=True)
class Judged:
    """One row of the ledger. `published` and `other` are the figures of the claim and of what it compares with."""

    id: str
    claim: Words
    slide: Words
    published: Number | None
    other: Number | None
    measure: Words | None
    note: Words | None
    answer: Answer


def published_claims() -> tuple[PublishedClaim, ...]:
    """Return the study's claims in the order of its slides, for facts of a real sky."""
    text = files("cosmic").joinpath("data", "published_claims.csv").read_text(encoding="utf-8")
    return tuple(
        PublishedClaim.model_validate({name: value or None for name, value in row.items()})
        for row in csv.DictReader(text.splitlines())
    )


def judged(facts: Facts) -> tuple[Judged, ...]:
    """Return the ledger of ``facts.published_claims``: empty on a simulated sky, whose facts hold no claims."""
    rows = []
    for i, claim in enumerate(facts.published_claims):
        path = f"published_claims[{i}]"

        def number(name: str, claim: PublishedClaim = claim, path: str = path) -> Number | None:
            value = getattr(claim, name)
            return None if value is None else Number(f"{path}.{name}", value, Style.PLAIN)

        def text(name: str, claim: PublishedClaim = claim, path: str = path) -> Words | None:
            value = getattr(claim, name)
            return None if value is None else Words(f"{path}.{name}", value)

        answer = JUDGES[claim.id](facts, claim)
        rows.append(
            Judged(claim.id, Words(f"{path}.claim", claim.claim), Words(f"{path}.slide", claim.slide), number("figure"),
                   number("other"), text("measure"), text("note"), answer)
        )  # fmt: skip
    return tuple(rows)
