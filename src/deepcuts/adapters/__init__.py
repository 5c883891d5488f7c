"""The model inside of other tools: as a component of LensKit, and as a model of RecTools. Each needs that library."""

from typing import TYPE_CHECKING, Any

from deepcuts.errors import MissingExtraError
from deepcuts.lazy import names_on_demand, public_names

if TYPE_CHECKING:
    from deepcuts.adapters.lenskit_component import PersonaScorer, PersonaScorerConfig
    from deepcuts.adapters.rectools_model import PersonaNMFModel, PersonaNMFModelConfig

_HOMES = {
    "PersonaNMFModel": "rectools_model",
    "PersonaNMFModelConfig": "rectools_model",
    "PersonaScorer": "lenskit_component",
    "PersonaScorerConfig": "lenskit_component",
}

__all__ = ["PersonaNMFModel", "PersonaNMFModelConfig", "PersonaScorer", "PersonaScorerConfig"]

__dir__ = public_names(__name__)
_find = names_on_demand(__name__, _HOMES)


def __getattr__(name: str) -> Any:
    try:
        return _find(name)
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in ("lenskit", "rectools"):
            raise
        raise MissingExtraError.of(library, extra=library) from error
