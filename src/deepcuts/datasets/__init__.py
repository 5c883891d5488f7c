"""Public data sets by name, and the Taste Profile.

`catalogue` knows where each set is and what it may be used for; `fetching` gets its files and `archives` unpacks them.
Each set has a reader: `lastfm_2k`, `lastfm_mbid`, `audioscrobbler`, `taste_profile`. Their plays go through
`deepcuts.ingest`, by way of `mapped` where items are renamed on the way; the small files beside them through `lines`.
`songs` has the rule from songs to artists, `companions` what the files of the Million Song Dataset look like, and
`label_tables` reads names and tags that people bring themselves.
"""

from deepcuts.datasets.audioscrobbler import load_audioscrobbler
from deepcuts.datasets.catalogue import DATASETS, Dataset, find_dataset
from deepcuts.datasets.fetching import fetch
from deepcuts.datasets.lastfm_2k import load_lastfm_2k
from deepcuts.datasets.lastfm_mbid import load_lastfm_1k, load_lastfm_360k
from deepcuts.datasets.taste_profile import TasteProfileReport, load_taste_profile, read_taste_profile

__all__ = [
    "DATASETS",
    "Dataset",
    "TasteProfileReport",
    "fetch",
    "find_dataset",
    "load_audioscrobbler",
    "load_lastfm_1k",
    "load_lastfm_2k",
    "load_lastfm_360k",
    "load_taste_profile",
    "read_taste_profile",
]
