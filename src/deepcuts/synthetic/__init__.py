"""A listening world with planted scenes and personas, to learn from, to test on and to show."""

from deepcuts.synthetic.world import World, generate_world

__all__ = ["World", "generate_world"]
