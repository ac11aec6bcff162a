"""What a process of the line works with, built once at its entry and passed down."""

from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Self

from line.recipe import Recipe
from line.settings import Settings
from records.database import Database
from records.slots import contents as slots
from records.storage.bucket import Bucket, Buckets
from records.storage.tempdir import scratch
from tasks.declaration import Declaration
from tasks.registry import DeclarationRegistry, TransformRegistry, build, build_declarations, plugin_models

if TYPE_CHECKING:
    from imaging.codec import Codec
    from models.contract import ModelRegistry
    from worker.broker import Broker
    from worker.model_cache import ModelCache


class Context:
    """Settings, servers, transforms and models of one process; each is opened on first use.

    Used as a context manager, it closes the connections to the records at the end. A test replaces any part by
    assigning to it.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.buckets = Buckets()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections to the records."""
        if "database" in self.__dict__:
            self.database.close()

    @cached_property
    def database(self) -> Database:
        """The records.

        Raises:
            SettingsError: no database is named.
        """
        return Database(self.settings.database())

    @cached_property
    def bucket(self) -> Bucket:
        """Uploads, and the pictures between steps."""
        return self.buckets.at(self.settings.bucket)

    @cached_property
    def codec(self) -> "Codec":
        """Opens photos and signs what is delivered."""
        from imaging.codec import Codec

        return Codec.of(self.settings)

    @cached_property
    def broker(self) -> "Broker":
        """Where messages to the workers are sent."""
        from worker.app import SluiceApp  # half a second, for commands that send nothing
        from worker.broker import Broker

        return Broker(SluiceApp(self.settings))

    @cached_property
    def declarations(self) -> DeclarationRegistry[Declaration]:
        """What the transforms declare, without their functions: enough to plan, and no pixels are imported."""
        return build_declarations(self.settings.plugins)

    @cached_property
    def transforms(self) -> TransformRegistry:
        """The transforms of the line and of the plug-ins."""
        return build(self.settings.plugins)

    @property
    def model_registry(self) -> "ModelRegistry":
        """The models of the line and of the plug-ins; weights may be added while the process runs."""
        return self._model_registry.refreshed()

    @cached_property
    def _model_registry(self) -> "ModelRegistry":
        from models.contract import build as build_models

        return build_models(self.settings.weights_folder, plugin_models(self.settings.plugins))

    def recipe(self, name_or_path: str) -> Recipe:
        """A checked recipe; see :func:`tasks.recipes.load`."""
        from tasks.recipes import load  # the gates come with it

        return load(name_or_path, self.transforms, self.model_registry)

    def resolved(self, recipe: Recipe) -> Recipe:
        """A recipe with the models that its slots hold now; see :func:`records.slots.contents.resolve`.

        Raises:
            SlotError: a slot is empty, or holds a model for another task.
        """
        if all(step.unfilled_slot is None for step in recipe.steps):
            return recipe
        tasks = {name: declared.task for name, declared in self.declarations.transforms.items()}
        return self.database.transact(partial(slots.resolve, recipe=recipe, tasks=tasks))

    @cached_property
    def models(self) -> "ModelCache":
        """The models that this process has loaded; it must be pinned to its device."""
        from worker.model_cache import ModelCache

        return ModelCache.of(self.settings, self._model_registry)

    def scratch(self) -> AbstractContextManager[str]:
        """A temporary folder; see :func:`records.storage.tempdir.scratch`."""
        return scratch(self.settings.home_folder)
