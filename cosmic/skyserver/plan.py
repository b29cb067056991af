"""The queries that a pull sends, made from a census: printable, ordered, each within the service's rules. Sends none."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cosmic.errors import ConfigError
from cosmic.skyserver.census import Shard
from cosmic.skyserver.profiles import QUERIES, Profile
from cosmic.skyserver.rules import MAX_ROWS, demand_allowed, tidy

Span = tuple[int, int]
"""First and last number of shards that follow one another in the census."""

PAGE_ROWS: Final = 50_000
_BYTES_A_ROW: Final = 1_400
"""As it comes (about 350), as judged rows (240) and in a SQLite catalogue with its indexes (750), measured."""
_SECONDS_A_PAGE: Final = 20.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is pulled: a release and one of its queries, with a person's own condition and limit.

    Parameters
    ----------
    release : int
        Data release, such as 17.
    query : str
        ``default``, ``study`` for what the published study pulled, or ``zoo2MainSpecz`` for votes of Galaxy Zoo 2.
    where : str
        A further SQL condition on ``s`` (spectra) and ``p`` (photometry); "" for none.
    page_rows : int
        Rows a page.
    """

    release: int = 17
    query: str = "default"
    where: str = ""
    page_rows: int = PAGE_ROWS

    def __post_init__(self) -> None:
        if self.query not in QUERIES:
            raise ConfigError(f"There is no query named {self.query}; there are {', '.join(QUERIES)}.")
        if not _balanced(self.where):
            raise ConfigError(
                f"The brackets or quotes of --where do not match, so it would change the rest of the query: {self.where}"
            )
        if not 1 <= self.page_rows <= MAX_ROWS:
            raise ConfigError(f"A page of {self.page_rows:,} rows is not between 1 and {MAX_ROWS:,}.")

    @property
    def name(self) -> str:
        """What makes two pulls one series: release, query and condition; the size of pages does not."""
        return f"DR{self.release} {self.query}" + (f" where {tidy(self.where)}" if self.where.strip() else "")


@dataclass(frozen=True, slots=True)
class Batch:
    """Shards that are asked for together, the spans of shard numbers (both ends included) that hold them alone, and what
    one is called."""

    shards: tuple[Shard, ...]
    spans: tuple[Span, ...]
    unit: str = "plate"

    @property
    def rows(self) -> int:
        """Rows that the census counted."""
        return sum(one.n for one in self.shards)

    @property
    def what(self) -> str:
        """The shards in a few words, other words for other shards: pages are compared with the last of their name."""
        numbers = [one.shard for one in self.shards]
        if len(numbers) == 1:
            return f"{self.unit} {numbers[0]}"
        mark = hashlib.sha256(",".join(map(str, numbers)).encode()).hexdigest()[:8]
        return f"{len(numbers)} {self.unit}s of {numbers[0]}–{numbers[-1]} (#{mark})"


@dataclass(frozen=True, slots=True)
class Query:
    """One page to ask for.

    Parameters
    ----------
    sql : str
        What is sent.
    release : int
        Where it is sent to.
    columns : tuple of str
        Columns of the answer, in order.
    kinds : tuple of str
        What each holds, as `cosmic.skyserver.profiles.Column` says; () where it is not looked at.
    limit : int
        Its TOP.
    rows : int
        Rows that the answer must have.
    what : str
        What it asks for, in words.
    """

    sql: str
    release: int
    columns: tuple[str, ...]
    limit: int
    rows: int
    what: str = ""
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a pull will take."""

    rows: int
    pages: int
    minutes: float
    megabytes: float

    @property
    def size(self) -> str:
        """How much it is, in words."""
        return f"{numbered(self.rows, 'row')} in {numbered(self.pages, 'page')}"

    @property
    def cost(self) -> str:
        """How long it takes and what it weighs, in words."""
        minutes = round(self.minutes)
        time = f"about {minutes:,} minutes" if minutes > 1 else "about a minute"
        return f"{time} and {max(1, round(self.megabytes)):,} MB"


def numbered(n: int, thing: str) -> str:
    """Return ``1 plate``, ``2,000 plates``."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def census_sql(request: Request, profile: Profile, *, spans: Sequence[Span] = ()) -> str:
    """Return the one grouped query of a census, of some spans of shards or of all."""
    shard, key, time = profile.shard.value, profile.key.value, profile.time.value
    conditions = _conditions(request, profile)
    if spans:
        conditions.append(_within(shard, spans))
    # numeric(38,0): a sum of bigints would overflow, and that of floats would round
    counts = [f"{shard} AS shard", "COUNT(*) AS n", f"MAX({time}) AS newest"]
    counts += [f"SUM(CAST({key} AS numeric(38,0))) AS id_sum"]
    counts += ["SUM(COUNT(*)) OVER () AS total"]  # in every row, so that a census that lacks rows gives itself away
    return _select(MAX_ROWS, counts, request, profile, conditions, f"GROUP BY {shard} ORDER BY {shard}")


CENSUS_COLUMNS: Final = ("shard", "n", "newest", "id_sum", "total")


