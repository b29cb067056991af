"""Sends notices to addresses, by Apprise: e-mail, Slack, Teams, webhooks and the rest. The one module that imports it.

An address is a secret: neither what is returned nor what is logged shows one.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from cosmic.alerts.records import Kind, Notice, Severity
from cosmic.errors import ConfigError

_log = logging.getLogger(__name__)
_STATUS = re.compile(r"error=(\d{3})")


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a notice at one address: `name` is its place in the list and its service; `error` None where it went.

    `tried` is False where nothing was sent, since the address had just failed.
    """

    name: str
    fingerprint: str
    error: str | None
    tried: bool = True


def fingerprint(address: str) -> str:
    """Return by what an address is remembered without being told."""
    return hashlib.sha256(address.encode()).hexdigest()[:16]


def check_addresses(addresses: Sequence[str]) -> None:
    """Raise unless every address is one that Apprise knows.

    Raises
    ------
    ConfigError
        Names the place of each one in the list, since the text may hold a password.
    """
    import apprise

    bad = [
        str(at)
        for at, one in enumerate(addresses, 1)
        if apprise.Apprise.instantiate(one, suppress_exceptions=True) is None
    ]
    if bad:
        raise ConfigError(
            f"COSMIC_ALERT_URLS: address {', '.join(bad)} of {len(addresses)} is none that Apprise knows. Correct it; "
            "docs/alerts.md has examples, such as mailto://user:password@example.org or json://host:port/path."
        )


def hosts_of(addresses: Sequence[str]) -> tuple[tuple[int, str], ...]:
    """Return the place in the list and the host of each address that names one; many services need none."""
    import apprise

    found = []
    for at, address in enumerate(addresses, 1):
        one = apprise.Apprise.instantiate(address, suppress_exceptions=True)
        # of e-mail the server is often another host than the one of the address
        host = getattr(one, "smtp_host", None) or getattr(one, "host", None)
        if isinstance(host, str) and host:
            found.append((at, host))
    return tuple(found)


def send(notice: Notice, addresses: Sequence[str]) -> tuple[Delivery, ...]:
    """Send a notice to every address that does not have it yet; one that fails keeps no other from its own.

    Never raises: what went wrong is returned, in words without an address.
    """
    return tuple(
        _send(notice, address, at)
        for at, address in enumerate(addresses, 1)
        if fingerprint(address) not in notice.delivered
    )


class Round:
    """One round of sending: an address that fails is not tried again in it, however many notices wait for it."""

    def __init__(self) -> None:
        self._failed: dict[str, Delivery] = {}

    @property
    def failed(self) -> frozenset[str]:
        """Return the fingerprints of the addresses that failed so far."""
        return frozenset(self._failed)

    def send(self, notice: Notice, addresses: Sequence[str], *, to: frozenset[str]) -> tuple[Delivery, ...]:
        """Send a notice to the addresses whose fingerprints are in `to` and that do not have it; as `send`."""
        found: list[Delivery] = []
        for at, address in enumerate(addresses, 1):
            key = fingerprint(address)
            if key in notice.delivered or key not in to:
                continue
            failed = self._failed.get(key)
            found.append(_send(notice, address, at) if failed is None else replace(failed, tried=False))
            if found[-1].error is not None:
                self._failed[key] = found[-1]
        return tuple(found)


def _send(notice: Notice, address: str, at: int) -> Delivery:
    import apprise

    key = fingerprint(address)
    # what they say of themselves names hosts and, of some services, tokens
    logging.getLogger("apprise").propagate = False
    logging.getLogger("urllib3").setLevel(logging.INFO)
    try:
        one = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    except Exception:  # noqa: BLE001 # of whichever service
        one = None
    if one is None:
        return Delivery(f"address {at}", key, "no address that Apprise knows; correct COSMIC_ALERT_URLS")
    name = f"address {at} ({one.service_name})"
    with apprise.LogCapture(level=logging.INFO) as said:  # type: ignore[no-untyped-call]
        try:
            went = bool(one.notify(body=notice.body, title=notice.title, notify_type=apprise.NotifyType(_kind(notice))))
        except Exception as exc:  # noqa: BLE001 # of whichever service; one that fails keeps no other from its own
            return Delivery(name, key, f"{type(exc).__name__} while sending")
        status = _STATUS.search(said.getvalue())
    if went:
        return Delivery(name, key, None)
    answered = f"it answered with status {status[1]}" if status else "it cannot be reached, or did not take it"
    return Delivery(name, key, f"{answered}; try `cosmic alerts test`")


def _kind(notice: Notice) -> str:
    if notice.kind is Kind.RECOVERED:
        return "success"
    return {Severity.INFO: "info", Severity.WARNING: "warning"}.get(notice.severity, "failure")
