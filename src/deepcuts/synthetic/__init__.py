"""A listening world with planted scenes and personas, to learn from, to test on and to show."""

from deepcuts.lazy import public_names
from deepcuts.synthetic.generation import generate_world
from deepcuts.synthetic.world import World

__all__ = ["World", "generate_world"]

__dir__ = public_names(__name__)
