"""Learning vendor templates in the test's own process, as the scheduler and a worker do it together."""

from functools import partial

from records import templates
from scheduler.template_learning import is_searched
from tasks.templates.learn import learn
from tests.harness.context import context, transact


def propose() -> None:
    """Learn from every batch in which all text has been found."""
    for batch in transact(templates.due):
        if transact(partial(is_searched, batch=batch)):
            learn(context(), batch.id)
