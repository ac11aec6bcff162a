"""Sending round what still bears a template: looked for in the background, told on the page of templates."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from line.errors import InputError, SluiceError
from scheduler import decide, template_rescan

log = logging.getLogger(__name__)


@dataclass
class Round:
    """How far one is.

    Attributes:
        total, looked: images of the vendor that are to be looked at, and were.
        sent: those that bore the template and went round again.
        left: those that could not be looked at, or not be sent (their batch is halted).
        trouble: why it ended before its end; empty where it did not.
    """

    total: int = 0
    looked: int = 0
    sent: int = 0
    left: int = 0
    is_over: bool = False
    trouble: str = ""


class Rounds:
    """One at a time, for each template the last one; forgotten with the process, and harmless to begin anew."""

    def __init__(self) -> None:
        self.by_template: dict[int, Round] = {}
        self._pool = ThreadPoolExecutor(1, "round")

    @property
    def is_busy(self) -> bool:
        return any(not one.is_over for one in self.by_template.values())

    def start(self, template: int, person: str) -> None:
        """Begin one, if none of this template is on its way."""
        known = self.by_template.get(template)
        if known is None or known.is_over:
            self.by_template[template] = Round()
            self._pool.submit(_run, self.by_template[template], template, person)


def _run(one: Round, template: int, person: str) -> None:
    try:
        one.total, looks = template_rescan.looked_at(template)
        for look in looks:
            one.looked += 1
            if look.trouble:
                one.left += 1
                log.warning("image %d cannot be looked at: %s", look.image, look.trouble)
            if look.bears:
                try:
                    decide.requeue(look.image, person)
                    one.sent += 1
                except InputError as error:
                    one.left += 1
                    log.warning("image %d is not sent round: %s", look.image, error)
    except SluiceError as error:
        one.trouble = str(error)
    except Exception:
        one.trouble = "it broke off; the desk's log says why"
        log.exception("sending round what bears template %d", template)
    finally:
        one.is_over = True
