"""Files that people give and that hold no listens as they are: what they are, and what to give instead."""

from __future__ import annotations

import re

from deepcuts.history.formats.format import Head, Refusal

_PICTURE = "is a picture and holds no listens. Give the data file of an export: JSON, CSV or XML"
_MUSIC = "is a piece of music and holds no listens. Give the data file of an export: JSON, CSV or XML"
_MAGICS = {
    b"SQLite format 3\0": "is a database (SQLite). Export its listens as CSV or JSON in the program that it belongs to",
    b"%PDF": "is a PDF. Give the data file of the export",
    b"PAR1": "is a Parquet table. Write its columns as CSV: artist, plays",
    b"\xd0\xcf\x11\xe0": "is a spreadsheet (.xls). Save it as CSV, with columns artist and plays, or artist and time",
    b"bplist00": "is a binary property list. Export the library as XML: in Music, File, Library, Export Library",
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    b"ID3": _MUSIC,
    b"fLaC": _MUSIC,
    b"OggS": _MUSIC,
}
_TAKEOUT = re.compile(rb"music\.youtube\.com|youtube\.com/watch|mdl-typography|outer-cell|My ?Activity", re.IGNORECASE)
_HTML = re.compile(rb"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)
_PLAYLIST = re.compile(rb"\s*(#EXTM3U|\[playlist\]|<playlist[\s>])", re.IGNORECASE)


def recognise(head: Head) -> Refusal | None:
    """What a file is that is none of the formats."""
    for magic, what in _MAGICS.items():
        if head.raw.startswith(magic):
            return Refusal(what)
    if _PLAYLIST.match(head.raw):
        return Refusal("is a playlist, which does not say how often anything was heard. Give a listening history")
    if _HTML.match(head.raw):
        if _TAKEOUT.search(head.raw):
            return Refusal(
                "is a history of YouTube as a web page (HTML). Ask Google Takeout for it again, with History in the "
                "format JSON in place of HTML, and give watch-history.json"
            )
        return Refusal("is a web page (HTML). Give the data file of the export: JSON, CSV or XML")
    return None
