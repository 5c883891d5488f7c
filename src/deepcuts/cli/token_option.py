"""The options of who may ask, which serve and explore share: the token, none at all, and names of this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from deepcuts.errors import DataError, SettingsError

TOKEN = "DEEPCUTS_TOKEN"

TokenFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="A file that holds the token; else it is that of DEEPCUTS_TOKEN."),
]
NoAuth = Annotated[
    bool, typer.Option("--no-auth", help="Serve other machines without a token, and none if one is set.")
]
AllowedHost = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A name under which the service may be addressed; repeatable."),
]


def token_of(file: Path | None, *, no_auth: bool) -> str | None:
    """The token that requests need; None where nobody needs one.

    Raises
    ------
    SettingsError
        If a token is given as well as nobody needing one.
    DataError
        If the file cannot be read.
    """
    if no_auth and file is not None:
        raise SettingsError("--token-file and --no-auth are both given. With --no-auth nobody needs a token: give one.")
    return None if no_auth else read_token(file)


def read_token(file: Path | None) -> str | None:
    """Read the token, from a file or from the environment: other users of a machine can read what is in argv.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    from deepcuts.storage import check_input, not_found

    if file is None:
        return os.environ.get(TOKEN) or None
    check_input(file)
    try:
        return file.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise DataError(f"The token cannot be read. {not_found(file)}") from None
    except UnicodeDecodeError:
        raise DataError(f"The token cannot be read: {file} is not a text file in UTF-8.") from None
    except OSError as error:
        raise DataError(f"The token cannot be read from {file}: {error.strerror}.") from None
