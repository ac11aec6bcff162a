"""One Celery task for each transform, named ``sluice.<transform>``, on that transform's queue."""

import os
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
from celery import Task
from celery.signals import worker_process_init
from celery.utils.log import get_task_logger

from line.errors import ModelError, ServiceError
from line.plugins.discover import load_all
from line.trouble import TroubleKind
from records import troubles, workers
from records.process_identity import process_identity
from records.storage.bucket import AccessError
from tasks.context import Context
from tasks.registry import LEARN_TEMPLATES, REPRODUCE_STEP, RESCAN_TEMPLATE, build, task_name
from tasks.runner.reproduction import reproduce_order
from tasks.runner.step import StepRunner
from tasks.templates.learn import learn
from tasks.templates.requeue import rescan
from tasks.transform import Transform
from worker.app import SluiceApp
from worker.celery import app
from worker.device import check_pinned
from worker.device_errors import DeviceLostError
from worker.logs import log_context
from worker.queues import Queue

log = get_task_logger(__name__)

RESCAN_SECONDS = 6 * 3600
"""Hard limit of a search for a template (s): a vendor may have hundreds of thousands of photos."""

REFUSED_SECONDS = 3.0
"""Pause of a worker whose credentials the bucket refuses, before it takes another shard (s)."""


class Steps:
    """The tasks of one worker: each runs a step of a shard and decides whether its chain goes on.

    The context belongs to the child that runs tasks: a connection never crosses a fork.
    """

    def __init__(self, app: SluiceApp) -> None:
        self.app = app
        self._troubles: set[str] = set()

    def register(self) -> None:
        """Make a task of every transform."""
        app = self.app
        load_all("models")  # takes a second: once here, not in each child
        for transform in build(app.process_settings.plugins).transforms.values():
            app.task(bind=True, name=task_name(transform.name), queue=transform.queue)(self._task(transform))

        @app.task(name=task_name(LEARN_TEMPLATES), queue=Queue.FIND_TEXT)
        def learn_templates(batch_id: int) -> None:
            """Compare the text of a batch's photos, and propose what the vendor lays over them."""
            self._learn(batch_id)

        @app.task(name=task_name(RESCAN_TEMPLATE), queue=Queue.FIND_TEXT, time_limit=RESCAN_SECONDS)
        def rescan_template(template_id: int) -> None:
            """Search a vendor's photos for a confirmed template, and requeue those that still have it."""
            with log_context(template=template_id):
                rescan(self.context, template_id)

        @app.task(name=task_name(REPRODUCE_STEP))
        def reproduce_step(order_id: int) -> None:
            """Run a recorded step again, and compare the result with the record."""
            with log_context(reproduction=order_id):
                reproduce_order(self.context, order_id)

    def start_child(self, **_: object) -> None:
        """In the child that runs tasks, before the first one."""
        self.context = Context(self.app.process_settings)
        self.runner = StepRunner(self.context)
        check_pinned(self.context.settings.device)
        cv2.setNumThreads(1)  # cores are shared out as processes

    def _task(self, transform: Transform) -> Callable[["Task[Any, Any]", int, int], None]:
        def step(self_: "Task[Any, Any]", shard_id: int, at: int) -> None:
            if not self._run(str(self_.request.hostname), transform.name, shard_id, at):
                self_.request.chain = None

        step.__doc__ = transform.function.__doc__
        return step

    def _run(self, node: str, transform: str, shard_id: int, at: int) -> bool:
        """Run a step; whether the chain goes on."""
        fields: dict[str, object] = {"shard": shard_id, "step": transform}
        try:
            with log_context(**fields):
                end = self.runner.run(shard_id, at, node)
        except ModelError as error:  # the shard was given back, for a worker that has the model
            self._report(node, str(error))
            return False
        except ServiceError as error:  # the shard was given back; the sweep sends it again
            log.error("shard %s, step %s: %s", shard_id, at, error, extra=fields)
            if isinstance(error, AccessError):  # leave the next shards to workers that have the right
                time.sleep(REFUSED_SECONDS)
            return False
        except DeviceLostError as error:
            # Only a new process gets the device back. It ends as a crash does: its parent starts another
            # child, and the sweep finds the shard of the dead one, so that an image that does this each
            # time is cornered like any that kills its worker.
            log.critical("shard %s, step %s: %s", shard_id, at, error, extra=fields)
            os._exit(1)
        log.info("%s", end.summary, extra=fields | {"batch": end.batch})
        return end.go_on

    def _learn(self, batch_id: int) -> None:
        """Learn from a batch; the scheduler sends it again where that could not be done now."""
        transact, subject = self.context.database.transact, f"batch {batch_id}: {LEARN_TEMPLATES}"
        with log_context(batch=batch_id):
            try:
                learn(self.context, batch_id)
            except Exception as error:  # a batch that cannot be learnt from must not end the worker
                log.exception("%s failed", subject)
                sentence = f"{type(error).__name__}: {error}"
                transact(partial(troubles.report, kind=TroubleKind.STEP, subject=subject, sentence=sentence))
            else:
                transact(partial(troubles.resolve, kind=TroubleKind.STEP, subject=subject))

    def _report(self, node: str, trouble: str) -> None:
        """Report in the log and in ``sluice status``, once, what this worker cannot do; it goes on with the rest."""
        if trouble not in self._troubles:
            self._troubles.add(trouble)
            log.error("%s: images wait for a worker that can: %s", node, trouble)
            listed = "; ".join(sorted(self._troubles))
            process = process_identity(os.getppid())
            self.context.database.transact(
                partial(workers.record_error, node=node, process=process, trouble=listed)
            )


_steps = Steps(app)
_steps.register()
worker_process_init.connect(_steps.start_child, weak=False)
