"""Which tags may name a group of items: those that many people gave to many items, and that are no sentence."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from deepcuts.array_types import BoolVector, CountVector, DoubleVector

LEAST_ITEMS = 5  # items that have the tag
LEAST_USES = 10  # times that it was given
LEAST_TAGGERS = 3  # people who gave it

_MOST_WORDS, _MOST_LONG_WORDS, _MOST_CHARACTERS = 6, 4, 40
_LONG_WORD = 4  # characters: "of", "the" and "new" make no tag a sentence
_OF_SENTENCES = """
i im ive me my mine you your youre we us our ur u is are was were be been am this that these those what who it would
could should must make makes made want wanna need dont cant never ever seen own owned wishlist
"""
_OF_PRAISE = """
fav favs fave faves best worst better good great awesome awsome amazing love loved guilty overrated underrated mistagged
lol hell crap kickass
"""
_OBSCENE = "shit shitty bitch bitches cunt pussy dick cock porn rape nigger nigga faggot fag puta"
_NEVER = frozenset(f"{_OF_SENTENCES} {_OF_PRAISE} {_OBSCENE}".split())
_NEVER_WITHIN = ("fuck", "gasm", "favorit", "favourit", "http", "www.")
# Tags of one word that say that somebody likes the music, or nothing.
_SAYS_NOTHING = """
like cool nice hot sexy sex gay erotic beautiful perfect perfection epic brilliant excellent lovely cute fun sick super
fantastic fierce genius icon legend legends legendary personal popular talented interesting unforgettable music song
songs artist artists band bands album albums track tracks all other misc unknown test spotify lastfm radio check live
free new old top hit time friends
"""
_NEVER_ALONE = frozenset(_SAYS_NOTHING.split())


def supported_tags(
    tags: sparse.csr_array, tag_names: pa.StringArray, item_names: pa.StringArray, n_taggers: CountVector | None
) -> BoolVector:
    """Which tags may be part of a name, bool, (n_tags,).

    A tag needs five items. Where weights are counts of people, as whole numbers that are not all 1 are taken for, it
    needs ten uses, and three people who gave it; where nobody counted them, a largest weight of three, as so many gave
    it to one item. Weights that are all 1 come from a table of genres, and need no more.

    Parameters
    ----------
    tags, tag_names, item_names, n_taggers
        As in `deepcuts.data.labels.Labels`.
    """
    n_tags = len(tag_names)
    supported: BoolVector = np.bincount(tags.indices, minlength=n_tags) >= LEAST_ITEMS
    if n_taggers is not None or (np.any(tags.data != 1) and np.all(tags.data == np.rint(tags.data))):
        supported &= np.bincount(tags.indices, tags.data, n_tags) >= LEAST_USES
        supported &= (_largest_weights(tags) if n_taggers is None else n_taggers) >= LEAST_TAGGERS
    supported[_named_like_their_item(tags, tag_names, item_names)] = False
    for tag in np.flatnonzero(supported):
        supported[tag] = is_plain(tag_names[int(tag)].as_py())
    return supported


def _largest_weights(tags: sparse.csr_array) -> DoubleVector:
    """Largest weight of each tag, float64, (n_tags,)."""
    largest = np.zeros(tags.shape[1])
    np.maximum.at(largest, tags.indices, tags.data)
    return largest


def _named_like_their_item(
    tags: sparse.csr_array, tag_names: pa.StringArray, item_names: pa.StringArray
) -> CountVector:
    """Tags that are the name of the item they were given to most, such as "madonna", int64."""
    by_tag = tags.tocsc()
    known = np.flatnonzero(np.diff(by_tag.indptr))
    # The largest weight of each column is the last one once they are sorted by column and weight.
    order = np.lexsort((by_tag.data, np.repeat(np.arange(len(tag_names)), np.diff(by_tag.indptr))))
    items = by_tag.indices[order[by_tag.indptr[known + 1] - 1]]
    same = pc.equal(pc.utf8_lower(item_names.take(pa.array(items))), pc.utf8_lower(tag_names.take(pa.array(known))))
    found: CountVector = known[same.to_numpy(zero_copy_only=False)]
    return found


def is_plain(tag: str) -> bool:
    """Whether a tag reads like the name of a kind of music: no sentence, no praise, nothing obscene."""
    words = re.findall(r"[\w&+-]+", tag.casefold().replace("'", "").replace("’", ""))
    parts = {part for word in words for part in (word, *word.split("-"))}
    n_long = sum(len(word) >= _LONG_WORD for word in words)
    has_letters = any(character.isalpha() for character in tag)
    is_short = len(words) <= _MOST_WORDS and n_long <= _MOST_LONG_WORDS and len(tag) <= _MOST_CHARACTERS
    says_nothing = len(words) == 1 and words[0] in _NEVER_ALONE
    is_refused = bool(parts & _NEVER) or any(part in tag.casefold() for part in _NEVER_WITHIN)
    return has_letters and is_short and not says_nothing and not is_refused
