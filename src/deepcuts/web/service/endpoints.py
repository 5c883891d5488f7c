"""The paths of the service: what they take, what they give; `answers` does the work."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from deepcuts.web.problems import Problem, ProblemError
from deepcuts.web.service import handlers as answers
from deepcuts.web.service import limits
from deepcuts.web.service import responses as replies
from deepcuts.web.service.requests import FoldInQuestion, ListBatch, ListQuestion, OfUser, ReasonsQuestion

if TYPE_CHECKING:
    from deepcuts.web.server.compute import Compute
    from deepcuts.web.server.store import LoadedModel

router = APIRouter()

Id = Annotated[str, Path(min_length=1, max_length=limits.MAX_ID, description="Id of a user.")]
Item = Annotated[str, Query(min_length=1, max_length=limits.MAX_ID, description="Id of an item.")]
Length = Annotated[int, Query(ge=1, le=limits.MAX_K, description="The most rows.")]


async def respond(request: Request, answer: Callable[[LoadedModel], answers.Reply]) -> Response:
    """Compute an answer with the model of now, and write it down, beside the event loop."""
    loaded, compute = request.app.state.store.current, _compute(request)
    content = await compute.run(lambda: json.dumps(answer(loaded), allow_nan=False, separators=(",", ":")))
    return Response(content, media_type="application/json")


@router.post("/recommend", response_model=replies.ListReply, tags=["lists"])
async def recommend(request: Request, question: ListQuestion) -> Response:
    """Recommend items to a user of the model, or to anyone by what they have played."""
    return await respond(request, partial(answers.answer_list, question=question))


@router.post("/recommend/batch", response_model=replies.BatchReply, tags=["lists"])
async def recommend_batch(request: Request, batch: ListBatch) -> Response:
    """Make several lists at once; one that cannot be made has a problem in its place."""
    return await respond(request, partial(answers.answer_batch, batch=batch))


@router.post("/fold-in", response_model=replies.PersonasReply, tags=["personas"])
async def fold_in(request: Request, question: FoldInQuestion) -> Response:
    """Find the personas of anyone, by what they have played; nothing of it is kept."""
    return await respond(request, partial(answers.answer_personas, question=question, n_items=question.n_items))


@router.get("/personas/{user:path}", response_model=replies.PersonasReply, tags=["personas"])
async def personas(request: Request, user: Id, n_items: Length = 10) -> Response:
    """Tell the personas of a user, and the items that made them."""
    return await respond(request, partial(answers.answer_personas, question=OfUser(user=user), n_items=n_items))


@router.post("/explain", response_model=replies.ReasonsReply, tags=["lists"])
async def explain(request: Request, question: ReasonsQuestion) -> Response:
    """Tell which of their own items speak for an item."""
    return await respond(request, partial(answers.answer_reasons, question=question))


@router.get("/similar", response_model=replies.SimilarReply, tags=["items"])
async def similar(request: Request, item: Item, k: Length = 20) -> Response:
    """List the items most like one."""
    return await respond(request, partial(answers.answer_similar, item=item, k=k))


@router.get("/items", response_model=replies.SearchReply, tags=["items"])
async def items(
    request: Request,
    q: Annotated[str, Query(min_length=1, max_length=limits.MAX_QUERY, description="What someone typed.")],
    k: Length = 10,
) -> Response:
    """Find items by name; typing errors and accents are forgiven."""
    return await respond(request, partial(answers.answer_search, query=q, k=k))


@router.get("/healthz", response_model=replies.Alive, tags=["operation"])
async def healthz() -> dict[str, str]:
    """Tell that the process answers; if it does not, restart it."""
    return {"status": "ok"}


@router.get("/readyz", response_model=replies.Ready, tags=["operation"])
async def readyz(request: Request) -> dict[str, Any]:
    """Tell that the model is loaded and warm; until then, send requests elsewhere."""
    if not request.app.state.ready.is_set():
        raise ProblemError(Problem(503, "The model is warming up.", "starting", headers={"Retry-After": "1"}))
    loaded = request.app.state.store.current
    sizes = {"users": len(loaded.model.user_ids), "items": len(loaded.model.item_ids)}
    return {"status": "ready", "model": loaded.version, **sizes}


@router.get("/metrics", response_class=Response, tags=["operation"])
async def metrics(request: Request) -> Response:
    """Tell counts and times, as Prometheus reads them."""
    return Response(request.app.state.metrics.text(), media_type="text/plain; version=0.0.4")


def _compute(request: Request) -> Compute:
    compute: Compute = request.app.state.compute
    return compute
