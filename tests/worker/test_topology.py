from pathlib import Path

import pytest

from line.errors import SettingsError
from worker import topology
from worker.queues import Queue
from worker.topology import Topology, WorkerGroup, cores, load

FULL = """
[workers.gpu0]
queue = "erase_text"
device = "cuda:0"
memory = "8GB"

[workers.rest]
queues = ["admit", "find_text", "upscale", "deliver"]
processes = 3

[costs]
cpu = 0.04
"cuda:0" = 2.5

[vendors.acme]
watermark_rights = "Letter of 2026-03-02, contracts/acme.pdf"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "sluice.toml"
    path.write_text(text)
    return path


def test_without_a_file_one_group_works_on_every_queue_with_every_core(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = load()
    assert list(config.workers) == ["cpu"]
    assert config.workers["cpu"].queues == tuple(Queue)
    assert config.workers["cpu"].count == cores() >= 1


def test_a_file_in_the_current_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, FULL)
    monkeypatch.chdir(tmp_path)
    assert list(load().workers) == ["gpu0", "rest"]


def test_every_table_of_the_file_is_understood(tmp_path: Path) -> None:
    config = load(write(tmp_path, FULL))
    gpu = config.workers["gpu0"]
    assert (gpu.queues, gpu.device, gpu.memory, gpu.count) == ((Queue.ERASE_TEXT,), "cuda:0", 8 * 10**9, 1)
    assert (config.workers["rest"].device, config.workers["rest"].count) == ("cpu", 3)
    assert config.costs == {"cpu": 0.04, "cuda:0": 2.5}
    assert config.vendors["acme"].watermark_rights == "Letter of 2026-03-02, contracts/acme.pdf"


def test_a_file_without_workers_gets_the_default_ones(tmp_path: Path) -> None:
    assert load(write(tmp_path, "[costs]\ncpu = 1\n")).workers == Topology().workers


@pytest.mark.parametrize(
    ("size", "count"),
    [("8GB", 8 * 10**9), ("6 GiB", 6 * 2**30), ("512mb", 512 * 10**6), ("1.5GB", 1_500_000_000)],
)
def test_sizes_are_written_as_people_write_them(size: str, count: int) -> None:
    assert WorkerGroup.model_validate({"queue": "admit", "memory": size}).memory == count


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[workers.a]\nqueue = "erase"\n', "workers.a.queues.0: Input should be 'admit'"),
        ('[workers.a]\nqueue = "admit"\ndevice = "gpu"\n', "workers.a.device: "),
        ('[workers.a]\nqueue = "admit"\nmemory = "much"\n', "workers.a.memory: write a size such as 8GB"),
        ('[workers.a]\nqueue = "admit"\nmemory = "0GB"\n', "workers.a.memory: "),
        ('[workers.a]\nqueue = "admit"\nprocesses = -1\n', "workers.a.processes: "),
        ('[workers.a]\nqueue = "admit"\nqueues = ["admit"]\n', "workers.a: give queue or queues, not both"),
        ('[workers.a]\ndevice = "cpu"\n', "workers.a.queues: Field required"),
        ("[workers.a]\nqueues = []\n", "workers.a.queues: "),
        ('[workers.a]\nqueue = "admit"\ncores = 2\n', "workers.a.cores: Extra inputs are not permitted"),
        (
            '[workers.a]\nqueue = "admit"\ndevice = "cuda:0"\nprocesses = 2\n',
            "workers.a: processes must be 1 on a GPU",
        ),
        ('[workers."a b"]\nqueue = "admit"\n', "workers.a b: "),
        ("[costs]\ngpu = 1\n", "costs.gpu: "),
        ("[costs]\ncpu = -1\n", "costs.cpu: "),
        ("[vendors.acme]\nrights = true\n", "vendors.acme.rights: "),
        ("[vendor.acme]\n", "vendor: Extra inputs are not permitted"),
        ("workers = [", "not TOML: "),
    ],
)
def test_an_error_names_the_file_and_the_key(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load(path)
    assert str(caught.value).startswith(f"{path}: {message}")


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("quota", "at_most"), [("100000 100000", 1), ("150000 100000", 2), ("max 100000", 10**6)]
)
def test_a_containers_share_bounds_the_cores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: str, at_most: int
) -> None:
    (tmp_path / "cpu.max").write_text(quota + "\n")
    monkeypatch.setattr(topology, "CPU_MAX", tmp_path / "cpu.max")
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(64)), raising=False)
    assert cores() == min(64, at_most)
