"""Files with a date in their names, found through the pages of a server that list them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from deepcuts.errors import DataError

_LINK = re.compile(r'href="([^"?#]+)"', re.IGNORECASE)
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
_TIMEOUTS = (20, 60)  # seconds to connect, and between two pieces


@dataclass(frozen=True)
class Dated:
    """What the folders and files of a listing are called.

    Parameters
    ----------
    folder, file
        Regular expressions of whole names; the first number in a folder's name orders folders.
    """

    folder: str
    file: str


def newest(url: str, dated: Dated) -> tuple[str, str | None]:
    """The address of the newest file that a page leads to, and its SHA-256 where that is published beside it.

    Parameters
    ----------
    url
        The page that lists the folders.
    dated
        What these and their files are called. Folders that have no such file yet are passed over.

    Raises
    ------
    DataError
        If the page lists none.
    OSError
        If a page cannot be fetched.
    """
    root = url.rstrip("/") + "/"
    folders = [name.rstrip("/") for name in _links(root) if re.fullmatch(dated.folder, name.rstrip("/"))]
    for folder in sorted(set(folders), key=_number, reverse=True):
        page = urljoin(root, f"{folder}/")
        names = _links(page)
        for name in names:
            if re.fullmatch(dated.file, name):
                checksum = _SHA256.search(_text(urljoin(page, f"{name}.sha256"))) if f"{name}.sha256" in names else None
                return urljoin(page, name), checksum and checksum[0]
    raise DataError(f"{url} lists no file that is called {dated.file}. Look there for what it is called now.")


def _links(url: str) -> list[str]:
    return [link.removeprefix("./") for link in _LINK.findall(_text(url))]


def _text(url: str) -> str:
    import requests

    response = requests.get(url, timeout=_TIMEOUTS)
    response.raise_for_status()
    return response.text


def _number(name: str) -> int:
    found = re.search(r"\d+", name)
    return int(found[0]) if found else 0
