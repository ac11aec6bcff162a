import os
import re
import shutil
import stat
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from line.settings import Settings
from worker import topology
from worker.queues import Queue

ROOT = Path(__file__).resolve().parents[2]
DOCKER = ROOT / "docker"
SERVICES = yaml.safe_load((DOCKER / "compose.yaml").read_text())["services"]
SERVERS = {"postgres", "redis"}
OURS = sorted(set(SERVICES) - SERVERS)
WORKERS = sorted(name for name in OURS if "-Q" in SERVICES[name]["command"])
KNOWN = {f"SLUICE_{field}".upper() for field in Settings.model_fields}


def words(value: Any) -> list[str]:
    """Every string in a tree, keys too."""
    if isinstance(value, dict):
        return [word for pair in value.items() for part in pair for word in words(part)]
    if isinstance(value, list):
        return [word for part in value for word in words(part)]
    return [str(value)]


def option(service: str, flag: str) -> str:
    command = SERVICES[service]["command"]
    return str(command[command.index(flag) + 1])


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_every_queue_has_a_worker_in_each_profile(profile: str) -> None:
    started = [name for name in WORKERS if profile in SERVICES[name].get("profiles", [profile])]
    assert sorted(option(name, "-Q") for name in started) == sorted(Queue)


@pytest.mark.parametrize("name", WORKERS)
def test_a_worker_is_one_process_whose_health_is_its_own_answer(name: str) -> None:
    command = SERVICES[name]["command"]
    assert command[:4] == ["celery", "-A", "worker", "worker"]
    assert option(name, "-c") == "1"
    node = option(name, "-n").replace("%h", "$$HOSTNAME")
    assert f"inspect ping -d {node} " in SERVICES[name]["healthcheck"]["test"][1]


