"""What the survey does not have: addresses under /stand-in/ that show the log, and change faults and rows.

For rehearsals by hand; tests use the Survey itself.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from tests.skyserver.faults import Fault
from tests.skyserver.survey import JSON, Answer, Survey

PREFIX = "/stand-in/"


def answer(survey: Survey, method: str, path: str, body: bytes) -> Answer:
    """Do what is asked and say what is so now, as JSON; 400 with the reason where it cannot be done."""
    what = path.removeprefix(PREFIX).strip("/")
    try:
        done = _do(survey, method, what, json.loads(body or b"{}"))
    except (ValueError, KeyError, TypeError) as error:
        return Answer(400, JSON, json.dumps({"error": str(error)}).encode())
    return Answer(200, JSON, json.dumps(done, indent=1).encode())


def _do(survey: Survey, method: str, what: str, given: dict[str, object]) -> object:
    if what == "log":
        if method == "DELETE":
            survey.log.clear()
        return survey.log.as_json()
    if what == "faults":
        if method == "DELETE":
            survey.mischief.clear()
        elif method == "POST":
            survey.mischief.add(Fault.of(given))
        return [asdict(one) for one in survey.mischief.left]
    if what == "rows" and method == "POST":
        return _rows(survey, given)
    if what == "releases":
        if method == "POST":
            like = int(str(given["like"])) if "like" in given else None
            survey.add_release(int(str(given["number"])), like=like)
        return sorted(survey.releases)
    raise ValueError(f"There is no {method} of {what!r}: ask for log, faults, rows or releases.")


def _rows(survey: Survey, given: dict[str, object]) -> dict[str, int]:
    """Add simulated or given rows, change some, or remove some."""
    release = int(str(given["release"])) if "release" in given else None
    if "simulate" in given:
        return {
            "added": survey.add_simulated(
                int(str(given["simulate"])), seed=int(str(given.get("seed", 1))), release=release
            )
        }
    if "disturb" in given:
        count = int(str(given["disturb"]))
        survey.release(release).disturb(count)
        return {"changed": count}
    if "remove" in given:
        return {"removed": survey.remove_rows(str(given["remove"]), release=release)}
    rows = given["rows"]
    if not isinstance(rows, list):
        raise TypeError("rows must be a list of objects.")
    return {"added": survey.add_rows(rows, release=release, table=str(given["table"]) if "table" in given else None)}
