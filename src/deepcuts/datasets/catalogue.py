"""The public data sets that can be fetched by name: addresses, terms of use and citations."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from deepcuts.data.interactions import Interactions
from deepcuts.datasets.archives import Member
from deepcuts.datasets.audioscrobbler import read_audioscrobbler
from deepcuts.datasets.companions import MISMATCHES, UNIQUE_TRACKS, Kind, expect
from deepcuts.datasets.lastfm_2k import read_lastfm_2k
from deepcuts.datasets.lastfm_mbid import read_lastfm_1k, read_lastfm_360k
from deepcuts.datasets.lfm_2b import read_lfm_2b
from deepcuts.datasets.listenbrainz import dumps_of, read_listenbrainz
from deepcuts.datasets.listings import Dated
from deepcuts.datasets.mlhd import check_archive, read_mlhd
from deepcuts.datasets.report import DatasetReport
from deepcuts.datasets.taste_profile import read_taste_profile, taste_profile_files
from deepcuts.ingest import ReadOptions
from deepcuts.setting_names import check_known

# Called with the folder and how to read.
Reader: TypeAlias = Callable[..., tuple[Interactions, DatasetReport]]

_MB = 1 << 20


def _accept(path: Path) -> None:
    """Take a file as it is: an archive is checked by unpacking it."""


def _holds(kind: Kind) -> Callable[[Path], object]:
    """Make the check that the lines of a file are of a kind."""
    return lambda path: expect(path, kind.option, kind)


@dataclass(frozen=True)
class RemoteFile:
    """A file to fetch.

    Parameters
    ----------
    name
        Its file name.
    url
        Its published address; of a dated file, that of the page which leads to it.
    md5, sha256
        Its published checksums; None where none is published.
    dated
        What it is called, where its name has a date in it.
    members
        The files to take out of it, where it is an archive.
    stand_ins
        Files that make it unnecessary, such as a cut of the data.
    check
        Called with the file once it is fetched; raises a DataError or a FileFormatError where it holds something else.
    """

    name: str
    url: str
    md5: str | None = None
    members: Mapping[str, Member] = field(default_factory=dict)
    stand_ins: tuple[str, ...] = ()
    check: Callable[[Path], object] = _accept
    sha256: str | None = None
    dated: Dated | None = None

    def is_in(self, folder: Path) -> bool:
        """Whether it has been fetched and unpacked, or something stands in for it."""
        if self.dated:
            pattern = self.dated.file
            return folder.is_dir() and any(re.fullmatch(pattern, path.name) for path in folder.iterdir())
        holds = [name for name, member in self.members.items() if member.needed] or [self.name]
        return all((folder / name).is_file() for name in holds) or any(
            (folder / name).is_file() for name in self.stand_ins
        )


@dataclass(frozen=True)
class Dataset:
    """A public data set.

    Parameters
    ----------
    name
        Its name on the command line.
    title, size
        A short description, and its size.
    licence
        Terms of use, in the words of its authors.
    citation, home
        The publication to cite, and the page of the set.
    files
        What to fetch.
    read
        Reads the folder that these are in.
    withdrawn
        Why it cannot be fetched any more, and who has it; "" where it can.
    """

    name: str
    title: str
    size: str
    licence: str
    citation: str
    home: str
    files: tuple[RemoteFile, ...]
    read: Reader
    withdrawn: str = ""


def _read_taste_profile(
    folder: Path, options: ReadOptions, *, by: Literal["artist", "song"] = "artist"
) -> tuple[Interactions, DatasetReport]:
    plays, report = read_taste_profile(*taste_profile_files(folder), by=by, options=options)
    return plays, DatasetReport(report.n_rows, report.n_skipped, report.sentences())


_NON_COMMERCIAL = "Made available for non-commercial use, with permission of Last.fm."
_CELMA = "Celma, Ò.: Music Recommendation and Discovery. Springer 2010, doi:10.1007/978-3-642-13287-2."
_MLHD = "https://data.musicbrainz.org/pub/musicbrainz/listenbrainz/mlhd/"
_MLHD_HOME = "https://musicbrainz.org/doc/MLHD+"
_MLHD_CITATION = (
    "Vigliensoni, Fujinaga: The Music Listening Histories Dataset. ISMIR 2017. Improved by the MetaBrainz Foundation."
)


def _mlhd_archives(parts: str) -> tuple[RemoteFile, ...]:
    """Archives of MLHD+, which are read as they are: unpacked, they would be half a million files."""
    names = (f"mlhdplus-complete-{part}.tar" for part in parts)
    return tuple(RemoteFile(name, f"{_MLHD}{name}", check=check_archive) for name in names)


_LISTENBRAINZ = "https://data.metabrainz.org/pub/musicbrainz/listenbrainz/"
_LISTENBRAINZ_HOME = "https://listenbrainz.org/data/"
_LISTENBRAINZ_CITATION = "MetaBrainz Foundation: ListenBrainz, by its listeners."
_LISTENS = "listenbrainz-listens-dump.tar.zst"
_LFM_2B = "https://www.cp.jku.at/datasets/LFM-2b/"
_ZENODO = "https://zenodo.org/records/6090214/files/"
_MSD = "https://millionsongdataset.com/sites/default/files/"

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "lastfm-2k",
            "Last.fm of HetRec 2011: everyone's 50 most played artists, with names and tags",
            "1,892 users, 17,632 artists, 92,834 pairs; 3 MB to fetch",
            "Made available for non-commercial use.",
            "Cantador, Brusilovsky, Kuflik: 2nd Workshop on Information Heterogeneity and Fusion in Recommender "
            "Systems. RecSys 2011, doi:10.1145/2043932.2044016.",
            "https://grouplens.org/datasets/hetrec-2011/",
            (
                RemoteFile(
                    "hetrec2011-lastfm-2k.zip",
                    "https://files.grouplens.org/datasets/hetrec2011/hetrec2011-lastfm-2k.zip",
                    "296d61afe4e8632b173fc2dd3be20ce2",
                    {
                        "user_artists.dat": Member(10 * _MB),
                        "artists.dat": Member(10 * _MB),
                        "tags.dat": Member(10 * _MB),
                        "user_taggedartists.dat": Member(20 * _MB),
                    },
                ),
            ),
            read_lastfm_2k,
        ),
        Dataset(
            "lastfm-360k",
            "Last.fm 360K: play counts of the artists that each person played most",
            "359,347 users, 17,559,530 rows; 570 MB to fetch, 1.7 GB unpacked",
            _NON_COMMERCIAL,
            _CELMA,
            "https://zenodo.org/records/6090214",
            (
                RemoteFile(
                    "lastfm-dataset-360K.tar.gz",
                    f"{_ZENODO}lastfm-dataset-360K.tar.gz",
                    members={
                        "usersha1-artmbid-artname-plays.tsv": Member(4096 * _MB, "be672526eb7c69495c27ad27803148f1")
                    },
                ),
            ),
            read_lastfm_360k,
        ),
        Dataset(
            "lastfm-1k",
            "Last.fm 1K: every play of each person up to May 2009, with times",
            "992 users, 19,150,868 plays; 640 MB to fetch, 2.5 GB unpacked",
            _NON_COMMERCIAL,
            _CELMA,
            "https://zenodo.org/records/6090214",
            (
                RemoteFile(
                    "lastfm-dataset-1K.tar.gz",
                    f"{_ZENODO}lastfm-dataset-1K.tar.gz",
                    members={
                        "userid-timestamp-artid-artname-traid-traname.tsv": Member(
                            6144 * _MB, "64747b21563e3d2aa95751e0ddc46b68"
                        )
                    },
                ),
            ),
            read_lastfm_1k,
        ),
        Dataset(
            "taste-profile",
            "Million Song Dataset, Taste Profile: play counts of songs, here by artist",
            "1,019,318 users, 384,546 songs, 48,373,586 rows; 0.6 GB to fetch, 3 GB unpacked",
            "None are stated for the Taste Profile. The Million Song Dataset that it belongs to is free for research; "
            "companies are asked to ask first.",
            "Bertin-Mahieux, Ellis, Whitman, Lamere: The Million Song Dataset. ISMIR 2011. McFee, Bertin-Mahieux, "
            "Ellis, Lanckriet: The Million Song Dataset Challenge. WWW 2012, doi:10.1145/2187980.2188222.",
            "http://millionsongdataset.com/tasteprofile/",
            (
                RemoteFile(
                    "train_triplets.txt.zip",
                    f"{_MSD}challenge/train_triplets.txt.zip",
                    members={"train_triplets.txt": Member(6144 * _MB)},
                ),
                RemoteFile(
                    "unique_tracks.txt",
                    f"{_MSD}AdditionalFiles/unique_tracks.txt",
                    stand_ins=("track_metadata.db",),
                    check=_holds(UNIQUE_TRACKS),
                ),
                RemoteFile(
                    "sid_mismatches.txt",
                    f"{_MSD}tasteprofile/sid_mismatches.txt",
                    check=_holds(MISMATCHES),
                ),
            ),
            _read_taste_profile,
        ),
        Dataset(
            "audioscrobbler",
            "Audioscrobbler profiles of May 2005: play counts with all of the tail",
            "24,296,858 rows; 130 MB to fetch, 0.5 GB unpacked",
            "Creative Commons BY-NC-SA 1.0.",
            "Audioscrobbler.com: profile data of 6 May 2005, published at the Université de Montréal.",
            "http://www-etud.iro.umontreal.ca/~bergstrj/audioscrobbler_data.html",
            (
                RemoteFile(
                    "profiledata_06-May-2005.tar.gz",
                    "https://www.iro.umontreal.ca/~lisa/datasets/profiledata_06-May-2005.tar.gz",
                    members={
                        "user_artist_data.txt": Member(1024 * _MB),
                        "artist_data.txt": Member(256 * _MB),
                        "artist_alias.txt": Member(64 * _MB),
                    },
                    stand_ins=("user_artist_data_small.txt",),
                ),
            ),
            read_audioscrobbler,
        ),
        Dataset(
            "mlhd",
            "MLHD+: listening histories of Last.fm with MusicBrainz ids, whole, with times",
            "594,000 users, 27 billion plays; 240 GB to fetch, in sixteen archives",
            "CC0.",
            _MLHD_CITATION,
            _MLHD_HOME,
            _mlhd_archives("0123456789abcdef"),
            read_mlhd,
        ),
        Dataset(
            "mlhd-part",
            "MLHD+, the first of its sixteen archives",
            "some 37,000 users, 1.7 billion plays; 15 GB to fetch",
            "CC0.",
            _MLHD_CITATION,
            _MLHD_HOME,
            _mlhd_archives("0"),
            read_mlhd,
        ),
        Dataset(
            "listenbrainz",
            "ListenBrainz, the newest full dump: all listens of all users, with times",
            "tens of GB to fetch, several times as much unpacked while it is read; its page tells",
            "CC0.",
            _LISTENBRAINZ_CITATION,
            _LISTENBRAINZ_HOME,
            (RemoteFile(_LISTENS, f"{_LISTENBRAINZ}fullexport/", dated=dumps_of("full")),),
            read_listenbrainz,
        ),
        Dataset(
            "listenbrainz-part",
            "ListenBrainz, the newest incremental dump: the listens that were submitted since the one before",
            "what some days bring; its page tells",
            "CC0.",
            _LISTENBRAINZ_CITATION,
            _LISTENBRAINZ_HOME,
            (RemoteFile(_LISTENS, f"{_LISTENBRAINZ}incremental/", dated=dumps_of("incremental")),),
            read_listenbrainz,
        ),
        Dataset(
            "lfm-2b",
            "LFM-2b: how often each of 120,000 people of Last.fm played each track, here by artist",
            "some 120,000 users, over 2 billion listens, in listening-counts.tsv.bz2 and tracks.tsv.bz2",
            "It was given for research alone.",
            "Schedl, Brandl, Lesota, Parada-Cabaleiro, Penz, Rekabsaz: LFM-2b. CHIIR 2022, "
            "doi:10.1145/3498366.3505791.",
            _LFM_2B,
            (
                RemoteFile("listening-counts.tsv.bz2", _LFM_2B, stand_ins=("listening-counts.tsv",)),
                RemoteFile("tracks.tsv.bz2", _LFM_2B, stand_ins=("tracks.tsv",)),
            ),
            read_lfm_2b,
            withdrawn="its makers have taken it down because of the licence of its data",
        ),
    )
}


def find_dataset(name: str) -> Dataset:
    """Return the data set of a name.

    Raises
    ------
    SettingsError
        If there is none.
    """
    check_known("data set", name, DATASETS)
    return DATASETS[name]
