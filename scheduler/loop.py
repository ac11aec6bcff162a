"""The scheduler's loop: intake, plan, dispatch, probe, rollouts, sweep, close. Several may run: they do no harm."""

import logging
import math
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from line.errors import ServiceError, SluiceError
from line.trouble import TroubleKind
from records import batches, shards, troubles, workers
from records.batches import duties
from records.batches.duties import Duty
from records.history import undo
from records.listener import Listener
from records.process_identity import process_identity
from records.queries.heartbeat import BEAT_SECONDS
from records.shards import ShardMessage
from records.workers import WorkerProcess
from scheduler import probe
from scheduler.budget import Spending, TopologyFile
from scheduler.delete_delivered import DeliveredFiles
from scheduler.dispatch import Dispatcher
from scheduler.intake.ready_marker import DEFAULT_RECIPE
from scheduler.intake.recipe_check import RecipeCheck
from scheduler.intake.scan import Scan
from scheduler.intake.take import Intake
from scheduler.manifest import Manifests
from scheduler.plan import plan
from scheduler.rollout.rounds import Rollouts
from scheduler.sweep import Sweep
from scheduler.template_learning import TemplateLearning
from scheduler.webhooks.sender import Sender
from tasks.context import Context

log = logging.getLogger(__name__)

REPEAT_SECONDS = 30.0
"""Seconds between two times that a duty is done although the records show nothing for it, while there is work."""
IDLE_SECONDS = 120.0
"""The same while there is none."""
BUSY_SECONDS = 2.0
"""Seconds between two looks at the records while there is work: what a lost notification may cost."""
REPORTED_FAULTS = 3
"""Failures in a row after which a duty stands in ``sluice status``."""
LOGGED_FAULTS = 60
"""Failures in a row after which a duty's outage is logged again."""
FORGET_SECONDS = 3600.0
"""Seconds between two removals of processes that ended without signing off."""
SCAN_SECONDS = 1.0
"""Seconds between two scans of the ingest bucket, which tells nobody of a new upload."""


@dataclass(slots=True)
class Round:
    """One duty of the scheduler.

    Attributes:
        work: what is done.
        every: seconds between two times while there is work.
        idle: the same while there is none.
        duty: done at once where the records have something for it.
        trouble: why it failed, three times in a row or more; stands in ``sluice status``.
    """

    work: Callable[[], object]
    every: float = REPEAT_SECONDS
    idle: float = IDLE_SECONDS
    duty: Duty | None = None
    last: float = -math.inf
    faults: int = 0
    trouble: str = ""

    def pause(self, *, busy: bool) -> float:
        """Seconds until it is due; 0 or less where it is."""
        return self.last + (self.every if busy else self.idle) - time.monotonic()

    def go(self) -> None:
        """Do it; a fault in one duty does not stop the others."""
        try:
            self.work()
            self.faults, self.trouble = 0, ""
        except SluiceError as error:
            self._count(str(error))
            if self.faults == 1 or not self.faults % LOGGED_FAULTS:
                log.warning("%s: %s", self.work.__name__, error)
        except Exception as error:  # one duty's fault must not end the others, nor the scheduler
            log.exception("%s failed", self.work.__name__)
            self._count(f"{type(error).__name__}: {error}")
        self.last = time.monotonic()

    def _count(self, sentence: str) -> None:
        self.faults += 1
        if self.faults >= REPORTED_FAULTS:
            self.trouble = f"{self.work.__name__.replace('_', ' ')}: {sentence}"


