"""Ids of MusicBrainz as labels of items: from three kinds of files, through files and models, to lists."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.data.labels import known_mbids
from deepcuts.datasets.mbid_tables import read_mbids
from deepcuts.errors import DataError

MUSE, BLUR = "9c9f1380-2516-4fc9-a3e6-f9f61941d090", "ba853904-ae25-4ebb-89d6-c44cfbd71bd2"
ROWS = "user,artist,plays\n" + "".join(f"u{n},{name},{n + 1}\n" for n in range(6) for name in ("muse", "blur", "pulp"))


@pytest.fixture
def write(tmp_path):
    """Write a file and return its path."""

    def write(text, name):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def listen(name: str, *mbids: str, mapped: bool = False) -> str:
    ids = {"mbid_mapping": {"artist_mbids": mbids}} if mapped else {"additional_info": {"artist_mbids": mbids}}
    return json.dumps({"user_name": "ada", "track_metadata": {"artist_name": name, **ids}}) + "\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("mbids.csv", f"item_id,mbid\nmuse,{MUSE.upper()}\nblur,{BLUR}\npulp,none\n"),
        (
            "unique_artists.txt",
            f"AR1<SEP>{MUSE}<SEP>TR1<SEP>Muse\nAR2<SEP>{BLUR}<SEP>TR2<SEP>Blur\nAR3<SEP><SEP>T<SEP>x\n",
        ),
        (
            "1.listens",
            listen("muse", BLUR)
            + listen("muse", MUSE) * 2
            + listen("blur", BLUR, mapped=True)
            + listen("pulp", MUSE, BLUR),
        ),
    ],
)
def test_ids_of_three_kinds_of_files_travel_to_lists(write, tmp_path, name, text):
    plays, model = tmp_path / "plays.safetensors", tmp_path / "model.safetensors"
    columns = ("--user", "user", "--item", "artist", "--plays", "plays", "--mbids", str(write(text, name)))
    run = CliRunner().invoke(app, ["ingest", str(write(ROWS, "plays.csv")), *columns, "-o", str(plays)])
    assert run.exit_code == 0, run.output
    assert "Of 3 items, 2 have ids of MusicBrainz" in " ".join(run.stderr.split())
    loaded = dc.Interactions.load(plays)
    assert loaded.labels.mbids.to_pylist() == [BLUR, MUSE, ""]
    dc.PersonaNMF(n_factors=2).fit(loaded, seed=0).save(model)
    assert dc.load(model).seen.labels.mbids.to_pylist() == [BLUR, MUSE, ""]
    listed = tmp_path / "list.lidarr"
    run = CliRunner().invoke(app, ["recommend", str(model), "--user", "u1", "--include-seen", "-o", str(listed)])
    assert run.exit_code == 0, run.output
    assert {row["MusicBrainzId"] for row in json.loads(listed.read_text())} == {MUSE, BLUR}
    run = CliRunner().invoke(
        app, ["recommend", str(model), "--user", "u1", "--user", "u2", "-o", str(tmp_path / "x.txt")]
    )
    assert "holds the list of one user, and there are 2" in " ".join(run.stderr.split())


def test_labels_of_both_are_kept_where_plays_are_put_together():
    import pyarrow as pa

    from deepcuts.data.merge import merge_plays
    from deepcuts.ingest import read_plays

    one, other = (
        read_plays(pa.table({"user": ["u"], "item": [item]}), user="user", item="item").with_labels(mbids={item: mbid})
        for item, mbid in (("muse", MUSE), ("blur", BLUR))
    )
    merged = merge_plays(one, other)
    assert merged.labels.mbids.to_pylist() == [BLUR, MUSE]
    assert known_mbids(merged.item_ids, None, merged.item_ids.indexes_of(["muse"])) == [""]


def test_ids_that_are_mbids_are_known_without_labels():
    from deepcuts.data.ids import Ids

    ids = Ids.of([BLUR, "muse"], "item")
    assert known_mbids(ids, None, ids.indexes_of([BLUR, "muse"])) == [BLUR, ""]


def test_files_without_ids_are_refused(write):
    with pytest.raises(DataError, match="holds no ids of MusicBrainz"):
        read_mbids(write("item_id,mbid\nmuse,x\n", "mbids.csv"))
    with pytest.raises(DataError, match="--mbids, has no column"):
        read_mbids(write(f"item,x\nmuse,{MUSE}\n", "mbids.csv"))
