"""Bodies of requests: their members, with types, ranges and lengths."""

from __future__ import annotations

from collections.abc import Sized
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from deepcuts.recommendation.settings import (
    MOST_BASE_WEIGHT,
    MOST_RARITY,
    MOST_WEIGHT,
    Frequency,
    ListSettings,
    Mix,
    RarityForm,
    Turn,
)
from deepcuts.web.service import limits


def at_most(most: int) -> BeforeValidator:
    """Refuse what is too long before its members are validated, each of which could be an error of its own."""

    def check(value: Any) -> Any:
        if isinstance(value, Sized) and not isinstance(value, str) and len(value) > most:
            raise PydanticCustomError("too_many", f"at most {most:,} are taken, and here are {len(value):,}")
        return value

    return BeforeValidator(check)


def integral(value: Any) -> Any:
    """Convert 20.0 to 20: in JSON they are one number."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Id = Annotated[str, Field(min_length=1, max_length=limits.MAX_ID)]
Length = Annotated[
    int, Field(ge=1, le=limits.MAX_K, strict=True, description="Rows of the list."), BeforeValidator(integral)
]
PersonaKey = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]?|1[01][0-9]|12[0-7])$")]  # 0 to 127, without leading zeros
Rarity = Annotated[float, Field(ge=-MOST_RARITY, le=MOST_RARITY, allow_inf_nan=False, strict=True)]
Weight = Annotated[float, Field(ge=0, le=MOST_WEIGHT, allow_inf_nan=False, strict=True)]
Plays = Annotated[float, Field(ge=limits.LEAST_PLAYS, le=limits.MOST_PLAYS, allow_inf_nan=False, strict=True)]
Persona = Annotated[int, Field(ge=0, le=limits.MAX_PERSONAS - 1, strict=True), BeforeValidator(integral)]
Lean = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]
History = Annotated[
    dict[Id, Plays],
    Field(
        min_length=1,
        max_length=limits.MAX_HISTORY,
        description="Plays by id or name of an item.",
        examples=[{"Grouper": 40}],
    ),
    at_most(limits.MAX_HISTORY),
]
Items = Annotated[list[Id], Field(max_length=limits.MAX_FILTER), at_most(limits.MAX_FILTER)]
_BY_PERSONA = Field(max_length=limits.MAX_PERSONAS, json_schema_extra={"additionalProperties": False})
WeightByPersona = Annotated[dict[PersonaKey, Weight], _BY_PERSONA, at_most(limits.MAX_PERSONAS)]
RarityByPersona = Annotated[dict[PersonaKey, Rarity], _BY_PERSONA, at_most(limits.MAX_PERSONAS)]

# Tags of alternatives: Pydantic puts them into the locations of errors, and `problem_handlers` removes them.
FOR_USER, FOR_VISITOR, ONE_RARITY, BY_PERSONA = "for a user", "for a visitor", "one rarity", "by persona"
AUTO_LEAN, ONE_LEAN = "auto lean", "one lean"
ALTERNATIVES = frozenset({FOR_USER, FOR_VISITOR, ONE_RARITY, BY_PERSONA, AUTO_LEAN, ONE_LEAN})


def _rarity_tag(value: Any) -> str:
    return BY_PERSONA if isinstance(value, dict) else ONE_RARITY


def _lean_tag(value: Any) -> str:
    return AUTO_LEAN if isinstance(value, str) else ONE_LEAN


class RequestModel(BaseModel):
    """A body of a request; unknown members are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


_NEUTRAL: JsonDict = {"anyOf": [{"const": 0}, {"type": "object", "additionalProperties": {"const": 0}}]}
_BOTH_TURNED: JsonDict = {
    "required": ["rarity", "strength"],
    "properties": {"rarity": {"not": _NEUTRAL}, "strength": {"not": {"type": "null"}}},
}


class TurnOptions(RequestModel):
    """How a list is turned, and what becomes of scores; see `ListSettings`."""

    model_config = ConfigDict(json_schema_extra={"not": _BOTH_TURNED})  # one of the two, as the library asks

    rarity: Annotated[
        Annotated[Rarity, Tag(ONE_RARITY)] | Annotated[RarityByPersona, Tag(BY_PERSONA)],
        Discriminator(_rarity_tag),
    ] = Field(
        default=0.0,
        description="Position of the dial: -1 familiar, 0 neutral, 1 deep cuts; one value, or one for each persona by "
        "number.",
        examples=[0.3, {"0": 0.5, "1": -0.2}],
    )
    dial: RarityForm = Field(
        default="norm",
        description="What the dial goes by: the size of items, a shift, or a power of their frequency.",
    )
    frequency: Frequency = Field(default="listeners", description="What makes an item frequent.")
    mix: Mix = Field(
        default="share",
        description="Every persona ranks on its own and gets its share, or all items by the best score.",
    )
    base_lean: Annotated[
        Annotated[Literal["auto"], Tag(AUTO_LEAN)] | Annotated[Lean, Tag(ONE_LEAN)], Discriminator(_lean_tag)
    ] = Field(
        default="auto",
        validation_alias=AliasChoices("base_lean", "lean"),  # the second one is its former name
        description="How far personas lean on the user's base vector: a number, or as far as the list is turned.",
        examples=["auto", 0.25],
    )
    strength: (
        Annotated[
            Annotated[Rarity, Tag(ONE_RARITY)] | Annotated[RarityByPersona, Tag(BY_PERSONA)],
            Discriminator(_rarity_tag),
        ]
        | None
    ) = Field(
        default=None,
        description="Instead of a rarity: the strength of the form itself; one, or one for each persona by number.",
    )

    def turn(self) -> Turn:
        """Convert them to settings of the library."""
        return {
            "rarity": _turn(self.rarity),
            "strength": None if self.strength is None else _turn(self.strength),
            "dial": self.dial,
            "frequency": self.frequency,
            "mix": self.mix,
            "base_lean": self.base_lean,
        }

    def persona_numbers(self) -> dict[str, list[int]]:
        """Numbers of personas that settings name, by setting."""
        by_persona = {"rarity": self.rarity, "strength": self.strength}
        return {name: list(map(int, value)) for name, value in by_persona.items() if isinstance(value, dict)}


