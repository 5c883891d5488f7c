"""The application: the endpoints of the service behind the guards. The page is mounted on it as well."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from deepcuts._version import __version__
from deepcuts.errors import MissingExtraError
from deepcuts.web.problems import ProblemError
from deepcuts.web.server.compute import Compute
from deepcuts.web.server.ending import Ending
from deepcuts.web.server.guards.bodies import BodyGuard
from deepcuts.web.server.guards.headers import SecurityHeaders, first_segment
from deepcuts.web.server.guards.heads import HeadGuard
from deepcuts.web.server.guards.hosts import HostGuard
from deepcuts.web.server.guards.rates import RateGuard
from deepcuts.web.server.guards.tokens import TokenGuard
from deepcuts.web.server.heads import HeadAsGet
from deepcuts.web.server.metrics import Metrics
from deepcuts.web.server.models import Models
from deepcuts.web.server.observation import Observation
from deepcuts.web.server.settings import ServiceSettings
from deepcuts.web.server.store import ModelStore
from deepcuts.web.server.targets import AbsoluteTargets

if TYPE_CHECKING:
    from fastapi import FastAPI, Response
    from starlette.middleware import Middleware

logger = logging.getLogger(__name__)

_LARGE_BYTES = 2_048  # of a response, from which it is compressed where the client takes that
_COMPRESSION = 4  # of 9: what more would save is little, and it is done on the event loop
_TURN_SECONDS = 0.0005  # of a thread that computes while others wait, as kernels are compiled; usually it is 5 ms


def create_app(
    store: ModelStore,
    settings: ServiceSettings,
    *,
    page_policy: str | None = None,
    others: Mapping[str, ModelStore] | None = None,
) -> FastAPI:
    """Make the application that serves a model.

    Its ``state`` holds what a page needs as well: ``store``, ``settings``, ``compute`` (``await compute.run(work)``
    calls a function beside the event loop), ``metrics``, ``ready``, set once the model is warm, and ``ending``, which
    the server that runs it is to be given. A page may set ``rehearse``, which is awaited before requests are answered,
    and ``let_pass``, which is awaited before kernels are compiled.

    Parameters
    ----------
    store
        The model.
    settings
        Settings of the service.
    page_policy
        Content security policy of every path that is not the service's own; None is the strictest one, and has `/` lead
        to the reference.
    others
        Further models by name.

    Raises
    ------
    MissingExtraError
        If FastAPI or prometheus-client is not installed.
    """
    try:
        from fastapi import FastAPI
        from fastapi.routing import APIRoute

        from deepcuts.web.server.unanswered import Unanswered
        from deepcuts.web.service.endpoints import MODEL_PREFIX, model_router, router
        from deepcuts.web.service.problem_handlers import add_problem_handlers
    except ImportError:
        raise MissingExtraError.of("FastAPI", "app") from None
    endpoints = [route.path for part in (model_router, router) for route in part.routes if isinstance(route, APIRoute)]
    service_paths = {first_segment(path) for path in (*endpoints, "docs", "openapi.json")}
    metrics, ending = Metrics(), Ending()
    app = FastAPI(
        title="deepcuts",
        version=__version__,
        docs_url=None,  # FastAPI's own pages load scripts from elsewhere
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        middleware=_guards(settings, metrics, ending, service_paths, page_policy),
    )
    app.state.models = Models(store, others, settings.second, settings.share)
    app.state.store, app.state.settings, app.state.metrics = store, settings, metrics
    app.state.compute = Compute(settings.n_threads, settings.waiting)
    app.state.ready, app.state.ending = threading.Event(), ending
    app.state.rehearse = app.state.let_pass = partial(asyncio.sleep, 0)
    app.include_router(model_router)
    app.include_router(router)
    app.include_router(model_router, prefix=MODEL_PREFIX, include_in_schema=False)
    add_problem_handlers(app)
    _add_documentation(app, wants_token=settings.token is not None, leads_there=page_policy is None)
    app.router.routes.append(Unanswered(app.routes, service_paths, has_page=page_policy is not None))
    return app


def _guards(
    settings: ServiceSettings, metrics: Metrics, ending: Ending, service_paths: set[str], page_policy: str | None
) -> list[Middleware]:
    """Return the guards, the outermost first: the cheapest checks come first, and every request is counted."""
    from starlette.middleware import Middleware
    from starlette.middleware.gzip import GZipMiddleware

    is_own_page = page_policy is not None and settings.on_loopback  # to this machine, bytes cost less than compression
    return [
        Middleware(AbsoluteTargets),
        Middleware(SecurityHeaders, service_paths=service_paths, page_policy=page_policy),
        Middleware(Observation, metrics=metrics, ending=ending),
        Middleware(HeadGuard),
        Middleware(HeadAsGet),
        *([] if is_own_page else [Middleware(GZipMiddleware, minimum_size=_LARGE_BYTES, compresslevel=_COMPRESSION)]),
        *_cross_origin(settings.cors_origins),
        Middleware(HostGuard, known_hosts=settings.known_hosts, cors_origins=settings.cors_origins),
        Middleware(RateGuard, rate=settings.rate, burst=settings.burst),
        Middleware(TokenGuard, token=settings.token, service_paths=service_paths),
        Middleware(
            BodyGuard,
            service_paths=service_paths,
            body_bytes=settings.body_bytes,
            upload_bytes=settings.upload_bytes,
        ),
    ]


def _cross_origin(origins: tuple[str, ...]) -> list[Middleware]:
    """Tell browsers which pages of other origins may read responses; without any, none may."""
    from starlette.middleware import Middleware

    from deepcuts.web.server.guards.origins import CrossOrigin

    if not origins:
        return []
    cors = Middleware(
        CrossOrigin,
        allow_origins=origins,
        allow_methods=("GET", "HEAD", "POST"),
        allow_headers=("Authorization", "Content-Type", "If-Model", "X-Request-ID", "X-Session-ID"),
        expose_headers=("X-Request-ID", "Retry-After"),
    )
    return [cors]


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Start the threads, warm the model up beside the event loop, and watch its file until the end."""
    from deepcuts.web.service.warming import prepare

    state = app.state
    state.compute.start()
    await state.rehearse()  # before kernels are compiled, which takes turns from it
    for name, store in state.models:
        store.prepare = lambda loaded: state.compute.do(partial(prepare, loaded))
        store.on_reload = partial(_note_reload, app, name)
        store.min_overlap = state.settings.min_overlap
    warming = asyncio.create_task(_warm(app))  # kept: the loop holds tasks by weak references only
    for _, store in state.models:
        store.watch(state.settings.poll_seconds)
    yield
    state.ready.clear()
    warming.cancel()
    for _, store in state.models:
        await asyncio.to_thread(store.close)
    await asyncio.to_thread(state.compute.stop)


