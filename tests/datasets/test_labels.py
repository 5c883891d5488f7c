"""Names and tags that people bring as tables."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import deepcuts as dc
from deepcuts.cli.main import app
from deepcuts.datasets.label_tables import read_names, read_tags
from deepcuts.errors import DataError, FileFormatError, SettingsError

NAMES = [("7", "Grouper"), ("8", 'The "Band"'), ("9", "Sigur Rós, live")]


def as_names(path: Path, **options: object) -> list[tuple[str, str]]:
    table = read_names(path, **options)
    return list(zip(table["item_id"].to_pylist(), table["name"].to_pylist(), strict=True))


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("n.csv", 'item_id,name\n7,Grouper\n8,"The ""Band"""\n9,"Sigur Rós, live"\n'.encode()),
        ("n.csv", '\ufeffitem_id;name\r\n7;Grouper\r\n8;"The ""Band"""\r\n9;Sigur Rós, live\r\n'.encode()),
        ("n.tsv", 'item_id\tname\n7\tGrouper\n8\tThe "Band"\n9\tSigur Rós, live\n'.encode()),
        (
            "n.tsv.gz",
            gzip.compress(
                'name\turl\titem_id\nGrouper\tu\t7\nThe "Band"\tu\t8\nSigur Rós, live\tu\t9'.encode(), mtime=0
            ),
        ),
    ],
)
def test_tables_of_names_in_many_dresses(tmp_path, file, content):
    (tmp_path / file).write_bytes(content)
    assert as_names(tmp_path / file) == NAMES


def test_parquet_and_other_columns(tmp_path):
    table = pa.table({"id": [7, 8, 9], "artist": pa.array([name for _, name in NAMES]).dictionary_encode()})
    pq.write_table(table, tmp_path / "n.parquet")
    assert as_names(tmp_path / "n.parquet", columns=("id", "artist")) == NAMES


def test_tags_with_and_without_weights(tmp_path):
    (tmp_path / "t.csv").write_text("item_id,tag,weight\n7,calm,2.5\n007,deep,\n")
    assert read_tags(tmp_path / "t.csv").to_pylist() == [
        {"item_id": "7", "tag": "calm", "weight": 2.5},
        {"item_id": "007", "tag": "deep", "weight": 0.0},
    ]
    (tmp_path / "t.csv").write_text("item_id,tag,tagger\n7,calm,ada\n7,calm,\n")
    assert [row["tagger"] for row in read_tags(tmp_path / "t.csv").to_pylist()] == ["ada", None]
    (tmp_path / "t.csv").write_text("artist,word,who\n7,calm,ada\n")
    columns = ["artist", "word", "", "who"]
    assert read_tags(tmp_path / "t.csv", columns).to_pylist() == [{"item_id": "7", "tag": "calm", "tagger": "ada"}]
    (tmp_path / "t.csv").write_text("item_id,tag\n7,calm\n")
    assert read_tags(tmp_path / "t.csv").to_pylist() == [{"item_id": "7", "tag": "calm"}]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"id,name\n1,a\n", DataError, r"has no column 'item_id'. Its columns are 'id', 'name'; name those to take wi"),
        (b"item_id,tag,weight\n1,a,much\n", DataError, r"A weight of .*t.csv is no number: .*much"),
        (b"item_id,tag,weight\n1,a\n", FileFormatError, r"cannot be read: .*Expected 3 columns, got 2"),
        ("item_id,tag\n1,Bj\xf6rk\n".encode("latin-1"), FileFormatError, "cannot be read: .*UTF8"),
        (b"", DataError, "is empty"),
        (b"item_id,tag\n\0", FileFormatError, "is not text"),
        (b"PAR1 not really", FileFormatError, "cannot be read"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, content, error, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(error, match=message):
        read_tags(tmp_path / "t.csv")


def test_other_refusals(tmp_path):
    with pytest.raises(DataError, match="is not a regular file"):
        read_names(tmp_path / "nowhere.csv")
    (tmp_path / "n.jsonl").write_text("{}")
    with pytest.raises(DataError, match="--names takes CSV, TSV or Parquet"):
        read_names(tmp_path / "n.jsonl")
    (tmp_path / "n.csv").write_text("item_id,name\n")
    with pytest.raises(SettingsError, match=r"--names-columns is 'a'. Name columns such as item_id,name"):
        read_names(tmp_path / "n.csv", columns=["a"])


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=120))
def test_whatever_bytes_there_are_they_are_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "fuzz.csv"
    path.write_bytes(b"item_id,name\n" + content)
    try:
        table = read_names(path)
    except (DataError, FileFormatError):
        return
    assert table.column_names == ["item_id", "name"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "plays.csv").write_text("user,artist\nada,7\nada,8\nbob,7\n")
    (tmp_path / "names.csv").write_text("id,title\n7,Grouper\n70,Nobody\n")
    (tmp_path / "tags.tsv").write_text("item_id\ttag\tweight\n7\tcalm\t2\n7\tdeep\t3\n70\tloud\t1\n")
    return tmp_path


def ingest(folder: Path, *options: str, output: str = "plays.safetensors", code: int = 0) -> str:
    command = ["ingest", str(folder / "plays.csv"), "--user", "user", "--item", "artist", "-o", str(folder / output)]
    result = CliRunner().invoke(app, [*command, *options])
    assert result.exit_code == code, result.output
    return result.stderr


def test_ingest_attaches_names_and_tags(folder):
    names = ("--names", str(folder / "names.csv"), "--names-columns", "id,title")
    said = ingest(folder, *names, "--tags", str(folder / "tags.tsv"))
    assert "Of 2 items, 1 has a name." in said
    assert "Of 2 items, 1 has some of 2 tags." in said
    labels = dc.Interactions.load(folder / "plays.safetensors").labels
    assert labels.names.to_pylist() == ["Grouper", "8"]
    assert labels.tag_names.to_pylist() == ["calm", "deep"]
    assert labels.tags.toarray().tolist() == [[2, 3], [0, 0]]


def test_ingest_refuses_labels_it_cannot_keep_or_read(folder):
    names = ("--names", str(folder / "names.csv"))
    assert "cannot hold names and tags" in ingest(folder, *names, output="plays.parquet", code=2)
    assert "has no column 'item_id'" in ingest(folder, *names, code=1)
    assert sorted(path.name for path in folder.iterdir()) == ["names.csv", "plays.csv", "tags.tsv"]


def test_ingest_without_labels_has_none(folder):
    assert "names" not in ingest(folder)
    assert dc.Interactions.load(folder / "plays.safetensors").labels is None
