"""Large files come whole, once, and in part where a part is there. Against a real HTTP server with ranges and faults."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import numpy as np
import pytest

from cosmic.downloads import download
from cosmic.errors import ConfigError, CosmicError, PermanentSourceError, SuspiciousResponse, TransientSourceError
from tests.skyserver.faults import Fault, Wrong
from tests.skyserver.server import serve
from tests.skyserver.sources import simulated_spectra
from tests.skyserver.survey import Survey

BIG = np.random.default_rng(0).bytes(24 << 20)
SMALL = b"dr7objid,gz2_class\n" * 1000


@pytest.fixture(scope="module")
def server() -> Iterator[Survey]:
    with serve(simulated_spectra(10), files={"big.zip": BIG, "small.csv": SMALL}) as survey:
        yield survey


@pytest.fixture(autouse=True)
def quiet(server: Survey) -> None:
    """Nothing of an earlier test goes wrong or counts."""
    server.mischief.clear()
    server.log.clear()


@contextmanager
def careless(content: bytes, *, status: int = 206, **headers: str) -> Iterator[str]:
    """Give the address of a server that answers every request so, whatever its If-Range says: the end of `content`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            start = int((self.headers["Range"] or "bytes=0-")[6:-1]) if status == 206 else 0
            self.send_response(206 if start else 200 if status == 206 else status)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(content[start:])

        def log_message(self, *_: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/a.zip"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def sent(server: Survey) -> int:
    """Bytes that the server handed over, once it has noticed that nobody takes more."""
    until = time.monotonic() + 10
    while any(not request.sent for request in server.log.requests) and time.monotonic() < until:
        time.sleep(0.02)
    return sum(request.sent for request in server.log.requests)


def test_a_file_comes_whole_and_is_not_asked_for_again(server: Survey, tmp_path: Path) -> None:
    url = f"{server.url}/files/small.csv"
    assert download(url, tmp_path / "s.csv").read_bytes() == SMALL
    download(url, tmp_path / "s.csv")
    assert len(server.log.requests) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s.csv", "s.csv.origin.json"]


def test_a_file_that_changed_on_disk_is_fetched_anew(server: Survey, tmp_path: Path) -> None:
    url = f"{server.url}/files/small.csv"
    download(url, tmp_path / "s.csv").write_bytes(b"edited")
    assert download(url, tmp_path / "s.csv").read_bytes() == SMALL


def test_a_body_that_is_cut_off_is_gone_on_with(server: Survey, tmp_path: Path) -> None:
    url = f"{server.url}/files/big.zip"
    server.mischief.add(Fault(Wrong.CUT, times=1, share=0.7))
    with pytest.raises(TransientSourceError):
        download(url, tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()
    assert download(url, tmp_path / "b.zip").read_bytes() == BIG
    assert sent(server) <= 1.01 * len(BIG)


def test_a_part_of_another_version_is_thrown_away(server: Survey, tmp_path: Path) -> None:
    server.files["moving.zip"] = BIG[: 1 << 20]
    server.mischief.add(Fault(Wrong.CUT, times=1))
    with pytest.raises(TransientSourceError):
        download(f"{server.url}/files/moving.zip", tmp_path / "m.zip")
    server.files["moving.zip"] = BIG[1 << 20 : 3 << 20]
    assert download(f"{server.url}/files/moving.zip", tmp_path / "m.zip").read_bytes() == BIG[1 << 20 : 3 << 20]


@pytest.mark.parametrize("size", [len(SMALL), len(SMALL) + 100])
def test_a_server_that_passes_over_if_range_never_joins_two_versions(tmp_path: Path, size: int) -> None:
    target, part = tmp_path / "a.zip", tmp_path / "a.zip.part"
    new = BIG[:size]
    with careless(new, ETag='"new"') as url:
        part.write_bytes(SMALL[:5000])
        known = {"url": url, "tag": '"old"', "size": len(SMALL), "sha256": None}
        part.with_name("a.zip.part.json").write_text(json.dumps(known))
        with pytest.raises(TransientSourceError, match="thrown away"):
            download(url, target)
        assert download(url, target).read_bytes() == new


def test_a_compressed_answer_is_kept_as_it_came(tmp_path: Path) -> None:
    with careless(gzip.compress(SMALL), Content_Encoding="gzip") as url:
        assert gzip.decompress(download(url, tmp_path / "s.csv").read_bytes()) == SMALL


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (302, {"Location": "/a.zip"}, PermanentSourceError),
        (302, {"Location": "ftp://other/a.zip"}, PermanentSourceError),
        (403, {}, PermanentSourceError),
        (507, {}, TransientSourceError),
        (200, {"Content_Type": "Text/HTML"}, SuspiciousResponse),
    ],
)
def test_an_answer_that_is_no_file_has_its_class_and_leaves_nothing(
    tmp_path: Path, status: int, headers: dict[str, str], error: type[CosmicError]
) -> None:
    with careless(SMALL, status=status, **headers) as url, pytest.raises(error, match=r"a\.zip"):
        download(url, tmp_path / "s.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(server: Survey, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot be written"):
        download(f"{server.url}/files/small.csv", tmp_path / "file" / "s.csv")


def test_a_wrong_digest_is_refused_and_leaves_nothing(server: Survey, tmp_path: Path) -> None:
    with pytest.raises(SuspiciousResponse, match="sha256"):
        download(f"{server.url}/files/small.csv", tmp_path / "s.csv", sha256="0" * 64)
    assert list(tmp_path.iterdir()) == []
    right = hashlib.sha256(SMALL).hexdigest()
    assert download(f"{server.url}/files/small.csv", tmp_path / "s.csv", sha256=right).exists()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Wrong.UNAVAILABLE, TransientSourceError),
        (Wrong.RESET, TransientSourceError),
        (Wrong.HANG, TransientSourceError),
        (Wrong.HTML, SuspiciousResponse),
    ],
)
def test_each_failure_has_its_class_and_the_next_attempt_succeeds(
    server: Survey, tmp_path: Path, wrong: Wrong, error: type[CosmicError]
) -> None:
    server.mischief.add(Fault(wrong, seconds=0.6))
    url = f"{server.url}/files/small.csv"
    with pytest.raises(error, match=r"files/small\.csv"):
        download(url, tmp_path / "s.csv", timeout=0.3)
    assert download(url, tmp_path / "s.csv", timeout=5).read_bytes() == SMALL


def test_a_missing_file_is_permanent_and_named(server: Survey, tmp_path: Path) -> None:
    with pytest.raises(PermanentSourceError, match=r"nothing\.csv does not exist"):
        download(f"{server.url}/files/nothing.csv", tmp_path / "n.csv")


def test_a_disk_without_room_is_told_before_anything_comes(
    server: Survey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=1000))
    with pytest.raises(ConfigError, match=r"needs 0\.03 GB more.*Make room"):
        download(f"{server.url}/files/big.zip", tmp_path / "b.zip")


def test_a_download_killed_three_times_completes_with_one_transfer_and_a_tenth(server: Survey, tmp_path: Path) -> None:
    url, target = f"{server.url}/files/big.zip", tmp_path / "b.zip"
    server.mischief.add(Fault(Wrong.SLOW, times=3, seconds=1.5))
    code = "import sys; from pathlib import Path; from cosmic.downloads import download; download(sys.argv[1], Path(sys.argv[2]))"
    part = tmp_path / "b.zip.part"
    for share in (0.2, 0.4, 0.6):
        process = subprocess.Popen([sys.executable, "-c", code, url, str(target)])
        until = time.monotonic() + 30
        came = -1  # killed between two pieces: what is in flight is the network's, and counts for a large file little
        while time.monotonic() < until and not share * len(BIG) < came == part.stat().st_size:
            assert process.poll() is None, "it ended before it could be killed"
            came = part.stat().st_size if part.exists() else -1
            time.sleep(0.04)
        process.kill()
        process.wait()
    assert not target.exists()
    assert download(url, target).read_bytes() == BIG
    assert len(server.log.requests) == 4
    assert sent(server) <= 1.1 * len(BIG)
