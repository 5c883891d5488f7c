"""Bodies of responses, for the OpenAPI document; `handlers` makes them."""

from __future__ import annotations

from pydantic import BaseModel, Field

NAMED_ITEMS = (
    "Items of the request given by a name, and the ids that were taken for them: of several items of one name, "
    "that with most listeners."
)

IS_GUESS = "Whether hardly anybody else plays what they play, so that lists are guesses, or what is popular."


class ModelResponse(BaseModel):
    """Any response that a model was used for."""

    model: str = Field(description="Version of the model that answered: the first digits of its checksum.")


class ItemName(BaseModel):
    """An item."""

    item_id: str
    name: str


class Item(ItemName):
    """An item and how widely it is heard."""

    listeners: int = Field(description="Users who have played it, in training.")


class ListedItem(Item):
    """A row of a list."""

    rank: int = Field(description="1 is best.")
    score: float
    persona: int = Field(description="The persona that recommends it.")


class ListResponse(ModelResponse):
    """A list."""

    user: str | None = Field(description="Whom it is for; null for a visitor.")
    unknown_items: list[str] = Field(description="Items of the history that the catalogue does not have.")
    named_items: dict[str, str] = Field(description=NAMED_ITEMS)
    is_guess: bool = Field(description=IS_GUESS)
    items: list[ListedItem]


class PopularItem(Item):
    """A row of a list for somebody without a history."""

    rank: int = Field(description="1 is best.")
    score: float


class PopularResponse(ModelResponse):
    """A list for somebody without a history."""

    items: list[PopularItem]


class LidarrArtist(BaseModel):
    """A row of a custom list of Lidarr."""

    MusicBrainzId: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | None = Field(default=None, description="Values that were refused: where, and why.")
    request_id: str | None = None


class BatchEntry(BaseModel):
    """The answer to one request of a batch."""

    list: ListResponse | None = None
    problem: Problem | None = None


class BatchResponse(ModelResponse):
    """Lists, in the order of the requests."""

    results: list[BatchEntry]


class PersonaItem(ItemName):
    """An item that made a persona."""

    plays: float


class UserPersona(BaseModel):
    """One of the tastes of a user."""

    persona: int
    name: str = Field(description="Made of its tags and its items; the names of one user are all different.")
    share: float = Field(description="Share of the user's items that belong to it.")
    tags: list[str] = Field(description="Tags that describe it, the strongest first.")
    items: list[PersonaItem]


class PersonasResponse(ModelResponse):
    """The tastes of a user."""

    user: str | None = Field(description="Whose they are; null for a visitor.")
    unknown_items: list[str] = Field(description="Items of the history that the catalogue does not have.")
    named_items: dict[str, str] = Field(description=NAMED_ITEMS)
    is_guess: bool = Field(description=IS_GUESS)
    personas: list[UserPersona]


class SimilarItem(Item):
    """A neighbour of an item."""

    rank: int
    similarity: float = Field(description="Cosine of the factors.")


class SimilarResponse(ModelResponse):
    """The neighbours of an item."""

    item: ItemName
    items: list[SimilarItem]


class Reason(ItemName):
    """An item of the user's own that speaks for another one."""

    rank: int
    plays: float
    persona: int
    contribution: float = Field(description="What it adds to the score.")
    share: float = Field(description="The contribution over the score.")


class ReasonsResponse(ModelResponse):
    """Why an item suits a user."""

    user: str | None
    unknown_items: list[str]
    named_items: dict[str, str] = Field(description=NAMED_ITEMS)
    is_guess: bool = Field(description=IS_GUESS)
    item: ItemName
    reasons: list[Reason]


class FoundItem(Item):
    """An item found by its name."""

    score: float = Field(description="How well it fits what was typed; more is better.")


class SearchResponse(ModelResponse):
    """Items found by name."""

    items: list[FoundItem]


class Alive(BaseModel):
    """The process answers."""

    status: str


class Ready(Alive):
    """The model is loaded and warm."""

    model: str
    users: int
    items: int


class ServedModel(BaseModel):
    """A model that is served."""

    name: str
    version: str = Field(description="The first digits of its checksum.")
    share: float = Field(description="Share of the people that it answers at plain paths.")
    users: int
    items: int


class ModelsResponse(BaseModel):
    """The models that are served."""

    models: list[ServedModel]
