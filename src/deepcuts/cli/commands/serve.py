"""`deepcuts serve`: a model over HTTP."""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.derived import options_from
from deepcuts.cli.given import refuse_idle
from deepcuts.cli.options import Json, ModelFile
from deepcuts.cli.piped_output import go_on_without_reader
from deepcuts.cli.terminal import say_line, show_json
from deepcuts.cli.token_option import TOKEN, AllowedHost, NoAuth, TokenFile, token_of
from deepcuts.errors import SettingsError
from deepcuts.web.server.logs import FIELDS
from deepcuts.web.server.settings import ServiceSettings

logger = logging.getLogger(__name__)

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PLAIN = (
    "host", "port", "workers", "threads", "waiting", "body_bytes", "rate", "burst", "connections", "drain_seconds",
    "shutdown_seconds", "hang_seconds", "poll_seconds", "second", "share", "min_overlap",
)  # fmt: skip


@options_from(ServiceSettings, panel="Service", names=_PLAIN)
def serve(
    context: typer.Context,
    model: ModelFile,
    token_file: TokenFile = None,
    no_auth: NoAuth = False,
    allowed_host: AllowedHost = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ADDRESS", help="A proxy, or a network of them, whose X-Forwarded-For is believed; repeatable."
        ),
    ] = None,
    cors_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN", help="An origin whose pages may ask, such as https://music.example; repeatable."
        ),
    ] = None,
    other: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="NAME=FILE", help="A further model, served under /v1/models/NAME; repeatable."),
    ] = None,
    json: Json = False,
    **settings: Any,
) -> None:
    """Serve a model over HTTP: lists, personas, explanations, search; /docs has the reference.

    Only this machine can connect, unless --host says otherwise; then every request needs the token.
    When the model file is replaced, the new one is loaded without losing a request.
    """
    from deepcuts import storage
    from deepcuts.web.serving import Service
    from deepcuts.web.serving import serve as serve_until_told

    refuse_idle(context, "--second", "share", unless=bool(settings["second"]))
    chosen = ServiceSettings(
        token=token_of(token_file, no_auth=no_auth),
        open_to_all=no_auth,
        allowed_hosts=tuple(allowed_host or ()),
        trusted_proxies=tuple(trusted_proxy or ()),
        cors_origins=tuple(cors_origin or ()),
        **settings,
    )
    others = _named(other or ())
    os.environ.pop(TOKEN, None)  # processes started from here do not need it
    for path in (model, *(path for _, path in others)):
        storage.describe(path)  # a file that cannot be used is refused before a worker starts

    def tell(address: str) -> None:
        _tell(f"Serving {model} at {address}; see {address}/docs.", address)
        if json:
            show_json({"address": address})

    go_on_without_reader()
    serve_until_told(Service(model, chosen, others), chosen, tell)


def _tell(text: str, address: str) -> None:
    """Say a line to somebody at a terminal; elsewhere, programs collect the log, and it is a line of that."""
    if sys.stderr.isatty():
        say_line(text)
    else:
        logger.info("%s", text, extra={FIELDS: {"address": address}})


def _named(models: Sequence[str]) -> tuple[tuple[str, Path], ...]:
    """Take names and files of further models apart."""
    found: dict[str, Path] = {}
    for each in models:
        name, _, path = each.partition("=")
        if not _NAME.fullmatch(name) or not path or name in found:
            raise SettingsError(
                f"--model is {each!r}. Give NAME=FILE, with a name of its own of letters, digits, dots, dashes and "
                "underscores."
            )
        found[name] = Path(path)
    return tuple(found.items())


EXAMPLES = (
    "deepcuts serve model.safetensors",
    "deepcuts serve model.safetensors --host 0.0.0.0 --token-file secrets/token",
    "deepcuts serve model.safetensors --model b=b.safetensors --second b",
)

COMMAND = Command("serve", serve, EXAMPLES, "Serve")
