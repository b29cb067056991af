"""Shows an inspection in the terminal: 80 columns are enough, and colours say nothing that words do not.

Computes nothing; imported only by the command that shows it, since rich is.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich.columns import Columns
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cosmic.inspection_facts import ColumnFacts, Inspection, LabelFacts, Service
from cosmic.inspection_verdict import Verdict

_ARMS = (
    "Arms: published has the study's features; no-leak those less redshift and ELODIE; photometric magnitudes and "
    "colours; photometric+shape also how point-like the object is; morphometric the profile and axis ratios of galaxies; "
    "photometric+external W1, W2, parallax and proper motion. magnitude-matched sees what photometric sees, of as many "
    "objects of each class at each brightness; a split leaves somewhat fewer."
)
_MANY = 20
_INDENT = 2


def show(inspection: Inspection, console: Console) -> None:
    """Print an inspection to a console."""
    for part in _parts(inspection):
        console.print(part)
    if inspection.verdict and not inspection.verdict.problems and not inspection.no_labels:
        console.print(_heading("To use it"))
        console.print(_text(" " * _INDENT + _command(inspection)), soft_wrap=True)  # one line, so that it can be copied


def _parts(inspection: Inspection) -> Iterator[RenderableType]:
    size = f"{inspection.size / 1e6:.1f} MB" if inspection.size >= 1e5 else f"{inspection.size:,} bytes"
    yield _text(inspection.path, style="bold")
    yield _line(f"{inspection.format}, {size}, {inspection.rows:,} rows")
    if inspection.n_broken_lines:
        yield _line(f"Lines that cannot be cut into columns, and are quarantined: {inspection.n_broken_lines:,}")
        yield from (_line(line, by=2 * _INDENT) for line in inspection.broken_lines)
    yield _heading("Magnitudes")
    yield _pairs(_magnitudes(inspection))
    yield _heading("Columns")
    yield from _columns(inspection)
    yield _heading("Labels")
    yield _labels(inspection)
    yield _heading("What it can train and score")
    yield _services(inspection.services)
    yield from _arms(inspection)
    yield _heading("What the contract would quarantine")
    yield from _verdict(inspection.verdict, inspection.rows)


def _text(text: str, *, style: str = "") -> Text:
    """Return what a file says as text alone: neither markup nor anything that would steer the terminal."""
    return Text("".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text), style=style)


def _heading(text: str) -> RenderableType:
    return Padding(_text(text, style="bold"), (1, 0, 0, 0), expand=False)


def _line(text: str, *, by: int = _INDENT) -> RenderableType:
    return _indented(_text(text), by=by)


def _indented(what: RenderableType, *, by: int = _INDENT) -> RenderableType:
    return Padding(what, (0, 0, 0, by), expand=False)


def _table(*columns: str, numbers: Iterable[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="italic")
    for name in columns:
        right = name in numbers
        table.add_column(name, justify="right" if right else "left", no_wrap=right, overflow="fold")
    return table


def _pairs(pairs: Iterable[tuple[str, str | RenderableType]]) -> RenderableType:
    """Lay out names and what is said of them, side by side."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, what in pairs:
        grid.add_row(_text(name), _text(what) if isinstance(what, str) else what)
    return _indented(grid)


def _magnitudes(inspection: Inspection) -> Iterator[tuple[str, str]]:
    yield "system", f"{inspection.system}: {inspection.system_reason}"
    yield "unit", inspection.unit_reason


def _columns(inspection: Inspection) -> Iterator[RenderableType]:
    yield _indented(_column_table(inspection.columns, inspection.rows))
    yield _line("* required. Rows without it, or with an unreadable cell, are quarantined.")
    yield _pairs(_column_notes(inspection))


def _column_notes(inspection: Inspection) -> Iterator[tuple[str, str]]:
    for column in inspection.columns:
        yield from (("unreadable", f"{column.canonical}: {example}") for example in column.examples)
    for left in inspection.left_out:
        yield "left out", f"{left.column}: {left.reason}"
    for name, why in inspection.partly.items():
        yield "in part", f"{name}: {why}"
    names = [column.column for column in inspection.unused]
    if names:
        more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
        yield "not used", f"{', '.join(names[:_MANY])}{more}"
    for unused in inspection.unused:
        for canonical in unused.resembles[:1]:
            yield "", f"{unused.column} resembles {canonical}; if it is: --column {canonical}={unused.column}"
    if inspection.recognised_by:
        yield "object_key", f"objects are recognised by {_recognised(inspection.recognised_by)}"


def _column_table(columns: Iterable[ColumnFacts], rows: int) -> RenderableType:
    counted = ("with value", "empty", "not measured", "unreadable")
    table = _table("column", "from", *counted, numbers=counted)
    for column in columns:
        source = column.column + (" (override)" if column.how == "override" else "")
        name = column.canonical + ("" if not column.required else " *")
        values = "all" if column.values == rows > 0 else _number(column.values)
        rest = (column.empty, column.sentinels, column.uncastable)
        table.add_row(_text(name), _text(source), values, *map(_number, rest))
    return table


