"""Spreadsheets, whose sheets are tables like any other, among them Deezer's personal data."""

from __future__ import annotations

import contextlib
import io
import zipfile
from datetime import datetime

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deepcuts.errors import DataError, DeepcutsError, FileFormatError
from deepcuts.history import HistoryOptions, read_upload
from deepcuts.history.limits import Limits

DEEZER = [
    ["Song Title", "Artist", "ISRC", "Album Title", "IP Address", "Listening Time", "Platform Name", "Date"],
    ["x", "Muse, Blur", "GB1", "z", "192.0.2.77", 200, "ios", "2023-11-14 10:00:00"],
    ["x", "Muse", "GB1", "z", "192.0.2.77", 200, "ios", "2023-11-14 10:05:00"],
    ["y", "Blur", "GB2", "z", "192.0.2.77", 31, "ios", "2023-11-14 10:10:00"],
    ["y", "Blur", "GB2", "z", "192.0.2.77", 12, "ios", "2023-11-14 10:20:00"],
    ["t", "Tyler, The Creator", "US1", "z", "192.0.2.77", -1, "ios", "2023-11-14 10:30:00"],
]


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


DAMAGED_BELOW = workbook(listens=DEEZER)


def plays(data: bytes) -> dict[str, float]:
    counts = read_upload("export.xlsx", data).counts
    return dict(zip(counts["artist"].to_pylist(), counts["plays"].to_pylist(), strict=True))


def test_an_open_document_without_styles_is_a_spreadsheet():
    names = "office", "table", "text"
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    cells = [["Artist", "Plays"], ["Muse", "3"], ["Blur", "2"]]
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    rows = "".join(f"<table:table-row>{''.join(map(text.format, row))}</table:table-row>" for row in cells)
    body = f'<office:spreadsheet><table:table table:name="listens">{rows}</table:table></office:spreadsheet>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mimetype", kind := "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body>{body}</office:body></office:document-content>",
        )
        manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
        entry = f'<m:file-entry m:full-path="/" m:media-type="{kind}"/>'
        archive.writestr("META-INF/manifest.xml", f'<m:manifest xmlns:m="{manifest}">{entry}</m:manifest>')
    assert plays(buffer.getvalue()) == {"Muse": 3, "Blur": 2}


def test_the_listens_of_deezer_are_found_among_its_sheets():
    favourites = [["Song Title", "Artist", "ISRC"], ["x", "Pulp", "GB9"]]
    history = read_upload("deezer.xlsx", workbook(**{"8_favoriteSong": favourites, "10_listeningHistory": DEEZER}))
    assert [source.format for source in history.sources] == ["Deezer"]
    assert dict(zip(history.counts["artist"].to_pylist(), history.counts["plays"].to_pylist(), strict=True)) == {
        "Blur": 2,
        "Muse": 2,
        "Tyler, The Creator": 1,
    }
    assert history.sources[0].dropped == {"cut off before 30 s": 1}
    assert "192.0.2.77" not in repr(history)


@pytest.mark.parametrize(
    "rows",
    [
        [["Artist", "Plays"], ["Muse", 12345], ["Blur", 2.0], ["Total", 12347]],
        [["Top artists"], [], ["Artist", "Plays"], ["Muse", 12345], ["Blur", 2]],
        [["Muse", 12345], ["Blur", 2]],
    ],
)
def test_a_sheet_is_read_like_a_table(rows):
    assert plays(workbook(Sheet1=rows)) == {"Muse": 12345, "Blur": 2}


def test_moments_of_a_spreadsheet_are_moments():
    rows = [["Artist", "Track", "Date"], ["Muse", "x", datetime(2023, 11, 14, 22, 10)]]
    assert read_upload("x", workbook(Sheet1=rows)).last_played == 1_699_999_800


def test_formulas_without_results_are_told(caplog):
    rows = [["Artist", "Plays"], ["Muse", "=SUM(1,2)"], ["Blur", 2], ["Pulp", "=A1"]]
    assert plays(workbook(Sheet1=rows)) == {"Blur": 2}
    assert "export.xlsx has no result of 2 formulas, whose cells are read as empty. Open it" in caplog.text
    caplog.clear()
    assert plays(workbook(Sheet1=[["Artist", "Plays"], ["Muse", 1], ["Blur", 2]])) == {"Muse": 1, "Blur": 2}
    assert not caplog.text


def test_a_spreadsheet_within_an_archive_is_opened():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data/deezer.xlsx", workbook(listens=DEEZER))
    assert plays(buffer.getvalue())["Muse"] == 2


def test_what_is_no_spreadsheet_of_listens_is_refused():
    data = workbook(Sheet1=[["Artist", "Plays"], ["Muse", 3]])
    with pytest.raises(FileFormatError, match="holds no listens in a format that is known"):
        read_upload("x", workbook(Sheet1=[["a"]], Sheet2=[["b"]]))
    with pytest.raises(FileFormatError, match="too large for a spreadsheet of listens"):
        read_upload("x", data, HistoryOptions(limits=Limits(document_bytes=1000)))
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as whole, zipfile.ZipFile(buffer, "w") as damaged:
        for info in whole.infolist():
            damaged.writestr(info, whole.read(info)[: 40 if "sheet1" in info.filename else None])
    with pytest.raises((FileFormatError, DataError), match=r"sheet|spreadsheet|listens"):
        read_upload("x", buffer.getvalue())


@pytest.mark.slow
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 12), st.binary(max_size=8)), min_size=1, max_size=4))
def test_a_damaged_spreadsheet_is_refused_or_read(changes):
    data = DAMAGED_BELOW
    for where, n_lost, put_in in changes:
        offset = int(where * len(data))
        data = data[:offset] + put_in + data[offset + n_lost :]
    with contextlib.suppress(DeepcutsError):
        read_upload("x", data)


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.lists(st.one_of(st.none(), st.booleans(), st.floats(), st.text(max_size=5)), max_size=4), max_size=5)
)
def test_any_cells_of_a_sheet_are_refused_or_read(rows):
    usable = [[None if isinstance(cell, str) and not cell.isprintable() else cell for cell in row] for row in rows]
    with contextlib.suppress(DeepcutsError):
        read_upload("x", workbook(Sheet1=[["Artist", "Plays"], *usable]))
