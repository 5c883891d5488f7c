"""The settings of a world, checked before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from deepcuts.checks import LARGEST, real_number, whole_number
from deepcuts.errors import SettingsError
from deepcuts.synthetic.names import MOST_ARTISTS
from deepcuts.wording import counted

LEAST_ITEMS = 5  # in the shortest history
LEAST_SCENE_SIZE = 2 * LEAST_ITEMS  # a persona takes at most half of its scene
MOST_USERS = 2**31 - 1  # indexes of users are int32
MOST_PERSONAS = 16  # the planted persona of a pair is an int8; histories grow too short for more, long before that


@dataclass(frozen=True)
class WorldSettings:
    """The arguments of `generate_world`, which documents them.

    Raises
    ------
    SettingsError
        If one is out of its range, or if they do not go together.
    """

    n_users: int
    n_items: int
    items_per_user: float
    n_scenes: int
    n_personas: int
    stray_share: float
    seed: int

    def __post_init__(self) -> None:
        for name, least in (("n_users", 1), ("n_items", 1), ("n_scenes", 2), ("n_personas", 1), ("seed", 0)):
            object.__setattr__(self, name, _whole(name, getattr(self, name), least))
        self._check_sizes()
        items_per_user = _number("items_per_user", self.items_per_user, LEAST_ITEMS, self.n_items)
        object.__setattr__(self, "items_per_user", items_per_user)
        object.__setattr__(self, "stray_share", _number("stray_share", self.stray_share, 0.0, 0.5))
        self._check_personas()

    @property
    def n_pairs(self) -> int:
        """Pairs that the world should have."""
        return round(self.items_per_user * self.n_users)

    def _check_sizes(self) -> None:
        if self.n_users > MOST_USERS:
            raise SettingsError(f"n_users is {self.n_users:,}. There are indexes for at most {MOST_USERS:,} listeners.")
        if self.n_items > MOST_ARTISTS:
            raise SettingsError(f"n_items is {self.n_items:,}. There are names for at most {MOST_ARTISTS:,} artists.")
        if self.n_items < LEAST_SCENE_SIZE * self.n_scenes:
            raise SettingsError(
                f"n_items is {self.n_items:,}, too few for {counted(self.n_scenes, 'scene')} of at "
                f"least {LEAST_SCENE_SIZE} "
                f"artists. Give at least {counted(LEAST_SCENE_SIZE * self.n_scenes, 'item')}, or fewer scenes."
            )

    def _check_personas(self) -> None:
        if self.n_personas > MOST_PERSONAS:
            raise SettingsError(f"n_personas is {self.n_personas}. Give 1 to {MOST_PERSONAS}.")
        if self.n_personas >= self.n_scenes:
            raise SettingsError(
                f"n_personas is {self.n_personas}, and there are {self.n_scenes} scenes. A listener's personas take a "
                "scene each and stray plays need one more: give fewer personas, or more scenes."
            )


def default_n_scenes(n_items: int) -> int:
    """Scenes that suit a catalogue: n_items^0.36, 14 for 1,500 items and 45 for 40,000, and 5 at the least."""
    n_items = _whole("n_items", n_items, 1)
    return max(5, int(n_items**0.36 + 0.5))


def _whole(name: str, value: object, least: int) -> int:
    return whole_number(name, value, least, LARGEST, f"Give a whole number of {least} or more.")


def _number(name: str, value: object, least: float, most: float) -> float:
    return real_number(name, value, least, most, f"Give a number from {least:,} to {most:,}.")
