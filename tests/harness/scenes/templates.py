"""Vendor templates: learnt in the test's own process, as scheduler and worker do it together, or proposed by hand."""

from functools import partial
from uuid import uuid4

import cv2
import numpy as np

from records import templates
from records.templates import Proposal
from scheduler.template_learning import is_searched
from tasks.templates.learn import learn
from tests.harness.context import bucket, context, transact


def propose() -> None:
    """Learn from every batch in which all text has been found."""
    for batch in transact(templates.due):
        if transact(partial(is_searched, batch=batch)):
            learn(context(), batch.id)


def proposed(store: str) -> int:
    """A template that waits for an answer, with three example crops."""
    crop = cv2.imencode(".png", np.full((60, 90, 3), 40, np.uint8))[1].tobytes()
    key = bucket(store).keep(crop, ".png")
    examples = tuple(
        {"image": number, "name": f"{number}.jpg", "crop": key, "box": [20, 20, 60, 40]}
        for number in range(3)
    )
    proposal = Proposal((0.7, 0.9, 0.95, 0.95), 9, 12, 0.8, None, None, examples)
    vendor = f"vendor-{uuid4().hex[:8]}"
    template_id = transact(lambda connection: templates.propose(connection, vendor, proposal))
    assert template_id is not None
    return template_id
