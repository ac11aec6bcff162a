"""The pictures that the gates' tests judge."""

from tests.gates.conftest import cloth, erased, textured, white

__all__ = ["cloth", "erased", "textured", "white"]
