"""The stand-in as a real HTTP server on loopback: `serve` starts one, and a handler reads and writes the wire.

Finds out what is asked, has the `survey` answer, and sends it as well or as badly as the fault says. Nothing leaves
the machine: it listens on 127.0.0.1 alone.
"""

from __future__ import annotations

import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.skyserver import admin, crossid, formats
from tests.skyserver.database import Rows
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.files import Part, cut_out
from tests.skyserver.record import Request
from tests.skyserver.rules import Limits
from tests.skyserver.sources import simulated_spectra
from tests.skyserver.survey import HTML, Answer, Survey

_FORM = re.compile(r"/dr(\d+)/(?:\w\w/)?tools/(?:search/x_(?:results|sql)|crossid/x_crossid)\.aspx?", re.I)
_SERVICE = re.compile(r"/dr(\d+)/SkyServerWS/SearchTools/SqlSearch/?", re.I)
_CUTOUT = re.compile(r"/dr(\d+)/SkyServerWS/ImgCutout/getjpeg/?", re.I)
_PIECES = 10
"""Pieces in which a slow body comes."""


@contextmanager
def serve(
    rows: Rows | Mapping[int, Rows] | None = None,
    *,
    releases: Sequence[int] = (17,),
    port: int = 0,
    faults: Iterable[Fault] = (),
    limits: Limits | None = None,
    votes: Rows | None = None,
    files: Mapping[str, Path | bytes] | Path | None = None,
) -> Iterator[Survey]:
    """Serve a survey on loopback while the block runs.

    Parameters
    ----------
    rows : pyarrow.Table, sequence of mappings, or a mapping of releases to these, optional
        Spectra with their objects, as `Release.add` takes them; 2,000 of the simulated sky by default. The same
        rows are in every release unless the mapping says otherwise.
    releases : sequence of int
        Data releases that answer, where `rows` does not name them; others are 404.
    port : int
        0 for any that is free.
    faults : iterable of Fault
        What goes wrong; more can be added later.
    limits : Limits, optional
        The service's own by default.
    votes : pyarrow.Table or sequence of mappings, optional
        Rows of zoo2MainSpecz, for every release.
    files : mapping of str to path or bytes, or a folder, optional
        What is under ``/files/``.

    Yields
    ------
    Survey
        With `url`, `log`, `mischief`, and methods to change rows between queries.

    Raises
    ------
    RuntimeError
        At the end, if the stand-in itself failed: what clients saw as a broken connection was no fault of theirs.
    """
    if isinstance(files, Path):
        files = {str(path.relative_to(files)): path for path in sorted(files.rglob("*")) if path.is_file()}
    survey = Survey(limits=limits, faults=faults, files=files)
    given = (
        rows
        if isinstance(rows, Mapping)
        else dict.fromkeys(releases, simulated_spectra(2000) if rows is None else rows)
    )
    for number, theirs in given.items():
        survey.add_release(number, theirs)
        if votes is not None:
            survey.add_rows(votes, release=number, table="zoo2MainSpecz")
    server = _Server(("127.0.0.1", port), _Handler)
    server.survey = survey
    survey.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, name="stand-in", daemon=True)
    thread.start()
    try:
        yield survey
    finally:
        survey.closing.set()
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join()
        survey.close()
    if survey.problems:
        raise RuntimeError(f"{len(survey.problems)} requests met a defect of the stand-in") from survey.problems[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing waits for answers under way, and no thread outlives its rows
    request_queue_size = 128
    survey: Survey

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End connections that clients keep open."""
        for connection in list(self.open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep what went wrong in here for `serve` to raise. Clients that went away are none of it: see the log."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.survey.problems.append(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "stand-in", ""
    disable_nagle_algorithm = True
    server: _Server

    def finish(self) -> None:
        with suppress(OSError):  # the other side may have gone
            super().finish()

    def do_GET(self) -> None:
        self._handle()

    do_HEAD = do_POST = do_DELETE = do_GET

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the log is ours."""

    def _handle(self) -> None:
        survey, came = self.server.survey, time.monotonic()
        address = urlsplit(self.path)
        path = unquote(address.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if path.startswith(admin.PREFIX):
            self._send(admin.answer(survey, self.command, path, body), None)
            return
        given = {name.lower(): value for name, value in parse_qsl(address.query, keep_blank_values=True)}
        given |= self._form(body)
        kind = next((one for one, pattern in _KINDS.items() if pattern.fullmatch(path)), "other")
        release = int(found[1]) if (found := re.match(r"/dr(\d+)/", path, re.I)) else 0
        sql = given.get("cmd") or given.get("uquery") or ""
        kind = "query" if kind in ("form", "service") else kind
        fault = survey.mischief.draw(kind, f"{path} {sql}")
        answer = self._answer(path, address.query, release, given, fault)
        silent = fault is not None and fault.name in (Wrong.RESET, Wrong.HANG)
        number = survey.log.begin(
            Request(
                at=came - survey.started, seconds=0.0, kind=kind, method=self.command, path=path, release=release, sql=sql,
                status=0 if silent else answer.status, rows=0 if silent else getattr(answer, "rows", 0), sent=0,
                fault=str(fault.name) if fault else "", refused=getattr(answer, "refused", ""),
            )
        )  # fmt: skip
        sent = self._send(answer, fault)
        survey.log.end(number, sent=sent, seconds=time.monotonic() - came)

    def _answer(self, path: str, query: str, release: int, given: dict[str, str], fault: Fault | None) -> Answer | Part:
        survey = self.server.survey
        kind = given.get("format", "json").lower()
        if (instead := survey.instead(fault, given.get("cmd", ""), kind=kind)) is not None:
            return instead
        if path.startswith("/files/"):
            return cut_out(
                survey.files.get(path.removeprefix("/files/")), self.headers.get("Range"), self.headers.get("If-Range")
            )
        if len(query) > survey.limits.query_string:
            return Answer(400, HTML, formats.TOO_LONG, refused="query string too long")
        if release not in survey.releases:
            return Answer(404, HTML, formats.NOT_FOUND, refused=f"no release {release}")
        if _CUTOUT.fullmatch(path):
            return survey.cutout(release, given, fault)
        form = bool(_FORM.fullmatch(path))
        if not form and not _SERVICE.fullmatch(path):
            return Answer(404, HTML, formats.NOT_FOUND, refused="no such address")
        if kind not in ("csv", "txt", "text/plain", "json", "application/json"):
            return survey.error(501, "NotImplemented", f"The stand-in writes csv and json, not {kind}.", form=form)
        kind = "json" if "json" in kind else "csv"
        if "uquery" in given:
            try:
                upload = crossid.read(given)
            except (ValueError, IndexError) as error:
                return survey.error(400, "BadRequest", f"Not able to parse file or list: {error}", form=form)
            return survey.query(release, given["uquery"], kind, form=form, fault=fault, upload=upload)
        if "cmd" not in given:
            return survey.error(
                400, "BadRequest", "There are not enough parameters to process your request.", form=form
            )
        return survey.query(release, given["cmd"], kind, form=form, fault=fault)

    def _form(self, body: bytes) -> dict[str, str]:
        """Fields of a posted form, with lower-case names; an uploaded file is the field `upload`."""
        kind = self.headers.get("Content-Type") or ""
        if kind.startswith("multipart/form-data"):
            message = message_from_bytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body, policy=HTTP)
            parts = {part.get_param("name", header="content-disposition"): part.get_payload(decode=True)
                     for part in message.iter_parts()}  # fmt: skip
            return {str(name).lower(): bytes(value or b"").decode().strip("\r\n") for name, value in parts.items()}
        if kind.startswith("application/x-www-form-urlencoded"):
            return {name.lower(): value for name, value in parse_qsl(body.decode(), keep_blank_values=True)}
        return {}

    def _send(self, answer: Answer | Part, fault: Fault | None) -> int:
        """Send an answer as the fault has it; return how many bytes of body were taken."""
        wrong = fault.name if fault else None
        if wrong is Wrong.RESET:
            self._reset()
            return 0
        if wrong is Wrong.HANG and fault:
            self.close_connection = True
            self.server.survey.closing.wait(fault.seconds)
            return 0
        body = answer.body
        whole = len(body)
        if wrong in (Wrong.CUT, Wrong.SHORT) and fault:
            body = body[: int(whole * fault.share)]
            self.close_connection = wrong is Wrong.CUT
            whole = whole if wrong is Wrong.CUT else len(body)
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(whole))
        for name, value in getattr(answer, "headers", {}).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        if self.command == "HEAD":
            self.end_headers()
            return 0
        pause = fault.seconds / _PIECES if wrong is Wrong.SLOW and fault else 0.0
        return self._write(body, pause)

    def _write(self, body: bytes, pause: float) -> int:
        """Write a body and return how much of it was taken; a client may leave at any time."""
        step = max(1, -(-len(body) // _PIECES)) if pause else 1 << 16
        sent = 0
        try:
            self.end_headers()
            for start in range(0, len(body), step):
                if pause and self.server.survey.closing.wait(pause):
                    break
                self.wfile.write(body[start : start + step])
                sent += len(body[start : start + step])
        except OSError:
            self.close_connection = True
        return sent

    def _reset(self) -> None:
        """End the connection so that the other side sees a reset, not an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()


_KINDS = {"form": _FORM, "service": _SERVICE, "cutout": _CUTOUT, "file": re.compile("/files/.*")}
