"""Pinning a process to its device, and the models that stay loaded in it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from line.errors import ModelError, SettingsError
from models.contract import Filler, Task, build
from worker import costs
from worker.device import THREADS, check_pinned, local, pin
from worker.model_cache import ModelCache


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*THREADS, "CUDA_VISIBLE_DEVICES", "ORT_DISABLE_TELEMETRY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.delitem(sys.modules, "torch", raising=False)  # other tests of this process use it


def test_a_cpu_process_sees_no_gpu_and_computes_in_one_thread() -> None:
    pin("cpu")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""
    assert {os.environ[name] for name in THREADS} == {"1"}


def test_a_gpu_process_sees_its_own_gpu_which_it_calls_number_0() -> None:
    pin("cuda:3")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "3"
    assert local("cuda:3") == "cuda:0"
    assert local("cpu") == "cpu"


def test_threads_that_were_chosen_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    pin("cpu")
    assert os.environ["OMP_NUM_THREADS"] == "4"


@pytest.mark.parametrize("device", ["", "gpu", "cuda", "cuda:", "cuda:x", "cuda:-1", "cpu:0"])
def test_what_is_no_device_is_refused_with_the_forms_there_are(device: str) -> None:
    with pytest.raises(SettingsError, match="use cpu or cuda:0"):
        pin(device)


def test_a_process_in_which_torch_lives_already_cannot_be_pinned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", object())
    with pytest.raises(SettingsError, match="torch was imported before"):
        pin("cuda:0")


def test_a_cpu_process_needs_no_torch_to_be_checked() -> None:
    check_pinned("cpu")
    assert "torch" not in sys.modules


@pytest.mark.parametrize("count", [0, 2])
def test_a_gpu_process_that_sees_other_than_one_gpu_refuses(
    count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Torch:
        class cuda:  # noqa: N801 - as torch calls it
            @staticmethod
            def device_count() -> int:
                return count

    monkeypatch.setitem(sys.modules, "torch", Torch)
    with pytest.raises(SettingsError, match=f"{count} devices instead of one"):
        check_pinned("cuda:1")


@pytest.mark.parametrize("module", ["scheduler.loop", "review.cli", "worker.celery", "tasks._celery"])
def test_a_light_process_never_imports_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    env = {**os.environ, "SLUICE_BROKER_URL": "redis://127.0.0.1:9/0"}
    assert subprocess.run([sys.executable, "-c", code], env=env, check=False).returncode == 0


class _Absent(Filler):
    name, licence, source, revision = "absent", "MIT", "nowhere", "1"
    loads = 0

    @classmethod
    def missing(cls) -> str | None:
        return "put absent.safetensors into SLUICE_HOME/weights"

    def load(self) -> None:
        type(self).loads += 1

    def fill(self, rgb, mask, *, seed):  # type: ignore[no-untyped-def]
        return rgb


class _Present(_Absent):
    name = "present"

    @classmethod
    def missing(cls) -> str | None:
        return None


def test_a_model_is_loaded_once_and_stays() -> None:
    models_here = ModelCache(build(more=[_Present]))
    first = models_here.get("present", Task.FILL)
    assert models_here.get("present", Task.FILL) is first
    assert _Present.loads == 1
    assert first.device == "cpu"


def test_a_model_that_is_not_ready_is_refused_with_what_mends_it() -> None:
    with pytest.raises(ModelError, match=r"absent is not ready: put absent\.safetensors"):
        ModelCache(build(more=[_Absent])).get("absent", Task.FILL)
    assert _Absent.loads == 0


def test_a_second_costs_what_its_device_costs_per_hour(tmp_path: Path) -> None:
    config = tmp_path / "sluice.toml"
    config.write_text('[costs]\ncpu = 0.36\ncuda = 3.6\n"cuda:1" = 7.2\n')
    rates = [costs.per_second(config, device) for device in ("cpu", "cuda:0", "cuda:1")]
    assert rates == pytest.approx([0.0001, 0.001, 0.002])
