"""Searches a vendor's photos for a confirmed template in the background and requeues those that still have it."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from line.errors import InputError, SluiceError
from scheduler.decide import Decisions
from tasks.context import Context
from tasks.templates import rescan

log = logging.getLogger(__name__)


@dataclass
class RescanJob:
    """Progress of one search.

    Attributes:
        total: images of the vendor to search.
        scanned: images searched so far.
        requeued: images that still had the template and were requeued.
        skipped: images that could not be read, or not be requeued because their batch is halted.
        error: why the search ended early; empty if it did not.
    """

    total: int = 0
    scanned: int = 0
    requeued: int = 0
    skipped: int = 0
    is_over: bool = False
    error: str = ""


class BackgroundJobs:
    """Runs one search at a time and remembers the latest per template.

    Jobs live in memory: after a restart of the desk a person can simply start the search again.
    """

    def __init__(self, line: Context) -> None:
        self._line = line
        self.by_template: dict[int, RescanJob] = {}
        self._pool = ThreadPoolExecutor(1, "rescan")

    @property
    def is_busy(self) -> bool:
        return any(not job.is_over for job in self.by_template.values())

    def start(self, template: int, person: str) -> None:
        """Start a search for ``template``, unless one is already waiting or running."""
        previous = self.by_template.get(template)
        if previous is None or previous.is_over:
            self.by_template[template] = RescanJob()
            self._pool.submit(_run, self._line, self.by_template[template], template, person)


def _run(line: Context, job: RescanJob, template: int, person: str) -> None:
    try:
        decisions = Decisions(line)
        job.total, looks = rescan.looked_at(line, template)
        for look in looks:
            job.scanned += 1
            if look.trouble:
                job.skipped += 1
                log.warning("image %d cannot be searched: %s", look.image, look.trouble)
            if look.bears:
                try:
                    decisions.requeue(look.image, person)
                    job.requeued += 1
                except InputError as error:
                    job.skipped += 1
                    log.warning("image %d cannot be requeued: %s", look.image, error)
    except SluiceError as error:
        job.error = str(error)
    except Exception:
        job.error = "the search ended with an error; see the desk's log"
        log.exception("searching for template %d failed", template)
    finally:
        job.is_over = True