class ListOptions(TurnOptions):
    """How a list is made; see `ListSettings`."""

    k: Length = 20
    base_weight: float = Field(
        default=ListSettings.base_weight,
        ge=0,
        le=MOST_BASE_WEIGHT,
        strict=True,
        allow_inf_nan=False,
        description="Weight of the user's base vector in a mix by share, where all personas together weigh 1.",
    )
    include_seen: bool = Field(default=False, strict=True, description="Whether items already played may be listed.")
    allow: Items | None = Field(default=None, description="Ids or names of items: list nothing but these.")
    deny: Items = Field(default_factory=list, description="Ids or names of items: list none of these.")
    pick: Annotated[list[Persona], Field(max_length=limits.MAX_PERSONAS)] | None = Field(
        default=None, description="Personas to hear, by number; null hears all."
    )
    weights: WeightByPersona = Field(
        default_factory=dict, description="Factor on the share of a persona, by number: 0 mutes, above 1 boosts."
    )

    def list_settings(self) -> ListSettings:
        """Convert them to the settings of the library."""
        return ListSettings(
            **self.turn(),
            k=self.k,
            base_weight=self.base_weight,
            include_seen=self.include_seen,
            allow=self.allow,
            deny=self.deny,
            pick=self.pick,
            weights=_by_number(self.weights),
        )

    def persona_numbers(self) -> dict[str, list[int]]:
        """Numbers of personas that settings name, by setting."""
        return {**super().persona_numbers(), "weights": list(map(int, self.weights)), "pick": self.pick or []}


class UserRequest(RequestModel):
    """A request about a user of the model."""

    user: Annotated[Id, Field(description="Id of a user.")]


class VisitorRequest(RequestModel):
    """A request about anyone, by what they have played."""

    history: History
    dislikes: Items = Field(default_factory=list, description="Ids or names: none of these, and less of the like.")


class ListForUser(UserRequest, ListOptions):
    """A list for a user of the model."""


class ListForVisitor(VisitorRequest, ListOptions):
    """A list for anyone, by what they have played."""


class FoldInRequest(VisitorRequest):
    """The personas of anyone, by what they have played."""

    n_items: Length = Field(default=10, description="The most items to show of each persona.")


class _ReasonOptions(TurnOptions):
    item: Annotated[Id, Field(description="Id or name of an item.")]
    k: Length = Field(default=10, description="The most reasons.")
    persona: Persona | None = Field(
        default=None, description="The persona that a row of a list names; null takes the one with the best score."
    )


class ReasonsForUser(UserRequest, _ReasonOptions):
    """Why an item suits a user of the model."""


class ReasonsForVisitor(VisitorRequest, _ReasonOptions):
    """Why an item suits anyone, by what they have played."""


def _subject_tag(value: Any) -> str:
    is_visitor = "history" in value if isinstance(value, dict) else isinstance(value, VisitorRequest)
    return FOR_VISITOR if is_visitor else FOR_USER


def _one_subject(value: Any) -> Any:
    """Refuse a request about a user as well as about a visitor, or about neither."""
    given = [name for name in ("user", "history") if name in value] if isinstance(value, dict) else ["user"]
    if len(given) != 1:
        raise PydanticCustomError("one_subject", "give one of the two, user or history")
    return value


ListRequest = Annotated[
    Annotated[ListForUser, Tag(FOR_USER)] | Annotated[ListForVisitor, Tag(FOR_VISITOR)],
    Discriminator(_subject_tag),
    BeforeValidator(_one_subject),
]
ReasonsRequest = Annotated[
    Annotated[ReasonsForUser, Tag(FOR_USER)] | Annotated[ReasonsForVisitor, Tag(FOR_VISITOR)],
    Discriminator(_subject_tag),
    BeforeValidator(_one_subject),
]


class ListBatch(RequestModel):
    """Several lists at once."""

    requests: Annotated[list[ListRequest], Field(min_length=1, max_length=limits.MAX_BATCH)]


def _turn(value: float | dict[str, float]) -> float | dict[int, float]:
    return _by_number(value) if isinstance(value, dict) else value


def _by_number(values: dict[str, float]) -> dict[int, float]:
    return {int(persona): value for persona, value in values.items()}
