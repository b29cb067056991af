"""A bare HTTP client for tests: one request, whatever comes back. Retries nothing and follows nothing."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers with lower-case names, and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


def send(
    address: str,
    *,
    method: str = "GET",
    form: Mapping[str, object] | None = None,
    data: object = None,
    headers: Mapping[str, str] | None = None,
    timeout: float = 10.0,
) -> Reply:
    """Return the reply to a request; a `form` goes behind the ``?`` of a GET and in the body of a POST."""
    parts = urlsplit(address)
    path, body = parts.path, None
    sent: dict[str, str] = dict(headers or {})
    if form is not None and method == "POST":
        body, sent["Content-Type"] = urlencode(form), "application/x-www-form-urlencoded"
    elif form is not None:
        path += f"?{urlencode(form)}"
    elif data is not None:
        body = json.dumps(data)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=timeout)
    try:
        connection.request(method, path, body=body, headers=sent)
        reply = connection.getresponse()
        return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
    finally:
        connection.close()


def ask(url: str, sql: str, *, release: int = 17, kind: str = "csv", method: str = "GET", form: bool = False) -> Reply:
    """Return the reply to SQL, from the web service or, with `form`, from the web form."""
    path = "en/tools/search/x_results.aspx" if form else "SkyServerWS/SearchTools/SqlSearch"
    fields = {"cmd": sql, "format": kind} | ({"searchtool": "SQL"} if form else {})
    return send(f"{url}/dr{release}/{path}", method=method, form=fields)
