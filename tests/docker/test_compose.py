"""docker/compose.yaml: valid, without secrets, and everything that it refers to is there."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import apprise
import pytest
import yaml
from sqlalchemy.engine import make_url

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
TEXT = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name for name, service in SERVICES.items() if service["image"].startswith("cosmic:")}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder that `make-secrets` made."""
    folder = tmp_path_factory.mktemp("made") / "secrets"
    subprocess.run(["sh", DOCKER / "make-secrets", folder], check=True, capture_output=True, timeout=60)
    return folder


def test_compose_itself_takes_the_file(tmp_path: Path, secrets: Path) -> None:
    text, docker = TEXT, shutil.which("docker")
    if (
        docker
        and subprocess.run([docker, "compose", "version"], capture_output=True, check=False, timeout=60).returncode
    ):
        docker = None  # without the plugin
    command = [docker, "compose"] if docker else [shutil.which("docker-compose") or ""]
    if not command[0]:
        pytest.skip("neither docker compose nor docker-compose is installed")
    if not docker:
        text = text.replace("name: cosmic\n", "", 1)  # the first Compose knows no name
    (tmp_path / "compose.yaml").write_text(text)
    options = ["-f", str(tmp_path / "compose.yaml"), "--project-directory", str(DOCKER), "config"]
    answer = subprocess.run([*command, *options], capture_output=True, text=True, check=False, timeout=120)
    assert answer.returncode == 0, answer.stderr
    found = yaml.safe_load(answer.stdout)["services"]
    assert found.keys() == SERVICES.keys()
    assert found["worker"]["depends_on"]["deployments"]["condition"] == "service_completed_successfully"


def test_what_is_referred_to_is_there(secrets: Path) -> None:
    made = {path.name for path in secrets.iterdir()}
    assert {name: one["file"] for name, one in COMPOSE["secrets"].items()} == {
        name: f"./secrets/{name}" for name in made
    }
    for name, service in SERVICES.items():
        assert set(service.get("secrets", [])) <= made, name
        named = {str(value).removeprefix("/run/secrets/") for value in (service.get("environment") or {}).values()
                 if str(value).startswith("/run/secrets/")}  # fmt: skip
        assert named <= set(service.get("secrets", [])), f"{name} reads a secret that it does not get"
        for other, needed in service.get("depends_on", {}).items():
            condition = needed["condition"]
            assert condition != "service_healthy" or "test" in SERVICES[other]["healthcheck"]
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (DOCKER / source).exists(), volume


def test_every_service_restarts_and_is_looked_at(secrets: Path) -> None:
    for name, service in SERVICES.items():
        assert service["restart"] == ("on-failure" if name == "deployments" else "unless-stopped"), name
    unwatched = {name for name, service in SERVICES.items() if service.get("healthcheck") == {"disable": True}}
    assert unwatched == {"deployments", "watch"}, "which serve nothing"
    worker = SERVICES["worker"]
    assert "healthcheck" not in worker, "the image's own"
    image = (DOCKER / "Dockerfile").read_text(encoding="utf-8")
    (said,) = re.findall(r"^CMD (\[.*\])$", image, re.MULTILINE)
    assert yaml.safe_load(said) == worker["command"], "what the image's check is of"


def test_services_agree_on_the_pool_and_are_open_to_this_machine_alone() -> None:
    pools = {
        name: SERVICES[name]["command"][SERVICES[name]["command"].index("--pool") + 1]
        for name in ("deployments", "worker")
    }
    assert set(pools.values()) == {"cosmic"}
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)
    for name in OURS:
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
    for name in SERVICES.keys() - OURS:
        assert re.search(r":\$\{\w+:-v?\d+\.\d+", SERVICES[name]["image"]), f"{name} is pinned"


def test_secrets_are_random_stay_and_are_kept_out_of_git_and_the_image(secrets: Path) -> None:
    before = {path.name: path.read_text() for path in secrets.iterdir()}
    subprocess.run(["sh", DOCKER / "make-secrets", secrets], check=True, capture_output=True, timeout=60)
    assert {path.name: path.read_text() for path in secrets.iterdir()} == before
    assert secrets.stat().st_mode & 0o777 == 0o700
    passwords = [before[f"{name}_password"].strip() for name in ("postgres", "catalogue", "prefect")]
    assert len(set(passwords)) == 3
    assert all(re.fullmatch("[0-9a-f]{48}", one) for one in passwords)
    assert "docker/secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    allowed = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"
    assert not any("secrets" in line and line != "!docker/from-secrets" for line in allowed)


def test_the_catalogue_and_prefect_have_databases_of_their_own(secrets: Path) -> None:
    catalogue, prefect = (
        make_url((secrets / name).read_text().strip()) for name in ("catalogue_url", "prefect_database_url")
    )
    assert (catalogue.username, catalogue.database) == ("cosmic", "cosmic")
    assert (prefect.username, prefect.database) == ("prefect", "prefect")
    assert catalogue.host == prefect.host == "postgres"
    assert catalogue.password == (secrets / "catalogue_password").read_text().strip()
    assert prefect.password == (secrets / "prefect_password").read_text().strip()
    mail = apprise.Apprise.instantiate((secrets / "alert_urls").read_text().strip())
    assert (mail.smtp_host, mail.port, mail.secure) == ("mail", 1025, False)