def page_sql(
    request: Request, profile: Profile, spans: Sequence[Span], *, after: int | None = None, limit: int | None = None
) -> str:
    """Return the query for the rows of spans of shards beyond the id `after`, in the order of ids."""
    columns = [column.sql for column in profile.columns[request.query]]
    conditions = [*_conditions(request, profile), _within(profile.shard.value, spans)]
    if after is not None:
        conditions.append(f"{profile.key.value} > {after}")
    top = request.page_rows if limit is None else limit
    return _select(top, columns, request, profile, conditions, f"ORDER BY {profile.key.value}")


def batches(
    request: Request, profile: Profile, shards: Iterable[Shard], *, present: Iterable[int] = ()
) -> Iterator[Batch]:
    """Yield shards together as far as a page holds their rows and a query their numbers; rising, none twice.

    A shard of more rows than a page comes alone; its rows are then asked for page after page.

    Parameters
    ----------
    present : iterable of int
        Every shard of the census. Shards with none of these between them are asked for as one span.
    """
    rising = sorted(shards, key=lambda shard: shard.shard)
    rank = {shard: at for at, shard in enumerate(sorted({*present, *(one.shard for one in rising)}))}
    batch: list[Shard] = []
    rows = 0
    for one in rising:
        if batch and (rows + one.n > request.page_rows or not _fits(request, profile, _spans([*batch, one], rank))):
            yield Batch(tuple(batch), _spans(batch, rank), profile.unit)
            batch, rows = [], 0
        batch.append(one)
        rows += one.n
    if batch:
        yield Batch(tuple(batch), _spans(batch, rank), profile.unit)


def query(request: Request, profile: Profile, batch: Batch, *, after: int | None, left: int) -> Query:
    """Return the page of a batch that follows the id `after` (None for the first), where `left` rows are to come."""
    last = left <= request.page_rows
    # The last page asks for one row more than the census counted: an answer as long as its TOP is then always a sign
    # that there is more, never a full page that happens to end there.
    limit = min(left + 1, MAX_ROWS) if last else request.page_rows
    sql = page_sql(request, profile, batch.spans, after=after, limit=limit)
    columns = profile.columns[request.query]
    names, kinds = tuple(column.answered for column in columns), tuple(column.kind for column in columns)
    what = f"{request.name}, {batch.what}" + (f" after {after}" if after is not None else "")
    return Query(sql, request.release, names, limit, left if last else request.page_rows, what, kinds)


def limited(shards: Iterable[Shard], limit: int | None) -> tuple[Shard, ...]:
    """Return whole shards in rising order, as few as hold `limit` rows; all of them where there is no limit."""
    taken: list[Shard] = []
    for one in sorted(shards, key=lambda shard: shard.shard):
        if limit is not None and sum(t.n for t in taken) >= limit:
            break
        taken.append(one)
    return tuple(taken)


def estimate(
    request: Request, profile: Profile, shards: Iterable[Shard], *, a_minute: int, present: Iterable[int] = ()
) -> Estimate:
    """Return the rows, pages, minutes and megabytes that a pull will take; minutes and megabytes are rough."""
    parts = list(batches(request, profile, shards, present=present))
    rows = sum(part.rows for part in parts)
    pages = sum(max(1, -(-part.rows // request.page_rows)) for part in parts)
    return Estimate(rows, pages, pages * max(_SECONDS_A_PAGE, 60.0 / a_minute) / 60.0, rows * _BYTES_A_ROW / 1e6)


def _balanced(condition: str) -> bool:
    """Whether a condition closes every bracket and quote that it opens, and none that it does not."""
    bare = re.sub(r"'(?:[^']|'')*'", "", condition)
    depth = list(itertools.accumulate((char == "(") - (char == ")") for char in bare))
    return "'" not in bare and min(depth, default=0) >= 0 and (depth or [0])[-1] == 0


def _conditions(request: Request, profile: Profile) -> list[str]:
    own = [f"({tidy(request.where)})"] if request.where.strip() else []
    fixed = [profile.where[request.query]] if profile.where[request.query] else []
    return fixed + own


def _select(
    top: int, columns: Sequence[str], request: Request, profile: Profile, conditions: Sequence[str], end: str
) -> str:
    words = ["SELECT TOP", str(top), ", ".join(columns), "FROM", profile.tables[request.query]]
    words += ["WHERE", " AND ".join(conditions)] if conditions else []
    return demand_allowed(" ".join([*words, end]))


def _spans(batch: Sequence[Shard], rank: dict[int, int]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for one in batch:
        if spans and rank[one.shard] == rank[spans[-1][1]] + 1:
            spans[-1] = (spans[-1][0], one.shard)
        else:
            spans.append((one.shard, one.shard))
    return tuple(spans)


def _within(column: str, spans: Sequence[Span]) -> str:
    """What a GET may hold is short: single shards in one list, spans by their ends."""
    single = [str(low) for low, high in spans if low == high]
    parts = [f"{column} BETWEEN {low} AND {high}" for low, high in spans if high > low]
    parts += [f"{column} IN ({','.join(single)})"] if single else []
    return parts[0] if len(parts) == 1 else f"({' OR '.join(parts)})"


def _fits(request: Request, profile: Profile, spans: Sequence[Span]) -> bool:
    try:
        page_sql(request, profile, spans, after=2**64 - 1, limit=MAX_ROWS)
    except ConfigError:
        return False
    return True
