"""Real receivers on loopback: an HTTP server that keeps what is posted to it, and a mail server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Received:
    """What arrived; with which status an HTTP server answers, and after how many seconds; how often anything came."""

    address: str = ""
    seconds: float = 0.0
    asked: int = 0
    posts: list[dict[str, Any]] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    status: int = 200
    while_asked: Callable[[], None] = lambda: None

    @property
    def titles(self) -> list[str]:
        return [post["title"] for post in self.posts]


@contextmanager
def web_hook() -> Iterator[Received]:
    """Serve a web hook until the end of the block."""
    received = Received()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.asked += 1
            received.while_asked()
            time.sleep(received.seconds)
            if received.status == 200:
                received.posts.append(json.loads(body))
            with suppress(BrokenPipeError, ConnectionResetError):  # who asked has lost patience
                self.send_response(received.status)
                self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    received.address = f"json://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def mail_server(*, password: str | None = None) -> Iterator[Received]:
    """Serve SMTP until the end of the block; with a password it takes mail of the user ``night`` alone."""
    from aiosmtpd.controller import Controller
    from aiosmtpd.smtp import AuthResult, LoginPassword

    received = Received()

    class Box:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            del server, session
            received.mails.append(envelope.content.decode("utf-8", "replace"))
            return "250 kept"

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        received.asked += 1
        right = isinstance(given, LoginPassword) and given.password == (password or "").encode()
        return AuthResult(success=right, handled=False)

    checks = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    controller = Controller(Box(), hostname="127.0.0.1", port=port, **(checks if password else {}))
    controller.start()
    received.address = f"mailto://127.0.0.1:{port}?from=cosmic@example.org&to=night@example.org"
    try:
        yield received
    finally:
        controller.stop()
