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
    signature = inspect.signature(function)

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            _refuse(function.__qualname__, name, hints.get(name), value)
        result = function(*args, **kwargs)
        _refuse(function.__qualname__, "return", hints.get("return"), result)
        return result

    return wrapper


def _hints(annotations: dict[str, Any], names: dict[str, Any]) -> dict[str, Any]:
    """Annotations that tell of arrays; those that cannot be evaluated, as they are for type checkers only, are not."""
    found = {}
    for name, text in annotations.items():
        try:
            hint = eval(text, names) if isinstance(text, str) else text
        except (NameError, TypeError, AttributeError):
            continue
        if "ArrayForm" in repr(hint):
            found[name] = hint
    return found


def _refuse(owner: str, name: str, hint: Any, value: object) -> None:
    found = None if hint is None else fault(hint, value)
    if found:
        raise ArrayTypeError(f"{owner}, {name}: {found}")


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

    @functools.wraps(init)
    def checked_init(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        for name, hint in hints.items():
            _refuse(cls.__qualname__, name, hint, getattr(self, name))

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
