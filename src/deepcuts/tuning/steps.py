"""Steps from one setting of the model to another, which can be joined.

α, the ratio r and λ are searched along the lines that were found to matter on data of many densities: r and λ move
together, λ ∝ r^−0.7, as more unobserved weight wants less ridge, and sparse data wants more of α and of r. How much
users are held once items are found, and how much what they do not play weighs then, are lines of their own, which need
no training.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from deepcuts.model.training.density_rule import RIDGE_BY_RATIO
from deepcuts.model.training.settings import PersonaSettings, Signs

_ALPHA = 0.15
_LARGEST_ALPHA = 0.6
_RATIOS = (1.0, 100.0)
_RIDGES = (1e-4, 1.0)
_HOLDS = _SCALES = (0.05, 20.0)
_LEANS = (0.05, 20.0)

_HELD = "settled_regularization_scale", "persona_regularization_scale"
_UNOBSERVED = "settled_unobserved_scale", "persona_unobserved_scale"
OF_USERS = frozenset((*_HELD, *_UNOBSERVED))  # items are found without them


@dataclass(frozen=True)
class Step:
    """A step between settings.

    Parameters
    ----------
    alpha
        What is added to `unobserved_exponent`.
    ratio, ridge, hold, unobserved, lean, factors
        By what `unobserved_ratio`, both λ, both scales of λ of users and both of w0 once items are found, `lean` and
        `n_factors` are multiplied.
    signs
        The new value of `nonnegative`; None keeps it.
    """

    alpha: float = 0.0
    ratio: float = 1.0
    ridge: float = 1.0
    hold: float = 1.0
    unobserved: float = 1.0
    lean: float = 1.0
    factors: float = 1.0
    signs: Signs | None = None

    def then(self, other: Step) -> Step:
        """Both steps, one after the other."""
        return Step(
            self.alpha + other.alpha,
            self.ratio * other.ratio,
            self.ridge * other.ridge,
            self.hold * other.hold,
            self.unobserved * other.unobserved,
            self.lean * other.lean,
            self.factors * other.factors,
            other.signs or self.signs,
        )

    def of(self, centre: PersonaSettings, fixed: Collection[str], most_factors: int) -> PersonaSettings:
        """Take the step from settings whose values are all numbers; fixed ones stay, and all within bounds."""
        values: dict[str, Any] = {
            "unobserved_exponent": _within(_number(centre.unobserved_exponent) + self.alpha, (0.0, _LARGEST_ALPHA)),
            "unobserved_ratio": _within(_number(centre.unobserved_ratio) * self.ratio, _RATIOS),
            "user_regularization": _within(_number(centre.user_regularization) * self.ridge, _RIDGES),
            "item_regularization": _within(_number(centre.item_regularization) * self.ridge, _RIDGES),
            **{name: _within(_number(getattr(centre, name)) * self.hold, _HOLDS) for name in _HELD},
            **{name: _within(_number(getattr(centre, name)) * self.unobserved, _SCALES) for name in _UNOBSERVED},
            "lean": _within(centre.lean * self.lean, _LEANS),
            "n_factors": min(most_factors, round(centre.vector_length * self.factors)),
            "nonnegative": self.signs or centre.nonnegative,
        }
        # What a step does not touch stays as it is, also where that is out of the bounds of the search.
        touched = {name for name, value in zip(values, self._moves(), strict=True) if value}
        touched -= set(fixed) - {"n_factors"}  # their bound tells whether they may grow
        return replace(centre, **{name: values[name] for name in touched})

    def _moves(self) -> tuple[bool, ...]:
        """Whether each of the values of `of` is moved."""
        pairs = [moves for factor in (self.ridge, self.hold, self.unobserved) for moves in [factor != 1] * 2]
        others = self.lean != 1, self.factors != 1, self.signs is not None
        return self.alpha != 0, self.ratio != 1, *pairs, *others


def first_steps(*, any_sign: bool, more_factors: bool) -> list[Step]:
    """Steps along one line each, those first that are expected to matter most."""
    more, less = _tied(2.0), _tied(0.5)
    up, down = Step(alpha=_ALPHA), Step(alpha=-_ALPHA)
    signs = [Step(signs="none"), Step(signs="items")] if any_sign else []
    factors = [Step(factors=1.5)] if more_factors else []
    return [
        *signs,
        *factors,
        up.then(more),
        up,
        more,
        less,
        Step(hold=2.0),
        Step(hold=0.5),
        Step(unobserved=2.0),
        Step(unobserved=0.5),
        down,
        down.then(less),
        Step(ridge=1.5),
        Step(ridge=1 / 1.5),
    ]


LEAN_STEPS = (Step(lean=2.0), Step(lean=0.5))


def _tied(ratio: float) -> Step:
    return Step(ratio=ratio, ridge=ratio**RIDGE_BY_RATIO)


def _within(value: float, bounds: tuple[float, float]) -> float:
    return min(max(value, bounds[0]), bounds[1])


def _number(value: Any) -> float:
    return float(value)
