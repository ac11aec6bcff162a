"""One Celery task for each transform, named ``sluice.<transform>``, on that transform's queue."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
from celery import Task
from celery.signals import worker_process_init
from celery.utils.log import get_task_logger

from line.errors import ModelError, ServiceError
from line.settings import settings
from records import workers
from records.database import transact
from records.process_identity import process_identity
from tasks.registry import registry, task_name
from tasks.runner.step import run_step
from tasks.transform import Transform
from worker.celery import app
from worker.device import check_pinned
from worker.device_errors import DeviceLostError
from worker.logs import log_context

log = get_task_logger(__name__)


@worker_process_init.connect
def _start_child(**_: object) -> None:
    check_pinned(settings().device)
    cv2.setNumThreads(1)  # cores are shared out as processes


def _task_of(transform: Transform) -> Callable[["Task[Any, Any]", int, int], None]:
    def step(self: "Task[Any, Any]", shard_id: int, at: int) -> None:
        node = str(self.request.hostname)
        fields: dict[str, object] = {"shard": shard_id, "step": transform.name}
        try:
            with log_context(**fields):
                ended = run_step(shard_id, at, node)
        except ModelError as error:  # the shard was given back, for a worker that has the model
            _refuse(node, str(error))
            self.request.chain = None
            return
        except ServiceError as error:  # the shard was given back; the sweep sends it again
            log.error("shard %s, step %s: %s", shard_id, at, error, extra=fields)
            self.request.chain = None
            return
        except DeviceLostError as error:
            # Only a new process gets the device back. It ends as a crash does: its parent starts another
            # child, and the sweep finds the shard of the dead one, so that an image that does this each
            # time is cornered like any that kills its worker.
            log.critical("shard %s, step %s: %s", shard_id, at, error, extra=fields)
            os._exit(1)
        log.info("%s", ended.summary, extra=fields | {"batch": ended.batch})
        if not ended.go_on:
            self.request.chain = None

    step.__doc__ = transform.function.__doc__
    return step


_refused: set[str] = set()
"""What this process has said it cannot do: it says each thing once."""


def _refuse(node: str, why: str) -> None:
    """Say in the log and in ``sluice status``, once, what this worker cannot do; the rest it does."""
    if why not in _refused:
        _refused.add(why)
        log.error("%s: images wait for a worker that can: %s", node, why)
        transact(
            partial(
                workers.record_error,
                node=node,
                process=process_identity(os.getppid()),
                trouble="; ".join(sorted(_refused)),
            )
        )


def _register() -> None:
    for transform in registry().transforms.values():
        app.task(bind=True, name=task_name(transform.name), queue=transform.queue)(_task_of(transform))


_register()
