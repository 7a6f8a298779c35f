"""One registry class for everything users can plug in: aligners here, scorers in promptlab."""

from collections.abc import Callable
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

__all__ = ["DuplicateNameError", "Registry", "UnknownNameError"]

T = TypeVar("T")


class UnknownNameError(KeyError):
    """No entry has that name; the message lists the closest match and all names."""

    def __str__(self) -> str:
        return str(self.args[0])


class DuplicateNameError(ValueError):
    """Two entries claim one name."""


class Registry(Generic[T]):
    """Classes by name; third parties are found through an entry-point group on demand.

    >>> colours = Registry[object]("colour")
    >>> @colours.register("red")
    ... class Red: ...
    >>> colours.available()
    ('red',)
    >>> colours["rde"]
    Traceback (most recent call last):
    aligners.registry.UnknownNameError: unknown colour 'rde'; did you mean 'red'? Available: red.
    """

    def __init__(self, kind: str, *, entry_point_group: str | None = None) -> None:
        self._kind = kind
        self._group = entry_point_group
        self._classes: dict[str, type[T]] = {}

    def register(self, name: str) -> Callable[[type[T]], type[T]]:
        """Return a class decorator that files the class under ``name``.

        Raises:
            DuplicateNameError: when ``name`` is taken.
        """

        def file_class(cls: type[T]) -> type[T]:
            if name in self._classes:
                taken = self._classes[name]
                raise DuplicateNameError(
                    f"{self._kind} names must be unique, but {name!r} is already "
                    f"{taken.__module__}.{taken.__qualname__}; choose another name."
                )
            self._classes[name] = cls
            return cls

        return file_class

    def __getitem__(self, name: str) -> type[T]:
        """Return the class called ``name``, loading a third party's entry point if needed.

        Raises:
            UnknownNameError: when nobody offers ``name``.
        """
        if name in self._classes:
            return self._classes[name]
        if name in self._third_party():
            loaded: type[T] = self._third_party()[name].load()
            return self._classes.setdefault(name, loaded)
        names = self.available()
        close = get_close_matches(name, names, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        raise UnknownNameError(
            f"unknown {self._kind} {name!r}; {hint}Available: {', '.join(names)}."
        )

    def available(self) -> tuple[str, ...]:
        """Return every name that can be asked for, sorted."""
        return tuple(sorted({*self._classes, *self._third_party()}))

    def _third_party(self) -> dict[str, EntryPoint]:
        if self._group is None:
            return {}
        return {entry.name: entry for entry in entry_points(group=self._group)}
