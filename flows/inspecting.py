"""Shows what a file holds and what the contract of survey objects would say to it. Writes nothing but to the terminal.

Here the contract meets the library, as in a run: the library knows no contract by name.
"""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from cosmic.inspection import inspect_file
from cosmic.inspection_facts import Inspection
from cosmic.inspection_verdict import Judged, Verdict
from cosmic.machine import Settings
from cosmic.settings import PipelineOptions
from cosmic.sources.base import Overrides, ParsedPage

_WIDEST = 120
"""Columns of a terminal beyond which lines are only harder to read."""


def show(file: Path, *, columns: Overrides, as_json: bool) -> None:
    """Print what a file holds to standard output: tables for people, or one JSON document.

    While it works, a terminal sees on standard error what is being done.

    Parameters
    ----------
    file : Path
        CSV, FITS, Parquet or VOTable, gzipped or not.
    columns : tuple of (str, str)
        Overrides of the alias table.
    as_json : bool
        Whether to print JSON: the fields of `cosmic.inspection.Inspection`.

    Raises
    ------
    PermanentSourceError, SuspiciousResponse, ConfigError
        As `cosmic.inspection.inspect_file`.
    """
    logging.getLogger("cosmic").addHandler(logging.NullHandler())  # what the log would warn of, the inspection says
    found = _inspect(file, columns)
    if as_json:
        sys.stdout.write(json.dumps(asdict(found), indent=2, ensure_ascii=False, allow_nan=False) + "\n")
        return
    from cosmic.inspection_view import show as print_tables

    console = Console(highlight=False)
    console.width = min(console.width, _WIDEST)
    print_tables(found, console)


def _inspect(file: Path, columns: Overrides) -> Inspection:
    terminal = Console(stderr=True)
    class_size = PipelineOptions(path=(file,)).class_size
    if not terminal.is_terminal:
        return inspect_file(file, columns=columns, judge=judge, class_size=class_size)
    with terminal.status(f"reading {file.name}…") as status:

        def judge_and_say_so(parsed: ParsedPage) -> Judged:
            status.update(f"judging {parsed.rows.num_rows:,} rows…")
            return judge(parsed)

        return inspect_file(file, columns=columns, judge=judge_and_say_so, class_size=class_size)


def judge(parsed: ParsedPage) -> Judged:
    """Return what the contract of survey objects says of a page that is the first of its origin, and what passes."""
    from cosmic import contracts
    from expectations.objects import OBJECTS

    judgement = contracts.judge(parsed.rows, uncastable=parsed.uncastable, suite=OBJECTS, limits=Settings().limits)
    verdict = Verdict(judgement.quarantined.num_rows, judgement.reasons, judgement.problems)
    return Judged(verdict, judgement.valid)
