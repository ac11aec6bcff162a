"""Reads what the audit looks at: the topology, listening pages, and facts from the records and the bucket."""

import ipaddress
from collections.abc import Iterator

import psutil
import sqlalchemy as sa

from records.queries import audit_facts
from records.rollouts import rollout
from records.slots import contents as slots
from records.slots import matches
from records.slots.contents import Evidence
from records.storage.bucket import Bucket
from review.audit.subject import Listener, RecordedFacts, RecordedModels

PROGRAMS = {"review.desk": "review desk", "flower": "Flower"}
"""Words on a command line that name a page of the line, and what people call it."""


def listeners() -> Iterator[Listener]:
    """Pages of the line on this machine that accept connections from other machines."""
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            program = next((name for word, name in PROGRAMS.items() if word in words), None)
            if program is None:
                continue
            for connection in process.net_connections("tcp"):
                if connection.status == psutil.CONN_LISTEN and not _is_loopback(connection.laddr.ip):
                    yield Listener(program, connection.laddr.ip, connection.laddr.port)
        except psutil.Error:  # it ended, or belongs to another user
            continue


def recorded_models(connection: sa.Connection) -> RecordedModels:
    """The models that recipes used last, those that were compared or promoted, and what the slots hold."""
    return RecordedModels(
        in_use=audit_facts.models_in_use(connection),
        proven=frozenset(matches.proven(connection)) | rollout.proven(connection),
        slots={name: change.content.model for name, change in slots.current(connection).items()},
    )


def recorded_facts(connection: sa.Connection, bucket: Bucket) -> RecordedFacts:
    """Facts from the records, with a sample of kept inputs looked for in the bucket."""
    decisions, inputs = audit_facts.decisions(connection), audit_facts.recent_inputs(connection)
    missing = tuple(key for key in inputs if bucket.find(key) is None)
    unproven = tuple(
        (name, change.content.model, change.reason.person)
        for name, change in slots.current(connection).items()
        if change.reason.evidence is Evidence.UNSAFE
    )
    return RecordedFacts(decisions.total, decisions.nameless, len(inputs), missing, unproven)


def _is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback
