"""A listening world with planted scenes and personas, to learn from, to test on and to show."""

from deepcuts.synthetic.generation import generate_world
from deepcuts.synthetic.world import World

__all__ = ["World", "generate_world"]
