"""Learning vendor templates in the test's own process, as the scheduler and a worker do it together."""

from functools import partial

from line.settings import settings
from records import templates
from records.database import transact
from scheduler.template_learning import is_searched
from tasks.context import Context
from tasks.templates.learn import learn


def propose() -> None:
    """Learn from every batch in which all text has been found."""
    for batch in transact(templates.due):
        if transact(partial(is_searched, batch=batch)):
            learn(Context(settings()), batch.id)
