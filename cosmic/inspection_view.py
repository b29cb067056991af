"""Shows an inspection in the terminal: 80 columns are enough, and colours say nothing that words do not.

Computes nothing; imported only by the command that shows it, since rich is.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cosmic.inspection import ColumnFacts, Inspection, LabelFacts, Service, Verdict, Words

_MANY = 20
_INDENT = 2


def show(inspection: Inspection, console: Console) -> None:
    """Print an inspection to a console."""
    console.print(render(inspection))


def render(inspection: Inspection) -> Group:
    """Return an inspection as what rich can print."""
    return Group(*_parts(inspection))


def _parts(inspection: Inspection) -> Iterator[RenderableType]:
    size = f"{inspection.size / 1e6:.1f} MB" if inspection.size >= 1e5 else f"{inspection.size:,} bytes"
    yield Text(inspection.path, style="bold")
    yield _line(f"{inspection.format}, {size}, {inspection.rows:,} rows")
    if inspection.n_broken_lines:
        yield _line(f"{inspection.n_broken_lines:,} lines cannot be cut into columns and will be quarantined:")
        yield from (_line(line, by=2 * _INDENT) for line in inspection.broken_lines)
    yield _heading("Magnitudes")
    yield _pairs(_magnitudes(inspection))
    yield _heading("Columns")
    yield from _columns(inspection)
    yield _heading("Labels")
    yield _line(inspection.no_labels) if inspection.no_labels else _empty_or_pairs(inspection.labels)
    yield _heading("What it can train and score")
    yield _services(inspection.services)
    yield _heading("What the contract would quarantine")
    yield from _verdict(inspection.verdict, inspection.rows)
    if inspection.verdict and not inspection.verdict.problems and not inspection.no_labels:
        yield _heading("To use it")
        yield _line(_command(inspection))


def _heading(text: str) -> RenderableType:
    return Padding(Text(text, style="bold"), (1, 0, 0, 0), expand=False)


def _line(text: str, *, by: int = _INDENT) -> RenderableType:
    return _indented(Text(text), by=by)


def _indented(what: RenderableType, *, by: int = _INDENT) -> RenderableType:
    return Padding(what, (0, 0, 0, by), expand=False)


def _table(*columns: str, numbers: Iterable[str] = ()) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="italic")
    for name in columns:
        right = name in numbers
        table.add_column(name, justify="right" if right else "left", no_wrap=right, overflow="fold")
    return table


def _pairs(pairs: Iterable[tuple[str, str]]) -> RenderableType:
    """Lay out names and what is said of them, side by side."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    for name, text in pairs:
        grid.add_row(Text(name), Text(text))
    return _indented(grid)


def _magnitudes(inspection: Inspection) -> Iterator[tuple[str, str]]:
    yield "system", f"{inspection.system}: {inspection.system_reason}"
    yield "unit", inspection.unit_reason


def _columns(inspection: Inspection) -> Iterator[RenderableType]:
    yield _indented(_column_table(inspection.columns, inspection.rows))
    yield _line("* required. Unreadable cells, and required ones not measured or empty, are quarantined.")
    for column in inspection.columns:
        yield from (_line(f"{column.canonical}: {example}") for example in column.examples)
    for left in inspection.left_out:
        yield _line(f"{left.column}: left out, {left.reason}")
    if inspection.recognised_by:
        yield _line(f"Objects are recognised (object_key) by {_recognised(inspection.recognised_by)}.")
    yield from _unused(inspection)


def _column_table(columns: Iterable[ColumnFacts], rows: int) -> RenderableType:
    counted = ("with value", "empty", "not measured", "unreadable")
    table = _table("column", "from", *counted, numbers=counted)
    for column in columns:
        source = column.column + (" (override)" if column.how == "override" else "")
        name = column.canonical + ("" if not column.required else " *")
        values = "all" if column.values == rows > 0 else _number(column.values)
        rest = (column.empty, column.sentinels, column.uncastable)
        table.add_row(Text(name), Text(source), values, *map(_number, rest))
    return table


def _number(count: int) -> str:
    return f"{count:,}" if count else "."


def _recognised(kinds: Mapping[str, int]) -> str:
    if len(kinds) == 1:
        return next(iter(kinds))
    return ", ".join(f"{kind} ({count:,} rows)" for kind, count in kinds.items())


def _unused(inspection: Inspection) -> Iterator[RenderableType]:
    if not inspection.unused:
        return
    names = [column.column for column in inspection.unused]
    more = f" and {len(names) - _MANY} more" if len(names) > _MANY else ""
    yield _line(f"Not used: {', '.join(names[:_MANY])}{more}.")
    for column in inspection.unused:
        for canonical in column.resembles[:1]:
            yield _line(f"{column.column} resembles {canonical}; if it is: --column {canonical}={column.column}")


def _empty_or_pairs(labels: LabelFacts | None) -> RenderableType:
    if labels is None:
        return _line("None.")
    return _pairs((name, text) for name, text in _labels(labels) if text)


def _labels(labels: LabelFacts) -> Iterator[tuple[str, str]]:
    yield "classes", _counts(labels.classes, empty="no class")
    if labels.implied:
        yield "", "there is no class column: rows with a stellar subclass are taken as STAR"
    yield "unknown classes", _words(labels.unknown_classes, then=" - quarantined")
    yield "subclasses", _words(labels.subclasses)
    yield "unknown subclasses", _words(labels.unknown_subclasses, then=" - quarantined")
    yield "star letters", _counts(labels.letters)
    yield "stars without letter", _counts(labels.without_letter)


def _words(words: Words, *, then: str = "") -> str:
    more = words.different - len(words.frequent)
    listed = _counts(words.frequent, empty="none") + (f" and {more:,} more" if more else "")
    return listed + then if listed else ""


def _counts(counts: Mapping[str, int], *, empty: str = "") -> str:
    return ", ".join(f"{name or empty} {count:,}" for name, count in counts.items())


def _services(services: Sequence[Service]) -> RenderableType:
    """Lay out tasks and arms; neighbouring arms that are missing for the same reason share its text."""
    table = _table("task", "arm", "rows", "why not", numbers=("rows",))
    task = ""
    for reason, group in groupby(services, key=lambda service: (service.task, service.not_run)):
        alike = list(group)
        for part in [alike] if reason[1] else [[service] for service in alike]:
            shown, task = "" if part[0].task == task else str(part[0].task), str(part[0].task)
            rows = "\n".join(f"{service.rows:,}" if service.rows else "-" for service in part)
            table.add_row(shown, "\n".join(service.arm for service in part), rows, Text(part[0].not_run or ""))
    return _indented(table)


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
    share = f"{verdict.quarantined / rows:.1%}" if verdict.quarantined >= 0.001 * rows else "less than 0.1%"
    more = ", some for several reasons" if sum(verdict.reasons.values()) > verdict.quarantined else ""
    yield _line(f"{verdict.quarantined:,} of {rows:,} rows ({share}){more}:")
    yield _indented(_reasons(verdict.reasons))


def _reasons(reasons: Mapping[str, int]) -> RenderableType:
    table = _table("rows", "reason", numbers=("rows",))
    ordered = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    for reason, count in ordered[:_MANY]:
        table.add_row(f"{count:,}", Text(reason))
    if len(ordered) > _MANY:
        table.add_row("", f"and {len(ordered) - _MANY} more reasons")
    return table


def _command(inspection: Inspection) -> str:
    overrides = [part for name, column in inspection.overrides for part in ("--column", f"{name}={column}")]
    return shlex.join(["python", "-m", "flows.full_pipeline", "--path", inspection.path, *overrides])
