"""Files that people give and that hold no listens as they are: what they are, and what to give instead."""

from __future__ import annotations

import re

from deepcuts.history.formats.format import Head, Refusal

# How pictures, music and films begin. Those of the family of MPEG-4 tell their brand after "ftyp".
_MEDIA = {
    "a picture": (
        rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|RIFF.{4}WEBP|.{4}ftyp(hei|hev|mif|msf|avi[fs]|crx|jp)|\0\0\0\x0c(jP  |JXL )"
        rb"|\xff\x0a|BM.{4}\0{4}|II[*+]\0|MM\0[*+]|8BPS\0|\0\0\x01\0|icns\0|DDS \x7c\0"
        rb"|\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!DOCTYPE svg[^>]*>\s*)?<svg[\s>]"
    ),
    "a piece of music": (
        rb"ID3[\x02-\x04]|\xff[\xfa\xfb\xf2\xf3]|fLaC\0|OggS\0|RIFF.{4}WAVE|FORM.{4}AIF[FC]|.{4}ftypM4[AB]|MThd\0"
    ),
    "a film": rb".{4}ftyp|RIFF.{4}AVI |\x1aE\xdf\xa3|\0\0\x01\xba|FLV\x01|0&\xb2u",  # after the pictures of its family
}
_BEGINNINGS = {what: re.compile(beginning, re.DOTALL) for what, beginning in _MEDIA.items()}
_MAGICS = {
    b"SQLite format 3\0": "is a database (SQLite). Export its listens as CSV or JSON in the program that it belongs to",
    b"%PDF": "is a PDF. Give the data file of the export",
    b"PAR1": "is a Parquet table. Write its columns as CSV: artist, plays",
    b"\xd0\xcf\x11\xe0": "is a spreadsheet (.xls). Save it as CSV, with columns artist and plays, or artist and time",
    b"bplist00": "is a binary property list. Export the library as XML: in Music, File, Library, Export Library",
}
_TAKEOUT = re.compile(rb"music\.youtube\.com|youtube\.com/watch|mdl-typography|outer-cell|My ?Activity", re.IGNORECASE)
_HTML = re.compile(rb"\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)
_PLAYLIST = re.compile(
    rb"\s*(#EXTM3U|\[playlist\]|(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<playlist[\s>]|<\?wpl\b|<asx\b"
    rb'|\{\s*"playlist"\s*:\s*\{[^{}]*"track"\s*:)',
    re.IGNORECASE | re.DOTALL,
)
_NOTHING = re.compile(rb"\s*(\[[\s{},\[\]]*\]|\{\s*\}|null|true|false)\s*\Z")
_SPOKEN = re.compile(rb'\s*\[\s*\{[^{}]*"(podcastName|episodeName|audiobookName|chapterName)"\s*:')
_DOCUMENTS = {
    _PLAYLIST: "is a playlist, which does not say how often anything was heard. Give a listening history",
    _NOTHING: "is JSON with nothing in it. Give an export that holds listens",
    _SPOKEN: "holds podcasts or audiobooks, which have no artist. Give the music: StreamingHistory_music_0.json",
}


def recognise(head: Head) -> Refusal | None:
    """What a file is that is none of the formats."""
    for magic, what in _MAGICS.items():
        if head.raw.startswith(magic):
            return Refusal(what)
    for what, beginning in _BEGINNINGS.items():
        if beginning.match(head.raw):
            return Refusal(f"is {what} and holds no listens. Give the data file of an export: JSON, CSV or XML")
    for form, what in _DOCUMENTS.items():
        if form.match(head.raw):
            return Refusal(what)
    if _HTML.match(head.raw):
        if _TAKEOUT.search(head.raw):
            return Refusal(
                "is a history of YouTube as a web page (HTML). Ask Google Takeout for it again, with History in the "
                "format JSON in place of HTML, and give watch-history.json"
            )
        return Refusal("is a web page (HTML). Give the data file of the export: JSON, CSV or XML")
    return None
