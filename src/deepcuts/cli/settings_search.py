"""The search of settings before a training: a bar, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deepcuts.cli.remarks import Remarks
from deepcuts.model import PersonaSettings
from deepcuts.wording import counted

if TYPE_CHECKING:
    from deepcuts.data.interactions import Interactions
    from deepcuts.tuning import AutoSettings, AutoTrial, AutoTuning


def auto_settings(**asked: Any) -> AutoSettings:
    """Return how to search; the room of tuning is not imported before it is needed."""
    from deepcuts.tuning import AutoSettings

    return AutoSettings(**asked)


def search_settings(plays: Interactions, search: AutoSettings, remarks: Remarks) -> PersonaSettings:
    """Find settings with a progress bar, and say what came of it."""
    from deepcuts.tuning import tune_automatically

    spent = 0.0

    def on_trial(trial: AutoTrial) -> None:
        nonlocal spent
        steps, spent = int(trial.spent) - int(spent), trial.spent
        advance(steps, f"{trial.stage}: ndcg@100 {trial.ndcg:.4f}")

    remarks.say(
        f"Searching settings, for as long as {search.budget:g} fits of the default take; the default is fitted first."
    )
    with remarks.bar("Searching settings", round(search.budget)) as advance:
        found = tune_automatically(plays, search, on_trial=on_trial)
    remarks.say(f"{counted(len(found.trials), 'trial')} took as long as {found.spent:.1f} fits. {_verdict(found)}")
    return found.settings


def _verdict(found: AutoTuning) -> str:
    gain = f"{found.difference:+.1%} in ndcg@100 on two fresh cuts, {found.low:+.1%} to {found.high:+.1%}"
    if not found.is_default:
        return f"Chosen: {_changes(found.settings)} ({gain})."
    best = f"; the best of the others had {gain}" if found.difference else ""
    return f"The default stays, as nothing is better beyond doubt{best}."


def _changes(settings: PersonaSettings) -> str:
    defaults = vars(PersonaSettings())
    changed = {name: value for name, value in vars(settings).items() if value != defaults[name]}
    shown = (f"{value:.3g}" if isinstance(value, float) else f"{value}" for value in changed.values())
    return ", ".join(f"{name} {value}" for name, value in zip(changed, shown, strict=True))
