"""`deepcuts explore`: the page."""

from __future__ import annotations

import logging
import time
import urllib.request
import webbrowser
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.options import Json, ModelFile, Quiet
from deepcuts.cli.piped_output import go_on_without_reader
from deepcuts.cli.remarks import Remarks
from deepcuts.cli.terminal import show_json
from deepcuts.cli.token_option import AllowedHost, NoAuth, TokenFile, token_of
from deepcuts.errors import DataError

if TYPE_CHECKING:
    from fastapi import FastAPI

_START_SECONDS = 60.0  # the most from the open port to the first response
_LOOK_SECONDS = 0.1  # between two looks for it
_END_SECONDS = 1  # open pages would keep the server running


def explore(
    model: ModelFile,
    holdout: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Plays that were held out, to judge the model by.")
    ] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="A report in HTML to link to.")] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65_535, metavar="N", help="Port to listen on; 0 takes a free one.")
    ] = 8080,
    host: Annotated[
        str, typer.Option(metavar="NAME", help="Address to listen on; any but this machine's own needs a token.")
    ] = "127.0.0.1",
    token_file: TokenFile = None,
    no_auth: NoAuth = False,
    allowed_host: AllowedHost = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the page in a browser.")] = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Open a page to explore a model: a listener, their personas, a list under its dial, a map of artists.

    It listens on this machine alone, unless --host says otherwise; then browsers ask for the token, as the password of
    any name. It keeps nothing of what visitors do. Ctrl-C ends it.
    """
    from deepcuts.cli.plays_files import read_interactions
    from deepcuts.web.application import create_app
    from deepcuts.web.page.mount import PAGE_POLICY, mount_page
    from deepcuts.web.server.settings import ServiceSettings
    from deepcuts.web.server.store import ModelStore
    from deepcuts.web.serving import serve

    remarks = Remarks(quiet)
    if report is not None and not report.is_file():
        raise DataError(f"There is no report at {report}. Give an HTML file.")
    holdout_plays = read_interactions(holdout) if holdout else None
    settings = ServiceSettings(
        host=host,
        port=port,
        token=token_of(token_file, no_auth=no_auth),
        open_to_all=no_auth,
        allowed_hosts=tuple(allowed_host or ()),
        drain_seconds=0,
        shutdown_seconds=_END_SECONDS,
    )
    store = ModelStore(model)
    if holdout_plays is not None:  # else the page would be served, and have no figures
        from deepcuts.evaluation.holdout import match_holdout

        match_holdout(store.model.seen, holdout_plays)

    def make_app() -> FastAPI:
        app = create_app(store, settings, page_policy=PAGE_POLICY)
        mount_page(app, holdout=holdout_plays, report=report)
        return app

    def tell(address: str) -> None:
        logging.getLogger("deepcuts").setLevel(logging.WARNING)  # no line for every request
        remarks.say(f"The page is at {address}/ Ctrl-C ends it.")
        if json:
            show_json({"address": address})
        if not no_browser:
            here = address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
            Thread(target=_open_once_it_answers, args=(here,), daemon=True).start()

    go_on_without_reader()
    serve(make_app, settings, tell)


def _open_once_it_answers(address: str) -> None:
    """Open the page in a browser as soon as there is one."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=_START_SECONDS):
                break
        except OSError:
            time.sleep(_LOOK_SECONDS)
    webbrowser.open(address)


EXAMPLES = (
    "deepcuts explore model.safetensors",
    "deepcuts explore model.safetensors --holdout holdout.parquet",
    "deepcuts explore model.safetensors --host 0.0.0.0 --token-file secrets/token",
    "deepcuts explore model.safetensors --port 0 --no-browser",
)

COMMAND = Command("explore", explore, EXAMPLES, "Start here")
