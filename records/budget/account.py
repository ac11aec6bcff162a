"""An account of money with its ceiling: what is spent, reserved and left. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

ALARM_SHARE: Final = Decimal("0.8")
"""Share of the ceiling at which an account raises its alarm."""


class Scope(StrEnum):
    """What an account pays for."""

    BATCH = "batch"  # one batch
    MONTH = "month"  # everything in one month
    VENDOR = "vendor"  # one vendor in one month


@dataclass(frozen=True, slots=True)
class Account:
    """One account. Amounts are in the currency of the topology file.

    Attributes:
        key: id of the batch; vendor and month; month, as ``YYYY-MM`` in UTC.
        spent: for steps that ended.
        reserved: for steps of published shards that have not ended.
        set_by: the person who set the ceiling by hand; None where the topology file did.
    """

    scope: Scope
    key: str
    ceiling: Decimal
    spent: Decimal
    reserved: Decimal
    set_by: str | None = None

    @classmethod
    def from_row(cls, row: sa.Row[Any]) -> "Account":
        """From a row of the table ``budgets``."""
        return cls(Scope(row.scope), row.key, row.ceiling, row.spent, row.reserved, row.set_by)

    @property
    def room(self) -> Decimal:
        """What may still be reserved; negative after an overrun."""
        return self.ceiling - self.spent - self.reserved

    @property
    def left(self) -> Decimal:
        """What is neither spent nor reserved, at least 0."""
        return max(self.room, Decimal(0))

    @property
    def is_alarming(self) -> bool:
        return self.spent >= ALARM_SHARE * self.ceiling

    @property
    def subject(self) -> str:
        """What a trouble of this account is filed under."""
        if self.scope is Scope.VENDOR:
            vendor, _, month = self.key.rpartition(" ")
            return f"budget of vendor {vendor} in {month}"
        return f"budget of {self.scope} {self.key}"

    def __str__(self) -> str:
        return (
            f"{self.subject}: {self.spent:.4f} spent, {self.reserved:.4f} reserved, {self.left:.4f} left "
            f"of {self.ceiling:.4f}"
        )


def keys(batch_id: int, vendor: str, month: str) -> dict[Scope, str]:
    """The keys of the accounts that pay for a batch's work in a month."""
    return {Scope.BATCH: str(batch_id), Scope.MONTH: month, Scope.VENDOR: f"{vendor} {month}"}
