"""Prices without a budget, and budgets without a price."""

from collections.abc import Iterator

from review.audit.contract import Finding, InstallationCheck, Level
from review.audit.subject import Installation


def look(subject: Installation) -> Iterator[Finding]:
    topology = subject.topology
    budget = topology.budget
    has_budget = any(limit is not None for limit in (budget.per_batch, budget.per_vendor, budget.per_month))
    if topology.costs and not has_budget:
        yield Finding(
            Level.WARNING,
            "sluice.toml",
            "[costs] names prices, and nothing limits what may be spent",
            "add a limit such as: [budget] per_batch = 12.0",
        )
    if has_budget:
        unpriced = sorted(
            {group.device for group in topology.workers.values() if topology.price(group.device) is None}
        )
        for device in unpriced:
            yield Finding(
                Level.FATAL,
                "sluice.toml",
                f"there is a budget, but no price of {device}: its batches will halt",
                f'add what an hour costs under [costs]: "{device}" = 0.04',
            )


CHECK = InstallationCheck(
    "no_budget", "A batch that runs away costs money until somebody notices the bill.", look
)
