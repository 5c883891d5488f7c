"""The paths of the service, with the types of their requests and responses; `handlers` computes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from deepcuts.model.stranger import LEAST_LISTENERS, popular_settings
from deepcuts.recommendation.settings import MOST_RARITY, ListSettings, RarityForm
from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.service import handlers, limits, responses
from deepcuts.web.service.json_bodies import JsonRoute
from deepcuts.web.service.requests import FoldInRequest, ListBatch, ListRequest, ReasonsRequest, UserRequest
from deepcuts.web.service.somebody import somebody_of

if TYPE_CHECKING:
    from deepcuts.web.server.compute import Compute
    from deepcuts.web.server.models import Models
    from deepcuts.web.server.store import LoadedModel, ModelStore

model_router = APIRouter(route_class=JsonRoute)  # what a model answers, at plain paths and under `MODEL_PREFIX`
router = APIRouter()  # what is about the service

MODEL_PREFIX = "/v1/models/{model_name}"

Id = Annotated[str, Path(min_length=1, max_length=limits.MAX_ID, description="Id of a user.")]
Item = Annotated[str, Query(min_length=1, max_length=limits.MAX_ID, description="Id of an item.")]
Length = Annotated[int, Query(ge=1, le=limits.MAX_K, description="The most rows.")]


async def respond(
    http: Request, handle: Callable[[LoadedModel], handlers.Json | list[dict[str, str]]], about: Any = None
) -> Response:
    """Compute a response with a model that is served, and serialize it, in a thread beside the event loop.

    Parameters
    ----------
    http
        The request; its path may name a model, and its header If-Model a version.
    handle
        What is computed.
    about
        The body that tells whom the request is about; None where it is about nobody.

    Raises
    ------
    ProblemError
        If there is no such model, or it is of another version.
    """
    # `current` is read once: what is computed and serialized is of one model, also while another replaces it.
    loaded, compute = _store(http, about).current, _compute(http)
    _check_version(http, loaded)
    content = await compute.run(lambda: json.dumps(handle(loaded), allow_nan=False, separators=(",", ":")))
    return Response(content, media_type="application/json")


def _store(http: Request, about: Any) -> ModelStore:
    """Return the model that the path names, or else the one that answers whom the request is about."""
    models: Models = http.app.state.models
    name = http.path_params.get("model_name")
    if name is None:
        name = models.name_for("" if about is None else somebody_of(http.scope, getattr(about, "user", None)))
    return models.store(name)


def _check_version(http: Request, loaded: LoadedModel) -> None:
    wanted = http.headers.get("if-model")
    if wanted is not None and wanted.strip().strip('"') not in (loaded.version, "*"):
        detail = f"If-Model names another version than {loaded.version}, which is served now."
        raise ProblemError(Problem(409, detail, "model"))


@model_router.post("/recommend", response_model=responses.ListResponse, tags=["lists"])
async def recommend(http: Request, request: ListRequest) -> Response:
    """Recommend items to a user of the model, or to anyone by what they have played."""
    return await respond(http, partial(handlers.handle_list, request=request), request)


@model_router.post("/recommend/batch", response_model=responses.BatchResponse, tags=["lists"])
async def recommend_batch(http: Request, batch: ListBatch) -> Response:
    """Make several lists at once; one that cannot be made has a problem in its place."""
    return await respond(http, partial(handlers.handle_batch, batch=batch))


@model_router.post("/fold-in", response_model=responses.PersonasResponse, tags=["personas"])
async def fold_in(http: Request, request: FoldInRequest) -> Response:
    """Find the personas of anyone, by what they have played; nothing of it is kept."""
    return await respond(http, partial(handlers.handle_personas, request=request, n_items=request.n_items), request)


@model_router.get("/personas/{user:path}", response_model=responses.PersonasResponse, tags=["personas"])
async def personas(http: Request, user: Id, n_items: Length = 10) -> Response:
    """Tell the personas of a user, and the items that made them."""
    request = UserRequest(user=user)
    return await respond(http, partial(handlers.handle_personas, request=request, n_items=n_items), request)


@model_router.post("/explain", response_model=responses.ReasonsResponse, tags=["lists"])
async def explain(http: Request, request: ReasonsRequest) -> Response:
    """Tell which of their own items speak for an item."""
    return await respond(http, partial(handlers.handle_reasons, request=request), request)


@model_router.get("/similar", response_model=responses.SimilarResponse, tags=["items"])
async def similar(http: Request, item: Item, k: Length = 20) -> Response:
    """List the items most like one."""
    return await respond(http, partial(handlers.handle_similar, item=item, k=k))


@model_router.get("/items", response_model=responses.SearchResponse, tags=["items"])
async def items(
    http: Request,
    q: Annotated[str, Query(min_length=1, max_length=limits.MAX_QUERY, description="What someone typed.")],
    k: Length = 10,
) -> Response:
    """Find items by name; typing errors and accents are forgiven."""
    return await respond(http, partial(handlers.handle_search, query=q, k=k))


@model_router.get("/popular", response_model=responses.PopularResponse, tags=["lists"])
async def popular(
    http: Request,
    k: Length = 20,
    rarity: Annotated[
        float, Query(ge=-MOST_RARITY, le=MOST_RARITY, description="Position of the dial: -1 familiar, 1 deep cuts.")
    ] = 0.0,
    dial: Annotated[RarityForm, Query(description="What the dial goes by.")] = ListSettings.dial,
    least_listeners: Annotated[
        int, Query(ge=0, le=limits.MOST_LISTENERS, description="Items of fewer listeners are left out.")
    ] = LEAST_LISTENERS,
) -> Response:
    """Recommend items to somebody without a history: what typical tastes of all users have to say."""
    settings = popular_settings(k, rarity=rarity, dial=dial)
    handle = partial(handlers.handle_popular, settings=settings, least_listeners=least_listeners)
    return await respond(http, handle)


@model_router.get("/lidarr/{user:path}", response_model=list[responses.LidarrArtist], tags=["lists"])
async def lidarr(
    http: Request,
    user: Id,
    k: Length = 20,
    rarity: Annotated[
        float, Query(ge=-MOST_RARITY, le=MOST_RARITY, description="Position of the dial: -1 familiar, 1 deep cuts.")
    ] = 0.0,
) -> Response:
    """List artists for a user as a custom list of Lidarr, which fetches them from this address."""
    handle = partial(handlers.handle_lidarr, user=user, settings=ListSettings(k=k, rarity=rarity))
    return await respond(http, handle)


@router.get("/v1/models", response_model=responses.ModelsResponse, tags=["operation"])
async def served_models(http: Request) -> dict[str, Any]:
    """List the models; each answers the paths of lists, personas and items under /v1/models/{name} as well."""
    models: Models = http.app.state.models
    return {"models": [handlers.describe_model(name, store, models.share(name)) for name, store in models]}


@router.get("/healthz", response_model=responses.Alive, tags=["operation"])
async def healthz() -> dict[str, str]:
    """Tell that the process answers; if it does not, restart it."""
    return {"status": "ok"}


@router.get("/readyz", response_model=responses.Ready, tags=["operation"])
async def readyz(http: Request) -> dict[str, Any]:
    """Tell that the model is loaded and warm; until then, and once the service is about to end, ask elsewhere."""
    if http.app.state.ending.has_begun:
        raise ProblemError(Problem(503, "The service is about to end.", "stopping"))
    if not http.app.state.ready.is_set():
        raise ProblemError(Problem(503, "The model is warming up.", "starting", headers={"Retry-After": "1"}))
    loaded = http.app.state.store.current
    sizes = {"users": len(loaded.model.user_ids), "items": len(loaded.model.item_ids)}
    return {"status": "ready", "model": loaded.version, **sizes}


@router.get("/metrics", response_class=Response, tags=["operation"])
async def metrics(http: Request) -> Response:
    """Tell counts and times, as Prometheus reads them."""
    return Response(http.app.state.metrics.text(), media_type="text/plain; version=0.0.4")


def _compute(http: Request) -> Compute:
    compute: Compute = http.app.state.compute
    return compute
