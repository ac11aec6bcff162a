"""Looks through the ingest bucket: takes what is complete, and says of everything else what it waits for."""

import logging
import math
import time
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from line.errors import InputError, ServiceError, SettingsError
from line.trouble import TroubleKind
from records import troubles
from records import uploads as upload_records
from scheduler.intake.ingest_contents import contents
from scheduler.intake.late_marker import adopt_late_marker
from scheduler.intake.listing import Listing, Upload, listing_of, named
from scheduler.intake.take import Intake

log = logging.getLogger(__name__)

LISTING_SECONDS: Final = 60.0
"""Pause between two listings of an upload that was taken without a marker: a listing of thousands costs (s)."""
ERRORS_SECONDS: Final = 10.0
"""Pause between two looks at what other schedulers could not take (s)."""
GAP_FACTOR: Final = 3.0
"""Minimum quiet period, as a multiple of the longest pause seen while the upload arrived."""
MAX_GROWN_SECONDS: Final = 3600.0
"""Maximum quiet period that pauses can lead to (s)."""
MAX_TEMPORARY_SECONDS: Final = 3600.0
"""Maximum time that unchanged temporary files hold an upload back (s)."""
MAX_SUBMIT_SILENCE_SECONDS: Final = 60.0
"""Maximum time between two signs of life of a ``sluice submit`` that is copying (s)."""


class WaitingError(Exception):
    """Raised when an upload is not complete; the sentence says what it waits for."""


class InterruptedSubmitError(WaitingError):
    """Raised when an upload stays incomplete until a person acts."""