async def _warm(app: FastAPI) -> None:
    from deepcuts.web.service.warming import finish, freeze_garbage_collection, warm_up

    state = app.state
    stores = [store for _, store in state.models]
    await state.let_pass()
    try:
        with _short_turns():
            for name, store in state.models:
                await state.compute.run(partial(warm_up, store.current))
                state.metrics.note_model(name, store.version)
        # What lies in a file of others is finished before it is served: who writes into such a file while something is
        # computed from it ends the process.
        early = [store for store in stores if store.is_mapped]
        for store in early:
            with suppress(ProblemError):  # lost already: ready for the file that takes its place
                await state.compute.run(partial(finish, store.current))
        state.ready.set()
        logger.info("ready: version %s, %r", state.store.version, state.store.model)
        for store in stores:
            if store not in early:
                await state.compute.run(partial(finish, store.current))
    except Exception:
        logger.exception("the model cannot be warmed up")
    finally:
        freeze_garbage_collection()


@contextmanager
def _short_turns() -> Iterator[None]:
    """Have threads take turns often.

    Compilation is Python for seconds on end. A request gives its turn up whenever it sends or reads, some hundred times
    while a page loads, and would wait for the whole turn of the compiler each time.
    """
    before = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def _note_reload(app: FastAPI, name: str, is_served: bool) -> None:
    app.state.metrics.reloads.labels("served" if is_served else "refused").inc()
    if is_served:
        app.state.metrics.note_model(name, app.state.models.store(name).version)


def _add_documentation(app: FastAPI, *, wants_token: bool, leads_there: bool) -> None:
    """Add the OpenAPI document, the page that shows it and, where wanted, `/`; the document has none of these."""
    from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

    from deepcuts.web.service.openapi import openapi_document
    from deepcuts.web.service.reference import POLICY, reference_page

    document: dict[str, Any] = openapi_document(app, wants_token=wants_token)
    page = reference_page(document)
    app.openapi = lambda: document  # type: ignore[method-assign]

    def openapi() -> Response:
        return JSONResponse(document)

    def docs() -> Response:
        return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})

    app.add_api_route("/openapi.json", openapi, include_in_schema=False)
    app.add_api_route("/docs", docs, include_in_schema=False)
    if leads_there:
        app.add_api_route("/", lambda: RedirectResponse("docs"), include_in_schema=False, response_model=None)