@pytest.mark.parametrize("name", [name for name in WORKERS if name.endswith("-gpu")])
def test_a_gpu_worker_reserves_one_device_and_is_pinned_to_it(name: str) -> None:
    (device,) = SERVICES[name]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert len(device["device_ids"]) == 1
    assert SERVICES[name]["environment"]["SLUICE_DEVICE"] == "cuda:0"
    assert SERVICES[name]["build"]["dockerfile"] == "docker/Dockerfile.gpu"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_says_whether_it_is_well(name: str) -> None:
    health = SERVICES[name]["healthcheck"]
    if name == "sluice":  # runs one command and ends
        assert health == {"disable": True}
    else:
        assert health["test"]
        assert health["retries"] > 1


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_is_shut_in(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")
    if name != "postgres":  # its entry point changes the owner of its folder and steps down itself
        assert service["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


def test_the_servers_are_reached_by_the_line_alone() -> None:
    networks = yaml.safe_load((DOCKER / "compose.yaml").read_text())["networks"]
    assert networks["servers"]["internal"] is True
    for name in SERVERS:
        assert SERVICES[name]["networks"] == ["servers"]
        assert "ports" not in SERVICES[name]


def test_every_variable_is_a_setting_of_the_line() -> None:
    passed = {key for name in OURS for key in SERVICES[name]["environment"]}
    assert passed <= KNOWN
    exported = set(re.findall(r"export (SLUICE_\w+)", (DOCKER / "entrypoint.sh").read_text()))
    assert exported == {"SLUICE_DATABASE_URL", "SLUICE_BROKER_URL", "SLUICE_DESK_PASSWORD"}
    assert exported <= KNOWN
    for file in ("Dockerfile", "Dockerfile.gpu"):
        assert set(re.findall(r"SLUICE_\w+", (DOCKER / file).read_text())) <= KNOWN


def test_no_secret_is_written_down() -> None:
    whole = yaml.safe_load((DOCKER / "compose.yaml").read_text())
    assert all(set(secret) == {"environment"} for secret in whole["secrets"].values())
    for word in words(whole["services"]):
        assert not re.search(r"://[^/\s]*:[^/\s]*@", word), "a URL with a password"
        assert not re.search(r"\$\{[^}]*PASSWORD", word), "a password that `docker inspect` would show"
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            assert "PASSWORD" not in key or value.startswith("/run/secrets/")
    assert ".env" in (DOCKER / ".gitignore").read_text().split()


def test_the_broker_keeps_what_it_takes() -> None:
    conf = (DOCKER / "redis.conf").read_text().splitlines()
    assert {"appendonly yes", "maxmemory-policy noeviction", "protected-mode yes"} <= set(conf)
    assert not any(line.startswith(("requirepass", "user ")) for line in conf)


def test_what_the_commands_name_is_there() -> None:
    assert (ROOT / "scheduler" / "__main__.py").is_file()
    assert "--conf=/app/stack/flowerconfig.py" in SERVICES["flower"]["command"]
    assert (ROOT / "stack" / "flowerconfig.py").is_file()
    assert SERVICES["desk"]["command"][:3] == ["python", "-m", "review.desk"]
    assert (ROOT / "review" / "desk" / "__main__.py").is_file()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert SERVICES["sluice"]["entrypoint"][1] in scripts
    assert os.access(DOCKER / "entrypoint.sh", os.X_OK)


def test_the_two_images_differ_by_the_extra_alone() -> None:
    def steps(file: str) -> list[str]:
        return [line for line in (DOCKER / file).read_text().splitlines() if not line.startswith("#")]

    light, gpu = steps("Dockerfile"), steps("Dockerfile.gpu")
    differing = [(ours, theirs) for ours, theirs in zip(light, gpu, strict=True) if ours != theirs]
    ((ours, theirs),) = differing
    assert theirs.replace(', *project["optional-dependencies"]["gpu"]', "") == ours
    assert "USER 10001:10001" in light


def test_the_builder_sees_every_package_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    taken = {line[1:].rstrip("/") for line in lines if line.startswith("!")}
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = {name.rstrip("*") for name in config["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert "*" in lines
    assert taken == packages | {"pyproject.toml", "constraints.txt", "README.md", "docker/entrypoint.sh"}


def enter(folder: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "SECRETS_FOLDER": str(folder), **extra}
    command = ["sh", str(DOCKER / "entrypoint.sh"), "env"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_secrets_reach_the_program_and_what_is_set_is_left_alone(tmp_path: Path) -> None:
    for name in ("postgres_password", "redis_password", "flower_password", "desk_password"):
        (tmp_path / name).write_text(f"{name}-1\n")
    printed = enter(tmp_path).stdout.splitlines()
    assert (
        "SLUICE_DATABASE_URL=postgresql+psycopg://sluice:postgres_password-1@postgres:5432/sluice" in printed
    )
    assert "SLUICE_BROKER_URL=redis://:redis_password-1@redis:6379/0" in printed
    assert "FLOWER_BASIC_AUTH=sluice:flower_password-1" in printed
    assert "SLUICE_DESK_PASSWORD=desk_password-1" in printed
    assert not any(line.startswith(("password=", "value=")) for line in printed)
    outside = enter(tmp_path, SLUICE_BROKER_URL="redis://elsewhere").stdout.splitlines()
    assert "SLUICE_BROKER_URL=redis://elsewhere" in outside


def test_a_secret_that_would_break_a_url_is_refused(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("a@b/c")
    done = enter(tmp_path)
    assert done.returncode == 78
    assert "a@b/c" not in done.stderr + done.stdout


def test_fresh_passwords_are_long_private_and_made_once(tmp_path: Path) -> None:
    script = shutil.copy(DOCKER / "secrets.sh", tmp_path)
    subprocess.run(["sh", script], check=True, capture_output=True)
    file = tmp_path / ".env"
    content = file.read_text()
    passwords = re.findall(r"^SLUICE_\w+_PASSWORD=([0-9a-f]{48})$", content, re.MULTILINE)
    assert len(set(passwords)) == 4
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    subprocess.run(["sh", script], check=True, capture_output=True)
    assert file.read_text() == content
    wanted = yaml.safe_load((DOCKER / "compose.yaml").read_text())["secrets"]
    assert all(f"\n{secret['environment']}=" in f"\n{content}" for secret in wanted.values())


@pytest.mark.parametrize("name", [name for name in OURS if name != "flower"])
def test_costs_and_vendors_can_be_told_to_every_process(name: str) -> None:
    config = SERVICES[name]["environment"]["SLUICE_CONFIG"]
    assert f"./sluice.toml:{config}:ro" in SERVICES[name]["volumes"]


def test_the_file_of_costs_and_vendors_is_one_that_can_be_read_with_its_examples() -> None:
    shipped = (DOCKER / "sluice.toml").read_text()
    assert topology.load(DOCKER / "sluice.toml").vendors == {}
    uncommented = tomllib.loads(re.sub(r"^# (?=\[|\w+ = |\")", "", shipped, flags=re.MULTILINE))
    assert topology.Topology.model_validate(uncommented).vendor("acme").watermark_rights
    assert topology.Topology.model_validate(uncommented).costs["cuda:0"] > 0
