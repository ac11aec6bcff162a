"""The three ways that ``bench.overhead`` times: each runs a folder of photos to delivered files."""

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from bench.overhead.steps import RECIPE, one_step, start_worker
from bench.process import context
from line.picture import Original, Picture
from records import batches
from review.cli.upload import place
from stack.local import Stack
from tasks.context import Context

POLL_SECONDS = 0.2
"""Seconds between two looks at the batch: each costs the line's Postgres some of the time that is measured."""
ROOT = Path(__file__).resolve().parents[2]


def whole(path: str, out: str) -> None:
    """One photo through the whole recipe in memory."""
    recipe = context().recipe(RECIPE)
    subject: Original | Picture = Original(Path(path).name, Path(path).read_bytes())
    for position in range(len(recipe.steps)):
        result = one_step(recipe, position, subject)
        if isinstance(result, bytes):
            (Path(out) / Path(path).name).write_bytes(result)
        if not isinstance(result, Picture):
            return
        subject = result


def _whole(job: tuple[str, str]) -> None:
    whole(*job)


class Pool:
    """``multiprocessing.Pool``, one process a core."""

    def __init__(self, processes: int, folder: Path) -> None:
        self.out = folder / "pool"
        self.out.mkdir(exist_ok=True)
        # spawned, so that it starts as clean as a worker does
        self.pool = multiprocessing.get_context("spawn").Pool(processes, start_worker)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.pool.close()
        self.pool.join()

    def run(self, upload: Path) -> None:
        jobs = [(str(path), str(self.out)) for path in sorted(upload.iterdir())]
        for _ in self.pool.imap_unordered(_whole, jobs):
            pass


class Line:
    """The whole line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        self.stack = Stack(context().settings).__enter__()
        self.context = Context(self.stack.settings)
        return self

    def __exit__(self, *_: object) -> None:
        self.stack.__exit__(None, None, None)

    def run(self, upload: Path) -> None:
        out = (self.folder / "line").as_uri()
        batch_id = place(self.context, upload, "bench", RECIPE, out=out)
        while True:
            row = self.context.database.transact(lambda connection: batches.get(connection, batch_id))
            if row.state == "halted":
                raise RuntimeError(f"batch {batch_id} halted; `sluice status {batch_id}` says why")
            if row.state == "done" and not row.manifest_due:
                return
            time.sleep(POLL_SECONDS)


class Naive:
    """One Celery task for each image and step, PNG between steps, one prefork pool."""

    def __init__(self, processes: int, folder: Path) -> None:
        self.processes, self.folder = processes, folder

    def __enter__(self) -> Self:
        from stack.servers.redis import EmbeddedRedis

        self.redis = EmbeddedRedis(self.folder / "naive-home")
        os.environ["NAIVE_BROKER"] = self.redis.start()
        os.environ["NAIVE_OUT"] = str(self.folder / "naive")
        (self.folder / "naive").mkdir(exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "bench.overhead.naive",
            "worker",
            "-c",
            str(self.processes),
        ]
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
        self.worker = subprocess.Popen([*command, "-l", "ERROR"], env=env, cwd=ROOT)
        return self

    def __exit__(self, *_: object) -> None:
        self.worker.terminate()
        self.worker.wait()
        self.redis.stop()

    def run(self, upload: Path) -> None:
        from bench.overhead.naive import begin

        begin(sorted(upload.iterdir()))