class Loop:
    """One scheduler; :meth:`run` until :meth:`stop`.

    It sleeps until Postgres tells of a change (:mod:`records.listener`), and looks by itself now and then.

    Args:
        context: of the process.
    """

    def __init__(self, context: Context) -> None:
        settings, database = context.settings, context.database
        self._context, self._database, self._poll_seconds = context, database, settings.poll_seconds
        self._process = WorkerProcess(node(), process_identity(), socket.gethostname(), os.getpid())
        self._over = threading.Event()
        self._news = threading.Event()
        self._webhooks_due = threading.Event()
        self._busy = True
        self._listener = Listener(database)
        self._dispatcher = Dispatcher(database, context.broker)
        self._scan: Scan | None = None
        self._recipes = RecipeCheck()
        self._learning = TemplateLearning(database, context.broker)
        self._manifests = Manifests(database, context.buckets, settings.home_folder)
        self._spending = Spending(TopologyFile(settings.config), settings.step_seconds)
        self._broker_trouble: str | None = None  # not known yet: an earlier scheduler may have reported it
        rollouts = Rollouts(database)
        sweep = Sweep(self._dispatcher, context.declarations, settings.grace_seconds)
        self._rounds = [
            Round(self.open_accounts),
            Round(self.plan_and_publish, duty=Duty.PLAN),
            Round(self.close, duty=Duty.CLOSE),
            Round(self.put_back, duty=Duty.PUT_BACK),
            Round(rollouts.decide, duty=Duty.DECIDE_ROLLOUTS),
            Round(sweep.sweep, every=settings.sweep_seconds),
            Round(self.beat, every=BEAT_SECONDS / 2, idle=BEAT_SECONDS),
            Round(self.forget_gone_processes, every=FORGET_SECONDS, idle=FORGET_SECONDS),
            Round(self.check_broker, every=5.0),
        ]
        # what may take minutes for one upload has a thread of its own: nobody else waits for it
        self._slow = [
            Round(rollouts.send_round, duty=Duty.SEND_ROUND),
            Round(DeliveredFiles(database, context.buckets).withdraw, duty=Duty.WITHDRAW),
            Round(self._learning.send_due, duty=Duty.LEARN),
            Round(self.write_manifests, duty=Duty.MANIFEST),
            Round(self.scan, every=SCAN_SECONDS, idle=SCAN_SECONDS),
        ]
        # and what waits for other systems' answers too
        self._sending = [Round(Sender(database, settings).send_webhooks, duty=Duty.SEND_WEBHOOKS)]

    def stop(self, *_: object) -> None:
        """End after the current round."""
        self._over.set()
        self._news.set()
        self._webhooks_due.set()
        self._listener.interrupt()

    def run(self) -> None:
        """Go round until stopped; an outage of a server is waited out.

        What the slow duties are in the middle of when we stop is left undone: it is one transaction each.
        """
        slow = self._start_aside("slow", self._slow, self._news)
        self._start_aside("webhooks", self._sending, self._webhooks_due)
        with self._listener:
            self._run_quick()
            slow.join(timeout=2.0)

    def _run_quick(self) -> None:
        while not self._over.is_set():
            started = time.monotonic()
            pending = self._pending()
            if any(each.duty in pending for each in self._slow):
                self._news.set()
            if Duty.SEND_WEBHOOKS in pending:
                self._webhooks_due.set()
            self._go_round(self._rounds, pending)
            # several changes that follow each other closely are one round's work
            self._over.wait(max(0.0, started + self._poll_seconds - time.monotonic()))
            pause = self._pause(self._rounds)
            self._listener.wait(min(pause, BUSY_SECONDS) if self._busy else pause)

    def _start_aside(self, name: str, rounds: list[Round], news: threading.Event) -> threading.Thread:
        """Do these rounds in a thread of their own, whenever ``news`` is set and by the clock."""

        def run() -> None:
            has_news = True
            while not self._over.is_set():
                news.clear()
                self._go_round(rounds, self._pending() if has_news else frozenset())
                self._over.wait(self._poll_seconds)
                has_news = news.wait(max(0.0, self._pause(rounds)))

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return thread

    def _pending(self) -> frozenset[Duty]:
        """The duties that the records have something for; notes whether there is any work."""
        try:
            pending, self._busy = self._database.autocommit(duties.pending)
        except ServiceError:
            pending, self._busy = frozenset(Duty), True
        return pending

    def _go_round(self, rounds: list[Round], pending: frozenset[Duty]) -> None:
        for each in rounds:
            if not self._over.is_set() and (each.duty in pending or each.pause(busy=self._busy) <= 0):
                each.go()

    def _pause(self, rounds: list[Round]) -> float:
        return min(each.pause(busy=self._busy) for each in rounds)

    def beat(self) -> None:
        """Say that this scheduler goes round: a loop that hangs is seen by its silence."""
        trouble = "; ".join(
            each.trouble for each in (*self._rounds, *self._slow, *self._sending) if each.trouble
        )
        self._database.autocommit(partial(workers.beat, worker=self._process, trouble=trouble))

    def forget_gone_processes(self) -> None:
        """Remove the rows of workers and schedulers that ended long ago without signing off."""
        self._database.transact(workers.forget_gone)

    def check_broker(self) -> None:
        """Report that Redis takes no messages, or that it does again: also while there is nothing to send."""
        sentence = ""
        try:
            self._context.broker.check_writable()
        except ServiceError as error:
            sentence = str(error)
        transact = self._database.transact
        if sentence:
            transact(partial(troubles.report, kind=TroubleKind.SERVER, subject="Redis", sentence=sentence))
        elif self._broker_trouble != "":
            transact(partial(troubles.resolve, kind=TroubleKind.SERVER, subject="Redis"))
        self._broker_trouble = sentence

    def put_back(self) -> None:
        """Put back the images whose decisions were undone while workers had them in hand."""
        undo.put_back_pending(self._database)

    def write_manifests(self) -> None:
        """Write the manifests that are due: the last thing that a run waits for, so after its templates."""
        self._manifests.write_due(self._learning.is_pending)

    def scan(self) -> None:
        """Take what is complete in the ingest bucket."""
        if self._scan is None:
            self._scan = Scan(
                Intake.of(self._context, self._recipes.load), self._context.settings.quiet_seconds
            )
        self._scan.once()
        if not self._busy:
            self._recipes.load_ahead(DEFAULT_RECIPE)

    def open_accounts(self) -> None:
        """Open the accounts of batches with a budget, and forget those whose limit is gone from the file."""
        self._database.transact(self._spending.open_accounts)

    def plan_and_publish(self) -> None:
        """Record the shards there is room and money for, commit, then send them."""
        if self._spending.has_limits():
            self.open_accounts()

        def work(connection: sa.Connection) -> list[ShardMessage]:
            shard_ids = plan(connection, self._context.declarations, self._spending)
            return shards.messages(connection, shard_ids) if shard_ids else []

        self._dispatcher.send(self._database.transact(work))

    def close(self) -> None:
        """Conclude probes that are back and close batches in which everything has settled."""
        transact = self._database.transact
        transact(probe.conclude)
        for batch_id in transact(batches.settled):
            if transact(partial(batches.close, batch_id=batch_id)):
                log.info("batch %d: done", batch_id, extra={"batch": batch_id})


def node() -> str:
    """This scheduler's name among the workers."""
    return f"scheduler-{os.getpid()}@{socket.gethostname()}"


def run(context: Context) -> None:
    """Migrate, then go round until SIGTERM."""
    context.database.migrate()
    loop = Loop(context)
    signal.signal(signal.SIGTERM, loop.stop)
    signal.signal(signal.SIGINT, loop.stop)
    log.info("scheduler up")
    loop.run()
    context.database.transact(partial(workers.leave, node=node(), process=process_identity()), patience=2)
    log.info("scheduler down")
