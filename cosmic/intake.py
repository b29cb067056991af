"""From a stored page to judged rows on disk. Reads pages and writes files of ours; knows no catalogue and no Prefect.

A page that breaks its contract as a whole is judged to the end and written too, so that it can be looked at; then it
is refused.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from cosmic import artefacts
from cosmic.contracts import Judgement, Limits, PageProfile, Suite, demand_good_page, judge
from cosmic.contracts.pages import examine
from cosmic.errors import ArtefactCorrupt, ContractViolation
from cosmic.records import JudgedPage, Page
from cosmic.sources.base import ParsedPage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a page was read, as its report says it: columns by canonical name, unit, marks of absence, unused columns.

    `left_out` holds optional columns that the page has but that could not be trusted, each with the reason; `partly`
    columns of which some values were not taken.
    """

    mapping: dict[str, str]
    system: str
    unit: str
    unit_reason: str
    nulled: dict[str, int]
    unmapped: tuple[str, ...]
    left_out: dict[str, str] = field(default_factory=dict)
    partly: dict[str, str] = field(default_factory=dict)


def judge_page(
    page: Page, *, parse: Callable[[Page], ParsedPage], suite: Suite, limits: Limits, folder: Path
) -> JudgedPage:
    """Return a page's valid and quarantined rows, each in a file of `folder`, and the report beside them.

    Parameters
    ----------
    page : Page
        A stored page.
    parse : callable
        Reads it: `Source.parse`.
    suite : Suite
        The contract.
    limits : Limits
        How far a page may differ.
    folder : Path
        Files are named by page, contract and column overrides.

    Raises
    ------
    ContractViolation
        If the page as a whole cannot be believed; its files are there and the message names the report.
    """
    parsed = parse(page)
    judgement = judge(parsed.rows, uncastable=parsed.uncastable, suite=suite, limits=limits)
    stem = _stem(page, judgement.contract)
    valid = _write_rows(judgement.valid, folder / f"{stem}.valid.parquet")
    quarantined = _write_rows(judgement.quarantined, folder / f"{stem}.quarantined.parquet")
    text = _report(judgement, parsed)
    report = artefacts.write(folder / f"{stem}.report.json", lambda part: part.write_text(text, "utf-8"))
    try:
        demand_good_page(judgement, page=page.origin)
    except ContractViolation as exc:
        raise ContractViolation(f"{exc} See {report}.", reasons=exc.reasons) from exc
    return JudgedPage(
        page=page,
        valid=valid,
        quarantined=quarantined,
        report=report,
        rows=judgement.report.rows,
        n_valid=judgement.valid.num_rows,
        n_quarantined=judgement.quarantined.num_rows,
        reasons=judgement.reasons,
        system=parsed.system,
        contract=judgement.contract,
    )


def demand_continuity(judged: JudgedPage, *, baseline: str | None, suite: Suite, limits: Limits) -> None:
    """Raise if a page differs too much from the last accepted page of the same origin.

    Parameters
    ----------
    baseline : str or None
        Profile of that page, JSON; None on the first run of an origin.

    Raises
    ------
    ContractViolation
        If rows were lost, columns emptied, class shares or medians moved beyond the limits; each is named.
    """
    if baseline is None:
        return
    before, now = PageProfile.from_json(baseline), profile_of(judged)
    findings = examine(now, faulty=0, shape=suite.shape, baseline=before, limits=limits)
    problems = tuple(finding.problem for finding in findings if finding.problem)
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems[:10])
        raise ContractViolation(
            f"{judged.page.origin} differs from what was last accepted from there, so none of its {judged.rows} rows "
            f"went on:\n{listed}\nThe page and its report are kept: {judged.report}.",
            reasons=problems,
        )


def profile_of(judged: JudgedPage) -> PageProfile:
    """Return the profile of a judged page."""
    return PageProfile(**_content(judged)["profile"])  # type: ignore[arg-type]


def rows_apart(judged: JudgedPage) -> frozenset[int]:
    """Return the numbers of a judged page's rows that are in quarantine."""
    return frozenset(pq.read_table(judged.quarantined, columns=["row_number"])["row_number"].to_pylist())


def reading_of(judged: JudgedPage) -> Reading:
    """Return how a judged page was read."""
    found = _content(judged)["reading"]
    return Reading(**{**found, "unmapped": tuple(found["unmapped"])})  # type: ignore[arg-type]


def _content(judged: JudgedPage) -> dict[str, dict[str, object]]:
    try:
        content: dict[str, dict[str, object]] = json.loads(artefacts.check(judged.report).read_text(encoding="utf-8"))
    except ValueError as exc:
        raise ArtefactCorrupt(f"{judged.report} is no JSON. Delete it and run again: the page is judged anew.") from exc
    return content


def _stem(page: Page, contract: str) -> str:
    """Name the files of a page: the same bytes read with other overrides are other rows."""
    how = hashlib.sha256(json.dumps([contract, page.columns]).encode()).hexdigest()
    return f"{page.id[:32]}-{how[:16]}"


def _report(judgement: Judgement, parsed: ParsedPage) -> str:
    reading = {
        "mapping": parsed.mapping,
        "system": str(parsed.system),
        "unit": str(parsed.unit),
        "unit_reason": parsed.unit_reason,
        "nulled": parsed.nulled,
        "unmapped": parsed.unmapped,
        "left_out": parsed.left_out,
        "partly": parsed.partly,
    }
    content = json.loads(judgement.report.to_json()) | {"reading": reading}
    return json.dumps(content, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _write_rows(rows: pa.Table, path: Path) -> Path:
    return artefacts.write(path, lambda part: pq.write_table(rows, part, compression="zstd"))
