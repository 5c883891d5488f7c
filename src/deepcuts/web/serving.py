"""Serving until a signal ends it: one process, or several that share a port and the memory-mapped model."""

from __future__ import annotations

import gc
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from logging.config import dictConfig
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from deepcuts.errors import DeepcutsError, MissingExtraError, OutputError
from deepcuts.storage import temporary_folder
from deepcuts.web.server.guards.heads import HEADER_BYTES
from deepcuts.web.server.logs import logging_configuration
from deepcuts.web.server.metrics import SHARED_FOLDER
from deepcuts.web.server.settings import ServiceSettings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

logger = logging.getLogger(__name__)

OnListening = Callable[[str], None]

_BACKLOG = 2_048
_LATE_SECONDS = 5.0  # that a worker may take longer to end than it was told
_KEEP_ALIVE = 75  # seconds: longer than a proxy keeps idle connections, so that it is not the service that hangs up


@dataclass(frozen=True)
class Service:
    """Maker of the application of one process; a spawned worker unpickles it, and loads the file that it names.

    Parameters
    ----------
    path
        The model file.
    settings
        Settings of the service.
    others
        Names and files of further models.
    """

    path: Path
    settings: ServiceSettings
    others: tuple[tuple[str, Path], ...] = ()

    def __call__(self) -> FastAPI:
        """Load the model and make the application."""
        from deepcuts.web.application import create_app
        from deepcuts.web.server.store import ModelStore

        others = {name: ModelStore(path) for name, path in self.others}
        return create_app(ModelStore(self.path), self.settings, others=others)


def serve(
    make_app: Callable[[], FastAPI], settings: ServiceSettings, on_listening: OnListening = lambda address: None
) -> None:
    """Serve until SIGINT or SIGTERM, then let requests under way finish; SIGTERM lets the service drain before.

    Parameters
    ----------
    make_app
        Called once in every process; where there are several, it has to be picklable.
    settings
        Settings of the service.
    on_listening
        Called with the address once requests are answered; with several workers, once connections are taken.

    Raises
    ------
    MissingExtraError
        If uvicorn is not installed.
    OutputError
        If nobody can listen at the address, or the workers cannot start.
    """
    try:
        import uvicorn  # noqa: F401
    except ImportError:
        raise MissingExtraError.of("uvicorn", "app") from None
    with closing(listen(settings)) as listener, temporary_folder() as folder:
        host, port = listener.getsockname()[:2]
        dictConfig(logging_configuration())  # before the first request: also of loading and compiling
        gc.disable()  # until the service is warm: what is imported and loaded until then is never garbage
        address = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        if settings.workers == 1:
            _serve_here(make_app(), settings, listener, lambda: on_listening(address))
        else:
            os.environ[SHARED_FOLDER] = folder  # read by the workers as they start
            on_listening(address)
            _serve_spawned(make_app, settings, listener)


def listen(settings: ServiceSettings) -> socket.socket:
    """Open the port.

    Raises
    ------
    OutputError
        If it is taken, or the address is not one of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        with ExitStack() as unless_bound:
            listener = unless_bound.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
            unless_bound.pop_all()
    except OSError as error:
        raise OutputError(
            f"Nobody can listen at {settings.host} port {settings.port}: {error.strerror}. Give another --port, 0 for "
            "a free one, or another --host."
        ) from error
    listener.set_inheritable(True)  # the spawned workers accept from this one socket
    return listener


@dataclass(frozen=True)
class _Worker:
    """What a worker does: it makes its application and serves it; one that cannot start is not started again."""

    make_app: Callable[[], FastAPI]
    settings: ServiceSettings

    def __call__(self, listener: socket.socket, beat: Callable[[], None]) -> None:
        from uvicorn.config import STARTUP_FAILURE

        gc.disable()
        try:
            dictConfig(logging_configuration())
            app = self.make_app()
        except DeepcutsError as error:
            logger.critical("the worker cannot start: %s", error)
            raise SystemExit(STARTUP_FAILURE) from None
        _serve_here(app, self.settings, listener, beat=beat)


def _serve_here(
    app: FastAPI,
    settings: ServiceSettings,
    listener: socket.socket,
    on_listening: Callable[[], None] = lambda: None,
    beat: Callable[[], None] = lambda: None,
) -> None:
    from deepcuts.web.server.graceful import GracefulServer

    gc.freeze()  # NiceGUI looks for the server among all objects that are not
    server = GracefulServer(_configuration(app, settings), app.state.ending, settings.drain_seconds, beat, on_listening)
    with _signals_to(server.handle_exit):
        server.run([listener])


def _serve_spawned(make_app: Callable[[], FastAPI], settings: ServiceSettings, listener: socket.socket) -> None:
    from deepcuts.web.server.workers import Workers

    patience = settings.drain_seconds + settings.shutdown_seconds + _LATE_SECONDS
    work = _Worker(make_app, settings)
    workers = Workers(work, listener, settings.workers, patience, settings.hang_seconds)
    with _signals_to(workers.take_signal):
        workers.run()


@contextmanager
def _signals_to(handle: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have signals end the service and nothing else; uvicorn sends itself once more the one that has ended it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _configuration(app: FastAPI, settings: ServiceSettings) -> uvicorn.Config:
    import uvicorn

    from deepcuts.web.server.connections import connections_of

    return uvicorn.Config(
        app,
        http=connections_of(settings),
        h11_max_incomplete_event_size=HEADER_BYTES,
        timeout_keep_alive=_KEEP_ALIVE,
        log_config=logging_configuration(),
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )
