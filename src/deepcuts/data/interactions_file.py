"""Play counts in a file: which arrays and strings of the container hold them."""

from __future__ import annotations

import numpy as np

from deepcuts import storage
from deepcuts.array_types import AnyArray
from deepcuts.data.ids import Ids
from deepcuts.data.labels import Labels
from deepcuts.data.play_checks import check_listeners, check_values, read_ids
from deepcuts.data.play_counts import PlayCounts, Plays

_DISLIKE_ARRAYS = ("indptr", "indices", "plays")


def write_plays(plays: PlayCounts, path: storage.StrPath, *, force: bool) -> None:
    """Write one safetensors file; `Interactions.save` documents it."""
    arrays: dict[str, AnyArray] = {
        name: getattr(plays, name) for name in ("indptr", "indices", "plays", "item_listeners")
    }
    if plays.last_played is not None:
        arrays["last_played"] = plays.last_played
    arrays |= dislike_arrays(plays)
    strings = {"user_ids": plays.user_ids.values, "item_ids": plays.item_ids.values}
    if plays.labels is not None:
        label_arrays, label_strings = plays.labels.to_stored()
        arrays, strings = arrays | label_arrays, strings | label_strings
    sizes = {"n_users": plays.n_users, "n_items": plays.n_items, "n_pairs": plays.n_pairs}
    storage.write(path, "interactions", arrays, strings, sizes, force=force)


def read_plays_file(kind: type[Plays], path: storage.StrPath) -> Plays:
    """Read what `write_plays` has written, as an object of `kind`; `Interactions.load` documents it."""
    stored = storage.read(path, "interactions")
    users, items = (read_ids(stored, name) for name in ("user", "item"))
    indices = stored.array("indices", np.int32, (None,))
    loaded = kind(
        stored.array("indptr", np.int64, (len(users) + 1,)),
        indices,
        stored.array("plays", np.float32, indices.shape),
        users,
        items,
        stored.array("last_played", np.int64, indices.shape) if "last_played" in stored.arrays else None,
        Labels.from_stored(stored, len(items)),
        read_dislikes(kind, stored, users, items),
    )
    check_values(loaded, path)
    listeners = stored.array("item_listeners", np.int64, (len(items),))
    check_listeners(loaded, listeners, path)
    # The value of the cached property: counting again would read all pairs of the file.
    vars(loaded)["item_listeners"] = listeners
    return loaded


def dislike_arrays(plays: PlayCounts) -> dict[str, AnyArray]:
    """Arrays that hold the dislikes in a file, by their names there; none where nothing is disliked."""
    if plays.dislikes is None:
        return {}
    return {f"dislike_{name}": getattr(plays.dislikes, name) for name in _DISLIKE_ARRAYS}


def read_dislikes(kind: type[Plays], stored: storage.Stored, users: Ids, items: Ids) -> Plays | None:
    """Read the dislikes of a file as an object of `kind`; None where it has none.

    Raises
    ------
    FileFormatError
        If an array is missing, or of another type or shape; `check_values` checks what is in them.
    """
    if "dislike_indptr" not in stored.arrays:
        return None
    indices = stored.array("dislike_indices", np.int32, (None,))
    indptr = stored.array("dislike_indptr", np.int64, (len(users) + 1,))
    return kind(indptr, indices, stored.array("dislike_plays", np.float32, indices.shape), users, items)
