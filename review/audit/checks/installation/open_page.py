"""Pages that other machines can reach."""

from collections.abc import Iterator

from review.audit.contract import Finding, InstallationCheck, Level
from review.audit.subject import Installation


def look(subject: Installation) -> Iterator[Finding]:
    for listener in subject.listeners:
        yield Finding(
            Level.FATAL,
            f"{listener.program}, port {listener.port}",
            f"the {listener.program} listens on {listener.address or 'every address'}, without encryption",
            "start it with --address 127.0.0.1, and put a proxy with TLS in front of it",
        )


CHECK = InstallationCheck(
    "open_page",
    "Whoever reaches the desk can read its password on the wire, and the desk decides what is published.",
    look,
)
