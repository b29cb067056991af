"""A cluster that cannot do the work is refused before any is done, and the message says which worker, why and what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from cosmic.cluster_options import place_of
from cosmic.commands import build
from cosmic.errors import ConfigError
from cosmic.settings import PipelineOptions
from flows import cluster, on_worker
from flows.environment import EVERYWHERE
from flows.on_worker import Probe, installed, look
from tests.flows.drill import free_port

pytest.importorskip("prefect_dask", reason="extra dask is not installed")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"runner": "dask"}, "--runner dask .COSMIC_RUNNER. needs the scheduler: name it with --dask-address"),
        ({"dask_address": "tcp://a:8786"}, "--dask-address .COSMIC_DASK_ADDRESS. is for --runner dask, not local"),
        ({"runner": "dask", "dask_address": "a:8786"}, "--dask-address: it takes the address of a Dask scheduler"),
        ({"runner": "dask", "dask_address": "tcp://a:99999"}, "--dask-address: it takes the address"),
        ({"runner": "spark"}, "--runner: it must be 'local' or 'dask', not spark"),
    ],
)
def test_a_runner_and_an_address_that_do_not_fit_are_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        build(PipelineOptions, given)


@pytest.mark.parametrize(
    ("address", "place"),
    [("tcp://a.org:8786", ("a.org", 8786)), ("tls://10.0.0.1:1", ("10.0.0.1", 1)), ("tcp://[::1]:9", ("::1", 9))],
)
def test_an_address_names_a_host_and_a_port(address: str, place: tuple[str, int]) -> None:
    assert place_of(address) == place


def test_the_command_of_a_run_names_its_cluster() -> None:
    options = PipelineOptions(runner="dask", dask_address="tcp://a:8786")
    assert options.command("flows.ingest").split()[3:] == ["--runner", "dask", "--dask-address", "tcp://a:8786"]


def test_a_scheduler_that_is_not_there_is_named_before_anything_is_started() -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(ConfigError, match=f"No Dask scheduler answers at {address} .*Start one") as refused:
        cluster.demand_cluster(PipelineOptions(runner="dask", dask_address=address))
    assert isinstance(refused.value.__cause__, ConnectionRefusedError)
    cluster.demand_cluster(PipelineOptions())


def test_without_the_extra_the_run_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"extra dask, which is not installed.*pip install .*\.\[dask\]"):
        cluster.demand_cluster(PipelineOptions(runner="dask", dask_address="tcp://127.0.0.1:1"))


def probe(file: Path, text: str = "seen", *, server: str | None = None, database: bool = False) -> Probe:
    return Probe(file, text, installed(), server, database, EVERYWHERE)


def test_a_worker_that_shares_everything_has_no_fault_and_leaves_nothing_behind(tmp_path: Path) -> None:
    file = tmp_path / "probe"
    file.write_text("seen")
    assert look(probe(file)) == on_worker.Seen(socket.gethostname(), ())
    assert list(tmp_path.iterdir()) == [file]


def test_a_worker_that_does_not_see_the_home_names_the_path(tmp_path: Path) -> None:
    (fault,) = look(probe(tmp_path / "elsewhere" / "probe")).faults
    assert f"cannot use {tmp_path / 'elsewhere' / 'probe'} (No such file or directory)" in fault
    (tmp_path / "probe").write_text("another run's")
    (fault,) = look(probe(tmp_path / "probe")).faults
    assert fault.startswith(f"sees another folder at {tmp_path}")


def test_a_worker_with_other_code_names_both_versions(tmp_path: Path) -> None:
    (tmp_path / "probe").write_text("seen")
    here = installed() | {"numpy": "1.0", "Cosmic": "0123456789ab"}
    (fault,) = look(Probe(tmp_path / "probe", "seen", here, None, False, EVERYWHERE)).faults
    assert (
        f"numpy {installed()['numpy']} instead of 1.0, Cosmic {installed()['Cosmic']} instead of 0123456789ab" in fault
    )


def test_a_worker_that_reaches_no_server_and_has_no_database_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COSMIC_DATABASE_URL", raising=False)
    (tmp_path / "probe").write_text("seen")
    server = f"http://127.0.0.1:{free_port()}/api"
    silence, without = look(probe(tmp_path / "probe", server=server, database=True)).faults
    assert f"cannot reach the Prefect server of this run, {server} (ConnectError)" in silence
    assert "has no COSMIC_DATABASE_URL" in without
    monkeypatch.setenv("COSMIC_DATABASE_URL_FILE", "/run/secrets/catalogue_url")
    assert look(probe(tmp_path / "probe", database=True)).faults == ()
