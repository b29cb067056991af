"""What is known of a file before it is ingested: facts alone, ready for JSON. Reads nothing, computes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from cosmic.inspection_verdict import Verdict
from cosmic.records import Arm, MagnitudeSystem, MagnitudeUnit, Task
from cosmic.sources.base import Overrides


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One canonical column of the file. A cell counts as exactly one of value, empty, sentinel and uncastable.

    Parameters
    ----------
    canonical, column, how : str
        Cosmic's name and the file's; ``alias`` or ``override``.
    unit : str
        Unit of the canonical column.
    required : bool
        Whether a row without it is quarantined.
    values, empty : int
        Cells with a value, and with nothing at all.
    sentinels : int
        Cells that say "not measured" by a mark such as -9999: null in optional columns, quarantined in required ones.
    uncastable, examples : int, tuple of str
        Cells that are no value of the column's type and quarantined; some of them, with the reason.
    """

    canonical: str
    column: str
    how: str
    unit: str
    required: bool
    values: int
    empty: int
    sentinels: int
    uncastable: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOutColumn:
    """A file column that is known but holds hardly a value that can be trusted, and why."""

    canonical: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class UnusedColumn:
    """A file column that serves nothing, and the missing columns whose names it resembles."""

    column: str
    resembles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Strings of a column: rows by string for the most `frequent` ones, and how many `different` ones there are."""

    frequent: dict[str, int]
    different: int


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """The labels of a file.

    Parameters
    ----------
    classes : dict of str to int
        Rows by class, most frequent first; "" where there is none.
    implied : int
        Rows that are STAR by their subclass string, in a file without a class column.
    subclasses : Words
        The subclass strings; "" where there is none.
    unknown_classes, unknown_subclasses : Words
        Strings outside the vocabularies, which are quarantined.
    letters, without_letter : dict of str to int
        Stars by letter; those without one by reason.
    galaxies, without_galaxy_label : dict of str to int
        Galaxies by the study's label of their Galaxy Zoo 2 string; rows whose string gives none by reason.
    spectral, without_spectral : dict of str to int
        Galaxies by spectral class, and where there are some, those without one by reason.
    """

    classes: dict[str, int]
    implied: int
    subclasses: Words
    unknown_classes: Words
    unknown_subclasses: Words
    letters: dict[str, int]
    without_letter: dict[str, int]
    galaxies: dict[str, int]
    without_galaxy_label: dict[str, int]
    spectral: dict[str, int]
    without_spectral: dict[str, int]


@dataclass(frozen=True, slots=True)
class Service:
    """Whether the file can train and score a task in an arm: `rows` that have what it needs, or a reason.

    `dropped` holds the classes that are too small to be kept, with their rows.
    """

    task: Task
    arm: Arm
    rows: int
    not_run: str | None
    dropped: dict[str, int]


@dataclass(frozen=True, slots=True)
class Inspection:
    """Everything that is known of a file before it is ingested.

    Parameters
    ----------
    path, format : str
        The file, and what it is stored as.
    overrides : tuple of (str, str)
        Overrides of the alias table that it was read with.
    size, rows : int
        Bytes, and data rows.
    broken_lines : tuple of str
        The first lines that cannot be cut into columns, of `n_broken_lines`.
    columns, left_out, unused : tuple
        Every column of the file, by what is done with it.
    partly : dict of str to str
        Columns of which some values are not taken, and why.
    recognised_by : dict of str to int
        Rows by what their objects are recognised by in other files and later runs.
    system, system_reason, unit, unit_reason
        What u g r i z are, and how either is known.
    labels, no_labels : LabelFacts or None, str or None
        None where there are none; `no_labels` then says what that means.
    services : tuple of Service
        Each task in each arm, where classes with fewer than `class_size` rows are dropped. Counted in the rows that
        pass the contract, where somebody judged.
    verdict : Verdict or None
        None where nobody judged.
    """

    path: str
    overrides: Overrides
    format: str
    size: int
    rows: int
    broken_lines: tuple[str, ...]
    n_broken_lines: int
    columns: tuple[ColumnFacts, ...]
    left_out: tuple[LeftOutColumn, ...]
    partly: dict[str, str]
    unused: tuple[UnusedColumn, ...]
    recognised_by: dict[str, int]
    system: MagnitudeSystem
    system_reason: str
    unit: MagnitudeUnit
    unit_reason: str
    labels: LabelFacts | None
    no_labels: str | None
    services: tuple[Service, ...]
    class_size: int
    verdict: Verdict | None
