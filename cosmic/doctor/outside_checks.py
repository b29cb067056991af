"""Checks of what lies outside: SkyServer, and whoever is told of incidents. Sends nothing unless it is asked to."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from cosmic.alerts.sending import check_addresses, hosts_of
from cosmic.doctor.catalogue_checks import clocks
from cosmic.doctor.findings import Finding, Health
from cosmic.errors import TransientSourceError
from cosmic.machine import Settings
from cosmic.skyserver.client import Service, ping


def skyserver(settings: Settings, *, release: int, needed: bool, timeout: float) -> Iterator[Finding]:
    """Ask SkyServer for one number, and look at its clock.

    Parameters
    ----------
    needed : bool
        Whether runs here read from it: then its silence is a failure, not a warning.
    timeout : float
        Seconds.
    """
    bad = Health.FAILURE if needed else Health.WARNING
    place = settings.skyserver_url
    todo = (
        "Runs with --source skyserver wait and retry, others do without it. Check the network, or COSMIC_SKYSERVER_URL."
    )
    try:
        seen = ping(Service(place, timeout=timeout), release=release)
    except TransientSourceError as error:
        yield Finding("skyserver", bad, str(error), todo)
        return
    if seen.status != 200:
        yield Finding("skyserver", bad, f"{place} answers for DR{release} with status {seen.status}", todo)
    elif "specobjid" not in seen.begins.lower() or "<html" in seen.begins.lower():
        first = next(iter(seen.begins.splitlines()), "")[:60]
        yield Finding("skyserver", bad, f"{place} answers, but with no table: {first!r}", todo)
    else:
        yield Finding("skyserver", Health.OK, f"{place} answers for DR{release} in {seen.seconds:.1f} s")
    if seen.date is not None:
        yield clocks("SkyServer", seen.date)


def alerts(settings: Settings) -> Iterator[Finding]:
    """Look whether the addresses of alerts can be understood and their hosts found.

    Raises
    ------
    ConfigError
        If one is none that Apprise knows, or the quiet hours mean nothing.
    """
    desk = settings.desk
    if not desk.addresses:
        yield Finding(
            "alerts", Health.NOTE, "COSMIC_ALERT_URLS names nobody: incidents are kept, and nobody is told",
            "docs/alerts.md shows how; `cosmic alerts test` tries it.",
        )  # fmt: skip
        return
    check_addresses(desk.addresses)
    lost = []
    for at, host in hosts_of(desk.addresses):
        try:
            socket.getaddrinfo(host, None)
        except OSError:
            lost.append(str(at))
    if lost:
        yield Finding(
            "alerts", Health.FAILURE, f"the host of address {', '.join(lost)} of {len(desk.addresses)} cannot be found",
            "Correct COSMIC_ALERT_URLS, or the network; `cosmic alerts test` sends to each.",
        )  # fmt: skip
        return
    yield Finding(
        "alerts",
        Health.OK,
        f"{len(desk.addresses)} addresses understood",
        "`cosmic alerts test` sends a notice to each.",
    )
