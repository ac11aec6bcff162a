"""The scheduler's loop: intake, plan, dispatch, probe, sweep, close. Several may run: they do no harm."""

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

from line.errors import ServiceError, SluiceError
from line.settings import settings
from records import batches, troubles, workers
from records.database import migrate, transact
from records.process_identity import process_identity
from records.storage.bucket import bucket
from records.troubles import TroubleKind
from scheduler import manifest, probe, templates
from scheduler.delete_delivered import withdraw
from scheduler.dispatch import publish
from scheduler.intake.scan import Scan
from scheduler.plan import plan
from scheduler.sweep import sweep
from worker.broker import check_writable
from worker.logs import configure_logging

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Round:
    """One duty of the scheduler and how often, in seconds, it is done."""

    work: Callable[[], object]
    every: float = 0.0
    last: float = -math.inf
    faults: int = 0
    trouble: str = ""
    """What our own code tripped over, three times in a row or more; stands in ``sluice status``."""

    def go(self) -> None:
        """Do it if it is due; a fault in one duty does not stop the others."""
        if time.monotonic() - self.last < self.every:
            return
        try:
            self.work()
            self.faults, self.trouble = 0, ""
        except SluiceError as error:
            log.warning("%s: %s", self.work.__name__, error)
        except Exception as error:  # one duty's fault must not end the others, nor the scheduler
            log.exception("%s failed", self.work.__name__)
            self.faults += 1
            if self.faults >= 3:
                said = f"{self.work.__name__} failed {self.faults} times in a row"
                self.trouble = f"{said}: {type(error).__name__}: {error}"
        self.last = time.monotonic()


class Loop:
    """One scheduler; :meth:`run` until :meth:`stop`."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._scan: Scan | None = None
        self._broker_trouble: str | None = None  # not known yet: an earlier scheduler may have reported it
        self._rounds = [
            Round(plan_and_publish),
            Round(close),
            Round(sweep, every=settings().sweep_seconds),
            Round(self.beat, every=3.0),
            Round(self.check_broker, every=5.0),
        ]
        # what may take minutes for one upload has a thread of its own: nobody else waits for it
        self._slow = [
            Round(withdraw),
            Round(templates.propose),  # before the manifest, which is the last that is waited for
            Round(manifest.write_due),
            Round(self.scan, every=1.0),
        ]

    def stop(self, *_: object) -> None:
        """End after the current round."""
        self._over.set()

    def run(self) -> None:
        """Go round until stopped; an outage of a server is waited out.

        What the slow duties are in the middle of when we stop is left undone: it is one transaction each.
        """
        slow = threading.Thread(target=self._go_round, args=(self._slow,), name="slow", daemon=True)
        slow.start()
        self._go_round(self._rounds)
        slow.join(timeout=2.0)

    def _go_round(self, duties: list[Round]) -> None:
        while not self._over.is_set():
            for duty in duties:
                if not self._over.is_set():
                    duty.go()
            self._over.wait(settings().poll_seconds)

    def beat(self) -> None:
        """Say that this scheduler goes round: a loop that hangs is seen by its silence."""
        trouble = "; ".join(duty.trouble for duty in (*self._rounds, *self._slow) if duty.trouble)
        sign_of_life = partial(
            workers.beat,
            node=node(),
            process=process_identity(),
            host=socket.gethostname(),
            pid=os.getpid(),
            queues=[],
            device="cpu",
            trouble=trouble,
        )
        transact(sign_of_life)

    def check_broker(self) -> None:
        """Report that Redis takes no messages, or that it does again: also while there is nothing to send."""
        sentence = ""
        try:
            check_writable()
        except ServiceError as error:
            sentence = str(error)
        if sentence:
            transact(partial(troubles.report, kind=TroubleKind.SERVER, subject="Redis", sentence=sentence))
        elif self._broker_trouble != "":
            transact(partial(troubles.resolve, kind=TroubleKind.SERVER, subject="Redis"))
        self._broker_trouble = sentence

    def scan(self) -> None:
        """Take what is complete in the ingest bucket."""
        if self._scan is None:
            self._scan = Scan(bucket(settings().bucket))
        self._scan.once()


def node() -> str:
    """This scheduler's name among the workers."""
    return f"scheduler-{os.getpid()}@{socket.gethostname()}"


def plan_and_publish() -> None:
    """Record the shards there is room for, commit, then send them."""
    publish(transact(plan))


def close() -> None:
    """Conclude probes that are back and close batches in which everything has settled."""
    transact(probe.conclude)
    for batch_id in transact(lambda connection: [row.id for row in batches.open_ones(connection)]):
        if transact(partial(batches.close, batch_id=batch_id)):
            log.info("batch %d: done", batch_id, extra={"batch": batch_id})


def main() -> None:
    """Entry of the scheduler's process: migrate, then go round until SIGTERM."""
    configure_logging(settings().log_level, settings().log_format)
    migrate()
    loop = Loop()
    signal.signal(signal.SIGTERM, loop.stop)
    signal.signal(signal.SIGINT, loop.stop)
    log.info("scheduler up")
    loop.run()
    transact(partial(workers.leave, node=node(), process=process_identity()), patience=2)
    log.info("scheduler down")