class Scan:
    """One scheduler's repeated looks at one ingest bucket.

    Args:
        intake: takes what is complete.
        quiet_seconds: quiet period of a vendor with which no other is agreed (s).
    """

    def __init__(self, intake: Intake, quiet_seconds: float) -> None:
        self._intake, self._store = intake, intake.store
        self._transact = intake.database.transact
        self._default_quiet_seconds = quiet_seconds
        self._listed_at: dict[str, float] = {}
        self._settled: dict[str, str] = {}  # by prefix, the marker with which it was taken or cannot be
        self._errors: dict[str, str] = {}
        self._errors_due = -math.inf
        self._reported: dict[TroubleKind, dict[str, str]] = {}

    def once(self) -> list[int]:
        """Take every complete upload, and report what is not taken; answers the new batches.

        Raises:
            ServiceError: the bucket as a whole cannot be listed.
        """
        taken: list[int] = []
        ingest = contents(self._store)
        problems, waiting = ingest.problems, ingest.waiting
        for upload in ingest.uploads:
            try:
                if (batch_id := self._consider(upload)) is not None:
                    taken.append(batch_id)
            except InterruptedSubmitError as error:
                problems[upload.prefix] = str(error)
            except WaitingError as error:
                waiting[upload.prefix] = str(error)
            except (SettingsError, ServiceError) as error:  # not the upload's fault: tried at the next scan
                if self._reported.get(TroubleKind.INGEST, {}).get(upload.prefix) != str(error):
                    log.warning("%s waits: %s", upload.prefix, error)
                problems[upload.prefix] = str(error)
            except InputError as error:
                self._refuse(upload, str(error))
            except Exception as error:  # an upload that breaks our own code must not keep the others waiting
                log.exception("%s cannot be taken", upload.prefix)
                self._refuse(upload, f"{type(error).__name__}: {error}")
        problems |= self._known_errors({upload.prefix for upload in ingest.uploads}, ingest.unlisted)
        self._report(TroubleKind.INGEST, problems)
        self._report(TroubleKind.ARRIVING, waiting)
        return taken

    def _known_errors(self, prefixes: set[str], unlisted: set[str]) -> dict[str, str]:
        """Why uploads cannot be taken; read again where one was refused, else now and then.

        Args:
            prefixes: of the uploads that are there.
            unlisted: vendors' folders that could not be listed, so that their uploads are not known to be gone.
        """
        there = prefixes | {key for key in self._errors if key.rpartition("/")[0] in unlisted}
        if time.monotonic() >= self._errors_due or not self._errors.keys() <= there:
            self._errors = self._transact(upload_records.errors)
            there = prefixes | {key for key in self._errors if key.rpartition("/")[0] in unlisted}
            if not self._errors.keys() <= there:
                self._transact(partial(upload_records.forget, prefixes=there))
            self._errors_due = time.monotonic() + ERRORS_SECONDS
        return {prefix: sentence for prefix, sentence in self._errors.items() if prefix in there}

    def _consider(self, upload: Upload) -> int | None:
        """Take an upload if it is complete and was not taken before.

        Raises:
            WaitingError: it is not complete.
            InputError, ServiceError: it cannot be taken; now, or as it stands.
        """
        marker = self._store.tag(upload.marker)
        if marker is not None and self._settled.get(upload.prefix) == marker:
            return None
        state = self._transact(partial(upload_records.get, prefix=upload.prefix))
        if marker is not None:
            digest = f"marker {marker}"
            if state is not None and state.taken == digest:
                self._settled[upload.prefix] = marker
                return None
            self._transact(partial(upload_records.note, prefix=upload.prefix, digest=digest))
            return self._take_marked(upload, state, digest)
        if state is not None and state.taken is not None and not self._is_due(upload.prefix):
            return None
        self._check_submit(upload)
        listing = listing_of(self._store, upload)
        if state is not None and state.taken == listing.digest:
            return None
        quiet = self._transact(partial(upload_records.note, prefix=upload.prefix, digest=listing.digest))
        self._check_quiet(upload, listing, quiet)
        batch_id = self._intake.take(upload, only_new=_was_taken_by_silence(state))
        self._transact(partial(upload_records.mark_taken, prefix=upload.prefix, digest=listing.digest))
        return batch_id

    def _take_marked(self, upload: Upload, state: sa.Row[Any] | None, digest: str) -> int | None:
        """Take an upload with a marker; where silence was taken for completeness before, mend that."""
        batch_id = None
        if state is None or state.taken is None or not adopt_late_marker(self._intake, upload, state.taken):
            batch_id = self._intake.take(upload, only_new=_was_taken_by_silence(state))
        self._transact(partial(upload_records.mark_taken, prefix=upload.prefix, digest=digest))
        return batch_id

    def _check_submit(self, upload: Upload) -> None:
        sign_of_life = self._store.tag(upload.arriving_marker)
        if sign_of_life is None:
            return
        digest = f"arriving {sign_of_life}"
        silence = self._transact(partial(upload_records.note, prefix=upload.prefix, digest=digest))
        if silence.seconds < MAX_SUBMIT_SILENCE_SECONDS:
            raise WaitingError("`sluice submit` is copying it")
        raise InterruptedSubmitError(
            "`sluice submit` began to copy it and was interrupted; the same `sluice submit` again goes on with it"
        )

    def _check_quiet(self, upload: Upload, listing: Listing, quiet: upload_records.Quiet) -> None:
        if not listing.pictures:
            raise WaitingError(
                "there is no picture in it yet" if not listing.sidecars else "it holds no pictures"
            )
        if listing.temporary_count and quiet.seconds < MAX_TEMPORARY_SECONDS:
            raise WaitingError(
                f"{named(listing.temporary, listing.temporary_count)} still being transferred; without a change "
                f"it is taken as it stands after {_duration(MAX_TEMPORARY_SECONDS)}"
            )
        needed = self._quiet_seconds(upload.vendor, quiet.longest_gap)
        if quiet.seconds < needed:
            raise WaitingError(
                f"{listing.pictures:,} files, taken after {_duration(needed)} without a change, or at once with "
                f"an empty file {upload.marker}"
            )

    def _quiet_seconds(self, vendor: str, longest_gap: float) -> float:
        agreed = self._intake.vendor_terms(vendor).quiet_seconds
        base = self._default_quiet_seconds if agreed is None else agreed
        return max(base, min(GAP_FACTOR * longest_gap, MAX_GROWN_SECONDS))

    def _is_due(self, prefix: str) -> bool:
        now = time.monotonic()
        if now - self._listed_at.get(prefix, -math.inf) < LISTING_SECONDS:
            return False
        self._listed_at[prefix] = now
        return True

    def _refuse(self, upload: Upload, sentence: str) -> None:
        self._errors_due = -math.inf
        log.error("%s cannot be taken: %s", upload.prefix, sentence)
        self._transact(partial(upload_records.record_error, prefix=upload.prefix, sentence=sentence))

    def _report(self, kind: TroubleKind, sentences: dict[str, str]) -> None:
        """Bring the troubles of that kind up to date, where something changed since the last scan."""
        if sentences == self._reported.get(kind):
            return
        self._transact(partial(troubles.replace, kind=kind, sentences=sentences))
        self._reported[kind] = sentences


def _was_taken_by_silence(state: sa.Row[Any] | None) -> bool:
    return state is not None and state.taken is not None and not state.taken.startswith("marker ")


def _duration(seconds: float) -> str:
    """``45 seconds``, ``5 minutes``: for sentences."""
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"
