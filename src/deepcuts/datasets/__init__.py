"""Public data sets by name, and the Taste Profile.

`catalogue` lists the sets with their addresses and terms; `fetching` downloads their files, `listings` finds those
whose names have a date in them, and `archives` unpacks them. Each set has a reader: `lastfm_2k`, `lastfm_mbid`,
`audioscrobbler`, `taste_profile`, `mlhd`, `listenbrainz`, `lfm_2b`. `deepcuts.ingest` reads the plays, by its
`count_text_rows` and `sum_mapped` where items are renamed, and `lines` the small files beside them. `songs` maps
songs to artists, `companions` recognises and parses the files of the Million Song Dataset, and `label_tables` reads
tables of names and tags that users supply.
"""

from deepcuts.datasets.audioscrobbler import load_audioscrobbler
from deepcuts.datasets.catalogue import DATASETS, Dataset, find_dataset
from deepcuts.datasets.fetching import fetch
from deepcuts.datasets.lastfm_2k import load_lastfm_2k
from deepcuts.datasets.lastfm_mbid import load_lastfm_1k, load_lastfm_360k
from deepcuts.datasets.lfm_2b import load_lfm_2b
from deepcuts.datasets.listenbrainz import load_listenbrainz
from deepcuts.datasets.mlhd import load_mlhd
from deepcuts.datasets.taste_profile import TasteProfileReport, load_taste_profile, read_taste_profile
from deepcuts.lazy import public_names

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
    "load_lfm_2b",
    "load_listenbrainz",
    "load_mlhd",
    "load_taste_profile",
    "read_taste_profile",
]

__dir__ = public_names(__name__)