def _number(count: int) -> str:
    return f"{count:,}" if count else "."


def _recognised(kinds: Mapping[str, int]) -> str:
    if len(kinds) == 1:
        return next(iter(kinds))
    return ", ".join(f"{kind} ({count:,} row{'s' if count > 1 else ''})" for kind, count in kinds.items())


def _labels(inspection: Inspection) -> RenderableType:
    if inspection.labels is None:
        return _line(inspection.no_labels or "None.")
    return _pairs(
        (name, Columns(map(_text, counts), padding=(0, 3, 0, 0))) for name, counts in _label_counts(inspection.labels)
    )


def _label_counts(labels: LabelFacts) -> Iterator[tuple[str, list[str]]]:
    """Yield what is counted and one text a count, which stays in one piece on the line."""
    yield "classes", _counts(labels.classes, empty="no class")
    if labels.implied:
        yield "", ["(no class column: rows with a stellar subclass are taken as STAR)"]
    for name, words in (
        ("unknown classes", labels.unknown_classes),
        ("subclasses", labels.subclasses),
        ("unknown subclasses", labels.unknown_subclasses),
    ):
        more = words.different - len(words.frequent)
        if words.frequent:
            yield name, _counts(words.frequent, empty="not given")
        if more:
            yield "", [f"and {more:,} more"]
    if labels.letters:
        yield "star letters", _counts(labels.letters)
    if labels.without_letter:
        yield "stars without", _counts(labels.without_letter)
    if labels.galaxies:
        yield "galaxy labels", _counts(labels.galaxies)
    if labels.without_galaxy_label:
        yield "galaxies without", _counts(labels.without_galaxy_label)
    if labels.spectral:
        yield "spectral classes", _counts(labels.spectral)
    if labels.without_spectral:
        yield "galaxies without one", _counts(labels.without_spectral)


def _counts(counts: Mapping[str, int], *, empty: str = "") -> list[str]:
    return [f"{name or empty} {count:,}" for name, count in counts.items()]


def _services(services: Sequence[Service]) -> RenderableType:
    """Lay out tasks and arms; neighbouring arms that are missing for the same reason share its text."""
    table = _table("task", "arm", "rows", "why not", numbers=("rows",))
    task = ""
    for reason, group in groupby(services, key=lambda service: (service.task, service.not_run)):
        alike = list(group)
        for part in [alike] if reason[1] else [[service] for service in alike]:
            shown, task = "" if part[0].task == task else str(part[0].task), str(part[0].task)
            rows = "\n".join(f"{service.rows:,}" if service.rows else "-" for service in part)
            table.add_row(shown, "\n".join(service.arm for service in part), rows, _text(part[0].not_run or ""))
    return _indented(table)


def _arms(inspection: Inspection) -> Iterator[RenderableType]:
    yield _line(_ARMS)
    for task, group in groupby(inspection.services, key=lambda service: service.task):
        if dropped := next(group).dropped:
            size = f"fewer than {inspection.class_size:,} rows (--min-class-size)"
            yield _line(f"{task}: classes with {size} are dropped: {', '.join(_counts(dropped))}.")


def _verdict(verdict: Verdict | None, rows: int) -> Iterator[RenderableType]:
    if verdict is None:
        yield _line("Not judged.")
        return
    if verdict.problems:
        yield _line("Everything: the file as a whole would be refused.")
        yield from (_line(f"- {problem}") for problem in verdict.problems)
    if not verdict.quarantined:
        yield from () if verdict.problems else [_line("Nothing.")]
        return
    several = sum(verdict.reasons.values()) > verdict.quarantined
    more = "; one with several reasons is counted under each" if several else ""
    yield _line(f"{verdict.quarantined:,} of {rows:,} rows ({_share(verdict.quarantined, rows)}){more}:")
    yield _indented(_reasons(verdict.reasons))


def _share(part: int, whole: int) -> str:
    """Return a share in per cent. Only all of them are 100 %, and only none are 0 %."""
    percent = 100 * part / whole
    if 0 < percent < 0.01:
        return "less than 0.01 %"
    if 99.9 < percent < 100:
        return "more than 99.9 %"
    return f"{percent:.3g} %" if percent > 99 else f"{percent:.2g} %"


def _reasons(reasons: Mapping[str, int]) -> RenderableType:
    table = _table("rows", "reason", numbers=("rows",))
    ordered = sorted(reasons.items(), key=lambda pair: -pair[1])  # those of equal size in the contract's order
    for reason, count in ordered[:_MANY]:
        table.add_row(f"{count:,}", _text(reason))
    if len(ordered) > _MANY:
        table.add_row("", f"and {len(ordered) - _MANY} more reasons")
    return table


def _command(inspection: Inspection) -> str:
    overrides = [part for name, column in inspection.overrides for part in ("--column", f"{name}={column}")]
    return shlex.join(["python", "-m", "flows.full_pipeline", "--path", inspection.path, *overrides])
