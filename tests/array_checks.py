"""Check arrays against the types of `deepcuts.array_types` wherever a function is called or a dataclass is made.

`install` puts a hook before the import of the library: every function of a module, and every dataclass, is wrapped as
soon as its module has run. Kernels are left as they are, since Numba compiles them.
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
import typing
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

import numpy as np

_REST = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
_met: dict[tuple[Any, str], Any] = {}
_LEFT_OUT = ("deepcuts.kernels", "deepcuts.array_types", "deepcuts.cli")


class ArrayTypeError(TypeError):
    """An array is not what its annotation says."""


def install() -> None:
    """Check the modules of deepcuts that are imported from now on."""
    sys.meta_path.insert(0, _Finder())


def fault(hint: Any, value: object) -> str | None:
    """Say what is wrong with a value of an annotated name; None where nothing is."""
    forms = getattr(hint, "__metadata__", ())
    if forms and type(forms[0]).__name__ == "ArrayForm":
        if not isinstance(value, np.ndarray):
            return f"a {type(value).__name__} where {forms[0]} is expected"
        return (
            None if forms[0].allows(value) else f"{value.dtype}, {value.ndim}-dimensional, where {forms[0]} is expected"
        )
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        if isinstance(value, np.ndarray):
            parts = tuple(part for part in parts if hasattr(part, "__metadata__")) or parts
        faults = [fault(part, value) for part in parts]
        return None if None in faults else faults[0]
    if hint is type(None):
        return None if value is None else f"a {type(value).__name__} where None is expected"
    if origin is tuple and isinstance(value, tuple) and len(parts) == len(value):
        return next(filter(None, map(fault, parts, value)), None)
    return None


def checked(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a function so that arrays among its arguments and results are checked; others come back as they are."""
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        return function
    hints = _hints(getattr(function, "__annotations__", {}), function.__globals__)
    if not hints:
        return function
    parameters = inspect.signature(function).parameters.values()
    assert not any(each.name in hints and each.kind in _REST for each in parameters), f"{function}: no check of these"
    checks = {name: _check_of(function.__qualname__, name, hint) for name, hint in hints.items()}
    check_result = checks.pop("return", None)
    places = [
        (place if each.kind is not each.KEYWORD_ONLY else sys.maxsize, each.name, checks[each.name])
        for place, each in enumerate(parameters)
        if each.name in checks
    ]

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        for place, name, check in places:
            if place < len(args):
                check(args[place])
            elif name in kwargs:
                check(kwargs[name])
        result = function(*args, **kwargs)
        if check_result is not None:
            check_result(result)
        return result

    return wrapper


def _hints(annotations: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Annotations that tell of arrays; those that cannot be evaluated, as they are for type checkers only, are not."""
    hints = {name: _evaluated(text, names) for name, text in annotations.items()}
    return {name: hint for name, hint in hints.items() if "ArrayForm" in repr(hint)}


def _evaluated(text: Any, names: dict[str, Any]) -> Any:
    """What an annotation of a module means: most are met many times in it."""
    if not isinstance(text, str):
        return text
    key = names.get("__name__"), text
    if key not in _met:
        try:
            _met[key] = eval(text, names)
        except (NameError, TypeError, AttributeError):
            _met[key] = None
    return _met[key]


def _check_of(owner: str, name: str, hint: Any) -> Callable[[object], None]:
    """What raises an error where a value is wrong; forms of arrays, and types of others, that were right are kept."""
    right: set[object] = set()

    def check(value: object) -> None:
        form = (value.dtype, value.ndim) if isinstance(value, np.ndarray) else type(value)
        if form in right:
            return
        found = fault(hint, value)
        if found:
            raise ArrayTypeError(f"{owner}, {name}: {found}")
        if not isinstance(value, tuple):  # those of one type may hold anything
            right.add(form)

    return check


def _check_class(cls: type, names: dict[str, Any]) -> None:
    for name, member in list(vars(cls).items()):
        if isinstance(member, types.FunctionType):
            setattr(cls, name, checked(member))
        elif isinstance(member, classmethod | staticmethod):
            setattr(cls, name, type(member)(checked(member.__func__)))
        elif isinstance(member, property) and member.fget:
            setattr(cls, name, property(checked(member.fget), member.fset, member.fdel, member.__doc__))
        elif isinstance(member, functools.cached_property):
            member.func = checked(member.func)
    if is_dataclass(cls) and "__init__" in vars(cls):
        _check_fields(cls, names)


def _check_fields(cls: Any, names: dict[str, Any]) -> None:
    init, hints = cls.__init__, _field_hints(cls, names)
    if not hints:
        return
    checks = {name: _check_of(cls.__qualname__, name, hint) for name, hint in hints.items()}

    @functools.wraps(init)
    def checked_init(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        for name, check in checks.items():
            check(getattr(self, name))

    cls.__init__ = checked_init


def _field_hints(cls: Any, names: dict[str, Any]) -> dict[str, Any]:
    """Annotations of a dataclass that tell of arrays, those of its bases as their own modules understand them."""
    hints: dict[str, Any] = {}
    for base in filter(is_dataclass, reversed(cls.__mro__)):
        own = vars(base).get("__annotations__", {})
        hints |= _hints(own, names if base is cls else vars(sys.modules[base.__module__]))
    return {field.name: hints[field.name] for field in fields(cls) if field.name in hints}


class _Finder(MetaPathFinder):
    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        if not name.startswith("deepcuts.") or name.startswith(_LEFT_OUT):
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            _check_after(spec.loader)
        return spec


def _check_after(loader: Loader) -> None:
    run = loader.exec_module

    def run_and_check(module: types.ModuleType) -> None:
        run(module)
        for name, value in list(vars(module).items()):
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if isinstance(value, types.FunctionType):
                setattr(module, name, checked(value))
            elif isinstance(value, type) and not getattr(value, "_is_protocol", False):
                _check_class(value, vars(module))

    loader.exec_module = run_and_check  # type: ignore[method-assign]
