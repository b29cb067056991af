"""What a pull would ask, as far as that is known without asking. Sends nothing, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cosmic.skyserver import plan
from cosmic.skyserver.census import Shard
from cosmic.skyserver.plan import Request
from cosmic.skyserver.profiles import profile_of
from cosmic.skyserver.requests import asked_again, within
from cosmic.skyserver.work import Wanted

_SHOWN = 5


def preview(
    request: Request,
    wanted: Wanted,
    *,
    address: str,
    stored: Mapping[int, Shard],
    since: datetime | None,
    a_minute: int,
) -> str:
    """Return the census query, and the pages that would be asked for where the survey stands as it was last counted.

    Raises
    ------
    ConfigError
        If the release has no profile, or a query would break the service's rules.
    """
    profile = profile_of(request.release)
    known = [one for s, one in sorted(stored.items()) if not wanted.spans or within(s, wanted.spans)]
    present = [one.shard for one in known]
    again = asked_again(wanted.refetch, present) if known else ()
    taken = plan.limited([one for one in known if one.shard in set(again)], wanted.limit)
    parts = list(plan.batches(request, profile, taken, present=present))
    lines = [f"1 census, {address}:", f"  {plan.census_sql(request, profile, spans=wanted.spans)}", ""]
    if since is None:
        lines.append("Nothing of this series was brought yet: every plate that the census counts would be asked for.")
    else:
        n = sum(one.n for one in known)
        lines.append(
            f"Rows of {len(known):,} plates, {n:,} in all, were last brought at {since:%Y-%m-%d %H:%M} UTC; plates "
            "whose count, newest date or sum of ids has changed since would be asked for again."
        )
    every = plan.estimate(request, profile, known, a_minute=a_minute, present=present)
    lines += [f"All of them would be {every.words}."] if known else []
    if wanted.limit is not None:
        lines.append(f"--limit {wanted.limit}: no further plate is begun after that many rows.")
    if parts:
        about = plan.estimate(request, profile, taken, a_minute=a_minute, present=present)
        lines += ["", f"--refetch {wanted.refetch}: {len(taken):,} plates, {about.words}:"]
        shown = [plan.query(request, profile, part, after=None, left=part.rows).sql for part in parts[:_SHOWN]]
        lines += [f"  {sql}" for sql in shown]
        lines += [f"  (and {len(parts) - _SHOWN:,} more)"] if len(parts) > _SHOWN else []
    return "\n".join(lines)
