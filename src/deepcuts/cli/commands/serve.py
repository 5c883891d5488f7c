"""`deepcuts serve`: a model over HTTP."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from deepcuts.cli.command import Command
from deepcuts.cli.derived import options_from
from deepcuts.cli.options import ModelFile
from deepcuts.cli.terminal import say_line
from deepcuts.errors import DataError
from deepcuts.web.server.settings import ServiceSettings

_TOKEN = "DEEPCUTS_TOKEN"
_PLAIN = (
    "host", "port", "workers", "threads", "waiting", "body_bytes", "rate", "burst", "connections", "drain_seconds",
    "shutdown_seconds", "poll_seconds",
)  # fmt: skip


@options_from(ServiceSettings, panel="Service", names=_PLAIN)
def serve(
    model: ModelFile,
    token_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file that holds the token; else it is that of DEEPCUTS_TOKEN."),
    ] = None,
    no_auth: Annotated[
        bool, typer.Option("--no-auth", help="Serve other machines without a token, and none if one is set.")
    ] = False,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A name under which the service may be addressed; repeatable."),
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(metavar="ADDRESS", help="A proxy whose X-Forwarded-For is believed; repeatable."),
    ] = None,
    **settings: Any,
) -> None:
    """Serve a model over HTTP: lists, personas, explanations, search; /docs has the reference.

    Only this machine can connect, unless --host says otherwise; then every request needs the token.
    When the model file is replaced, the new one is loaded without losing a request.
    """
    from deepcuts import storage
    from deepcuts.web.serving import Service
    from deepcuts.web.serving import serve as serve_until_told

    chosen = ServiceSettings(
        token=None if no_auth else _token(token_file),
        open_to_all=no_auth,
        allowed_hosts=tuple(allowed_host or ()),
        trusted_proxies=tuple(trusted_proxy or ()),
        **settings,
    )
    os.environ.pop(_TOKEN, None)  # processes started from here do not need it
    storage.describe(model)  # a file that cannot be used is refused before a worker starts
    serve_until_told(
        Service(model, chosen), chosen, lambda address: say_line(f"Serving {model} at {address}; see {address}/docs.")
    )


def _token(file: Path | None) -> str | None:
    """Read the token, from a file or from the environment: other users of a machine can read what is in argv."""
    from deepcuts.storage import check_input

    if file is None:
        return os.environ.get(_TOKEN) or None
    check_input(file)
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The token cannot be read from {file}: {getattr(error, 'strerror', None) or error}.") from None


EXAMPLES = (
    "deepcuts serve model.safetensors",
    "deepcuts serve model.safetensors --host 0.0.0.0 --token-file secrets/token",
)

COMMAND = Command("serve", serve, EXAMPLES, "Serve")
