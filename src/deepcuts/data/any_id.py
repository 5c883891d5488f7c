"""The type of an id, for annotations."""

from typing import SupportsIndex, TypeAlias

AnyId: TypeAlias = str | SupportsIndex  # a text, or a whole number of Python or NumPy; docs/ids.md has the others
