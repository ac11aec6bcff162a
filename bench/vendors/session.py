"""A person at a line that is up, who answers every template and sends the images round again."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.vendors.uploads import Upload, Vendor, is_overlay, judged

PATIENCE = 3600.0
"""Seconds to wait for a batch."""


class Session:
    """A person at a line that is up."""

    def __init__(self, folder: Path, stack: Any, line: Any) -> None:
        self.folder, self.stack, self.line = folder, stack, line

    def run(self, vendors: list[Vendor]) -> None:
        from line.states import TemplateState
        from records import templates
        from scheduler.decide import Decisions
        from tasks.templates import rescan

        transact, decisions = self.line.database.transact, Decisions(self.line)
        batches = self.upload(vendors, "first")
        self.until(lambda: not transact(templates.due), "all batches are looked through for templates")
        again: set[int] = set()
        for vendor in vendors:
            vendor.first = self.judged(vendor, "first")
            for one in transact(lambda connection, name=vendor.name: templates.listed(connection, name)):
                right = is_overlay(one["box"], self.folder / vendor.name / "first.truth")
                state = TemplateState.CONFIRMED if right else TemplateState.DISMISSED
                transact(lambda c, id=one["template"], to=state: templates.decide(c, id, to, "bench"))
                vendor.confirmed += right
                vendor.dismissed += not right
                if right:
                    _, looks = rescan.looked_at(self.line, one["template"])
                    again |= {look.image for look in looks if look.bears}
        for image in again.union(*(decisions.flagged(batch) for batch in batches.values())):
            decisions.requeue(image, "bench")
        self.wait(list(batches.values()), "once more")
        for vendor in vendors:
            vendor.answered = self.judged(vendor, "first")
        self.upload(vendors, "second")
        for vendor in vendors:
            vendor.second = self.judged(vendor, "second")

    def upload(self, vendors: list[Vendor], which: str) -> dict[str, int]:
        """Batches by vendor, once they are done."""
        from review.cli.upload import place

        recipe = str(self.folder / "vendors.toml")
        batches = {
            vendor.name: place(
                self.line,
                self.folder / vendor.name / which,
                vendor.name,
                recipe,
                out=self.out(vendor, which).as_uri(),
            )
            for vendor in vendors
        }
        self.wait(list(batches.values()), which)
        return batches

    def out(self, vendor: Vendor, which: str) -> Path:
        return self.folder / vendor.name / f"{which}.out"

    def judged(self, vendor: Vendor, which: str) -> Upload:
        return judged(self.folder / vendor.name / which, self.out(vendor, which) / "manifest.jsonl")

    def wait(self, batches: list[int], what: str) -> None:
        from records.queries import reports

        transact = self.line.database.transact

        def is_over() -> bool:
            reported = [
                transact(lambda connection, id=batch: reports.progress(connection, id)) for batch in batches
            ]
            print(f"\r{what}: {sum(one.advance for one in reported):.0f} of {sum(one.images for one in reported)}",
                  end="", flush=True)  # fmt: skip
            return all(one.is_over for one in reported)

        self.until(is_over, f"the uploads are done ({what})")
        print()

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                raise SystemExit(f"not after {PATIENCE / 60:.0f} minutes: {what}")
            self.stack.tend()
            time.sleep(0.5)
