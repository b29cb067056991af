"""What is new: a count, the newest observation and a sum of ids for every shard, compared with those stored.

Ids are not in time order (specObjID begins with the plate, and plates are observed in any order), so the largest id is
no mark of what has been seen. Computes only; `cosmic.skyserver.plan` says what to ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Shard:
    """What a census counted in one shard.

    Parameters
    ----------
    shard : int
        Plate number; later the number of a field.
    n : int
        Rows.
    newest : int
        Largest modified Julian date, in days.
    id_sum : int
        Sum of the ids, exact.
    """

    shard: int
    n: int
    newest: int
    id_sum: int


@dataclass(frozen=True, slots=True)
class Changes:
    """How a census differs from the one stored, shards in rising order."""

    added: tuple[Shard, ...] = ()
    changed: tuple[Shard, ...] = ()
    gone: tuple[Shard, ...] = ()
    same: int = 0

    @property
    def to_fetch(self) -> tuple[Shard, ...]:
        """The shards whose rows must be asked for."""
        return _rising((*self.added, *self.changed))

    @property
    def rows(self) -> int:
        """Rows of the shards to fetch."""
        return sum(one.n for one in self.to_fetch)


@dataclass(slots=True)
class _Sum:
    n: int = 0
    newest: int = 0
    id_sum: int = 0


@dataclass(slots=True)
class Tally:
    """Counts rows into shards as they are read, to be held against the census."""

    shards: dict[int, _Sum] = field(default_factory=dict)

    def add(self, shard: int, time: int, key: int) -> None:
        """Count one row."""
        one = self.shards.setdefault(shard, _Sum())
        one.n += 1
        one.newest = max(one.newest, time)
        one.id_sum += key

    def counted(self) -> tuple[Shard, ...]:
        """Return what was counted, in rising order."""
        return tuple(Shard(s, one.n, one.newest, one.id_sum) for s, one in sorted(self.shards.items()))


def compare(stored: Mapping[int, Shard], now: Iterable[Shard], *, again: Iterable[int] = ()) -> Changes:
    """Return which shards are new, changed or gone.

    Parameters
    ----------
    stored : mapping of int to Shard
        The census in the catalogue, by shard.
    now : iterable of Shard
        The census just taken.
    again : iterable of int
        Shards that count as changed whatever they hold (a refetch).
    """
    present = {one.shard: one for one in now}
    asked = set(again)
    added = [one for one in present.values() if one.shard not in stored]
    changed = [one for s, one in present.items() if s in stored and (stored[s] != one or s in asked)]
    gone = [one for s, one in stored.items() if s not in present]
    same = len(present) - len(added) - len(changed)
    return Changes(_rising(added), _rising(changed), _rising(gone), same)


def differences(expected: Iterable[Shard], found: Iterable[Shard], *, limit: int = 5) -> list[str]:
    """Return in words how rows that were read differ from what the census counted; empty where they do not."""
    want, have = {one.shard: one for one in expected}, {one.shard: one for one in found}
    texts = []
    for shard in sorted(want.keys() | have.keys()):
        a, b = want.get(shard), have.get(shard)
        if a == b:
            continue
        if a is None or b is None or a.n != b.n:
            texts.append(f"shard {shard}: {b.n if b else 0:,} rows, the census counted {a.n if a else 0:,}")
        elif a.newest != b.newest:
            texts.append(f"shard {shard}: newest {b.newest}, the census had {a.newest}")
        else:
            texts.append(
                f"shard {shard}: as many rows as the census counted, but others (their ids sum up differently)"
            )
    return texts[:limit] + ([f"and {len(texts) - limit} more shards"] if len(texts) > limit else [])


def _rising(shards: Iterable[Shard]) -> tuple[Shard, ...]:
    return tuple(sorted(shards, key=lambda one: one.shard))
