"""Later plays added to earlier ones: counts, times, dislikes, names and tags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from deepcuts.array_types import CountVector, DoubleVector, IndexVector
from deepcuts.data.arrow_columns import take_text
from deepcuts.data.id_twins import warn_of_twins
from deepcuts.data.ids import Ids
from deepcuts.data.interactions import Interactions
from deepcuts.data.labels import Labels
from deepcuts.errors import DataError
from deepcuts.wording import counted

_Pairs = tuple[CountVector, DoubleVector, CountVector]


def merge_plays(old: Interactions, new: Interactions) -> Interactions:
    """Add new plays to old ones.

    Counts of the same user and item are summed, dislikes with them, and the later time is kept, where both have times.
    Old names and tags are kept; new ones are taken for items that had none. New ids that differ from old ones in
    surrounding blanks only are others, with a warning.

    Raises
    ------
    DataError
        If a sum is beyond what float32 can hold.
    """
    users, items = (
        Ids.distinct(pa.concat_arrays([first.values, second.values]), first.kind)
        for first, second in ((old.user_ids, new.user_ids), (old.item_ids, new.item_ids))
    )
    for known, joining in ((old.user_ids, new.user_ids), (old.item_ids, new.item_ids)):
        warn_of_twins(known, joining)
    timed = old.last_played is not None and new.last_played is not None
    # A pair is one integer, user · n_items + item: in order of rows and columns, and quick to sort and group by.
    parts = [
        part
        for plays in (old, new)
        for part in _signed_pairs(
            plays, users.indexes_of(plays.user_ids), items.indexes_of(plays.item_ids), len(items), timed=timed
        )
    ]
    return _summed(parts, users, items, merge_labels(old, new, items), timed=timed)


def rename_items(plays: Interactions, ids: pa.StringArray) -> Interactions:
    """Give items other ids; plays of items that get the same id are summed. Labels drop out.

    Parameters
    ----------
    plays
        The plays.
    ids
        (n_items,): the new id of each item.

    Raises
    ------
    DataError
        If a sum is beyond what float32 can hold.
    """
    items = Ids.distinct(ids, "item")
    timed = plays.last_played is not None
    parts = _signed_pairs(plays, np.arange(plays.n_users), items.indexes_of(ids), len(items), timed=timed)
    return _summed(parts, plays.user_ids, items, None, timed=timed)


def _summed(parts: list[_Pairs], users: Ids, items: Ids, labels: Labels | None, *, timed: bool) -> Interactions:
    """Sum the counts of each pair, and take the latest of its times."""
    pairs, counts, times = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    merged = summed_pairs(pairs, counts, users, items, times if timed else None)
    # Sums below 0 become dislikes; plays and dislikes that cancel out vanish.
    return replace(merged, labels=labels).set_dislikes_apart()


def summed_pairs(
    pairs: CountVector, counts: DoubleVector, users: Ids, items: Ids, times: CountVector | None = None
) -> Interactions:
    """Sum the counts of each pair, from the least, so that their order does not matter; sums may be 0 or below.

    Parameters
    ----------
    pairs
        user · n_items + item, int64, (n_counts,).
    counts, times
        Of each; the latest time is kept.
    users, items
        Their ids.

    Raises
    ------
    DataError
        If a sum is beyond what float32 can hold.
    """
    order = np.lexsort((counts, pairs))
    pairs, first = np.unique(pairs[order], return_index=True)
    sums = np.add.reduceat(counts[order], first)
    _check_sums(sums)
    return Interactions(
        np.searchsorted(pairs, np.arange(len(users) + 1) * len(items)),  # indptr: the first pair of each user
        (pairs % max(1, len(items))).astype(np.int32),
        sums.astype(np.float32),
        users,
        items,
        None if times is None else np.maximum.reduceat(times[order], first),
    )


def _check_sums(counts: DoubleVector) -> None:
    """Refuse sums that float32 cannot hold, of counts that it held each."""
    bad = np.abs(counts) > np.finfo(np.float32).max
    if np.any(bad):
        raise DataError(
            f"The plays of {counted(int(bad.sum()), 'pair')} sum up to more than "
            f"{np.finfo(np.float32).max:.3g}; the first to "
            f"{counts[bad][0]:.3g}. Give the plays that were counted."
        )


def merge_labels(old: Interactions, new: Interactions, items: Ids) -> Labels | None:
    """Labels of the items of both; None where neither has any."""
    labelled = [plays for plays in (old, new) if plays.labels is not None]
    if not labelled:
        return None
    names = pa.concat_tables([_names(plays) for plays in labelled])
    tags = [_tags(plays) for plays in labelled]
    known = tags[0]["item_id"]
    later = [table.filter(pc.invert(pc.is_in(table["item_id"], value_set=known))) for table in tags[1:]]
    mbids = [pa.table({"item_id": plays.item_ids.values, "mbid": of}) for plays, of in _mbids(labelled)]
    merged = Labels.of(items, names, pa.concat_tables([tags[0], *later]), pa.concat_tables(mbids) if mbids else None)
    return replace(merged, n_taggers=_most_taggers(merged.tag_names, [plays.labels for plays in labelled]))


def _most_taggers(tag_names: pa.StringArray, parts: Sequence[Labels | None]) -> CountVector | None:
    """The larger number of people who gave each tag: who gave it in both is not known. None unless all counted."""
    most = np.zeros(len(tag_names), np.int64)
    for part in parts:
        if part is None or not part.n_tags:
            continue
        if part.n_taggers is None:
            return None
        rows = pc.index_in(part.tag_names, value_set=tag_names)
        kept = pc.is_valid(rows).to_numpy(zero_copy_only=False)
        np.maximum.at(most, rows.drop_null().to_numpy(), part.n_taggers[kept])
    return most


def _signed_pairs(
    plays: Interactions, of_user: IndexVector, of_item: IndexVector, n_items: int, *, timed: bool
) -> list[_Pairs]:
    """Pairs as one integer each, their counts (below 0 for dislikes), and their times; of plays, and of dislikes.

    `of_user` and `of_item` are the new indexes of users and items, of which there are `n_items`.
    """
    found = []
    for part, sign in ((plays, 1.0), (plays.dislikes, -1.0)):
        if part is not None:
            pairs = of_user[part.user_of_pair()] * n_items + of_item[part.indices]
            never = np.full(len(pairs), np.iinfo(np.int64).min)  # lies before any time, so that the maximum ignores it
            times = part.last_played if timed and part.last_played is not None else never
            found.append((pairs, sign * part.plays.astype(np.float64), times))
    return found


def _names(plays: Interactions) -> pa.Table:
    """Names that are more than the id."""
    ids, names = plays.item_ids.values, plays.item_names(np.arange(plays.n_items))
    return pa.table({"item_id": ids, "name": names}).filter(pc.not_equal(ids, names))


def _mbids(labelled: Sequence[Interactions]) -> list[tuple[Interactions, pa.StringArray]]:
    """Plays whose items have ids of MusicBrainz, with these."""
    return [(plays, plays.labels.mbids) for plays in labelled if plays.labels and plays.labels.mbids is not None]


def _tags(plays: Interactions) -> pa.Table:
    labels = plays.labels
    if labels is None:
        return pa.table({"item_id": [], "tag": [], "weight": []})
    tags = labels.tags.tocoo()
    return pa.table(
        {
            "item_id": plays.item_ids.take_chunks(tags.row),
            "tag": take_text(labels.tag_names, tags.col),
            "weight": tags.data.astype(np.float32),
        }
    )
