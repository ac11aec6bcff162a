"""The processes of a line on one machine: how each is started, with what in its environment."""

import sys
from collections.abc import Mapping
from pathlib import Path

from line.settings import Settings
from stack.supervisor import Program
from worker.device import THREADS
from worker.topology import FILE, Topology, WorkerGroup

PYTHON = (sys.executable, "-P")
"""-P: what lies in the current folder is not imported; our packages have everyday names."""

FLOWER_PAGE = Path(__file__).with_name("flowerconfig.py")


def environment(settings: Settings, database_url: str, broker_url: str) -> dict[str, str]:
    """What every process of the line is told; every path absolute, as children have another current folder.

    Args:
        settings: of the process that starts the others; what it was told by ``SLUICE_*`` and is not named
            here reaches them by inheritance.
        database_url, broker_url: where the servers are, embedded or outside, with their passwords.
    """
    variables = {
        "SLUICE_HOME": str(settings.home_folder),
        "SLUICE_DATABASE_URL": database_url,
        "SLUICE_BROKER_URL": broker_url,
        "SLUICE_BUCKET_URL": settings.bucket,
        "PYTHONUNBUFFERED": "1",  # a log must hold the last words of a process that dies
    }
    config = settings.config or (FILE if FILE.exists() else None)
    if config is not None:
        variables["SLUICE_CONFIG"] = str(config.expanduser().resolve())
    return variables


def workers(topology: Topology, env: Mapping[str, str]) -> list[Program]:
    """Every worker process of this machine, named ``GROUP-1``, ``GROUP-2``, …"""
    return [
        worker(f"{name}-{number}", group, env)
        for name, group in topology.workers.items()
        for number in range(1, group.count + 1)
    ]


def worker(name: str, group: WorkerGroup, env: Mapping[str, str]) -> Program:
    """One worker: a parent that talks to the broker and never touches a device, and one child that computes.

    Several of these, not one with several children: the parent is the bottleneck of a prefork pool. It
    outlives a child that crashes and answers while the child is busy. ``--without-mingle`` and
    ``--without-gossip``: workers that ask each other for news at the start only delay it; heartbeats stay.
    """
    queues = ",".join(group.queues)
    options = ["--pool", "prefork", "--concurrency", "1", "--prefetch-multiplier", "1"]
    options += ["--task-events", "--without-mingle", "--without-gossip"]
    options += ["--heartbeat-interval", "30"]  # seconds between two events that tell Flower that it lives
    command = [*PYTHON, "-m", "celery", "-A", "worker", "worker", "-n", f"{name}@%h", "-Q", queues, *options]
    return Program(name, command, {**env, **device_environment(group)})


def device_environment(group: WorkerGroup) -> dict[str, str]:
    """Pins a process to its device and to one thread, from its first instruction on.

    One thread for each process: cores are shared out as processes, and results are bit-identical only
    at one and the same thread count.
    """
    variables = {
        "SLUICE_DEVICE": group.device,
        "CUDA_DEVICE_ORDER": "PCI_BUS_ID",  # number N is the one that nvidia-smi calls N
        "CUDA_VISIBLE_DEVICES": group.device.partition(":")[2],  # none for a CPU worker
        "ORT_DISABLE_TELEMETRY": "1",
        **dict.fromkeys(THREADS, "1"),
    }
    if group.memory is not None:
        variables["SLUICE_MEMORY"] = str(group.memory)
    return variables


def scheduler(env: Mapping[str, str]) -> Program:
    """The process that decides what runs."""
    return Program("scheduler", [*PYTHON, "-m", "scheduler"], {**env, **_NO_GPU})


def flower(env: Mapping[str, str], port: int, user: str, password: str) -> Program:
    """Flower, to watch the workers: on this machine only, behind a password, with nothing to press.

    ``/metrics`` and ``/healthcheck`` stay open whatever the password, hence the address. What it knows
    it keeps in memory, bounded, and may forget: the records are in Postgres.

    Args:
        user, password: handed over in the environment, never on the command line; neither may hold a
            comma, which separates two logins there, and ``user`` no colon.
    """
    if "," in user + password or ":" in user:
        raise ValueError("Flower's user and password may hold no comma, and its user no colon")
    command = [*PYTHON, "-m", "celery", "-A", "worker", "flower"]
    command += ["--address=127.0.0.1", f"--port={port}", f"--conf={FLOWER_PAGE}"]
    return Program("flower", command, {**env, **_NO_GPU, "FLOWER_BASIC_AUTH": f"{user}:{password}"})


def desk(env: Mapping[str, str], port: int, password: str) -> Program:
    """The review desk: on this machine only, for whoever knows the password, which no command line shows."""
    command = [*PYTHON, "-m", "review.desk", "--port", str(port)]
    return Program("desk", command, {**env, **_NO_GPU, "SLUICE_DESK_PASSWORD": password})


_NO_GPU = {"SLUICE_DEVICE": "cpu", "CUDA_VISIBLE_DEVICES": ""}
