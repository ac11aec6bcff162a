"""What a process of the line works with, built once at its entry and passed down."""

from functools import cached_property

from line.settings import Settings
from records.database import Database, open_database
from records.storage.bucket import Bucket, bucket
from tasks.registry import TransformRegistry, build
from worker.model_cache import ModelCache


class Context:
    """Settings, database, bucket, transforms and models of one process; each is opened on first use.

    A test replaces any of them by assigning to it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @cached_property
    def database(self) -> Database:
        """The records.

        Raises:
            SettingsError: no database is named.
        """
        return open_database(self.settings.database())

    @cached_property
    def bucket(self) -> Bucket:
        """Uploads, and the pictures between steps."""
        return bucket(self.settings.bucket)

    @cached_property
    def transforms(self) -> TransformRegistry:
        """The transforms of the line and of the plug-ins."""
        return build(self.settings.plugins)

    @cached_property
    def models(self) -> ModelCache:
        """The models that this process has loaded; it must be pinned to its device."""
        return ModelCache.of(self.settings)
