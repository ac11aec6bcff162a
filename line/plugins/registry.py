"""Plug-ins by name: one registry for gates, models and transforms."""

from typing import ClassVar, Generic, TypeVar

from line.errors import SluiceError

Item = TypeVar("Item")


class Registry(Generic[Item]):
    """Items by name. An addition that raises leaves the registry unchanged.

    Attributes:
        kind: names an item in errors, such as ``gate``; the plural adds an s.
        error: raised for a name that is taken.
        items: by name, in order of addition.
    """

    kind: ClassVar[str]
    error: ClassVar[type[SluiceError]]

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def insert(self, name: str, item: Item) -> None:
        """Add an item.

        Raises:
            SluiceError: of the type ``error``; the name is taken.
        """
        if name in self.items:
            raise self.error(f"two {self.kind}s are named {name}")
        self.items[name] = item
