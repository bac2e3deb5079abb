"""A store that fails now and then: before a change, or after it, when only the answer is lost."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar, cast

from sorter.errors import TransientError
from storage.ports import ImageStore, Store

Service = TypeVar("Service")


class Strikes(Protocol):
    """Decides what goes wrong around each call."""

    def before(self, method: str) -> None:
        """Pass time, or raise what a service raises that never heard the call."""
        ...

    def after(self, method: str) -> None:
        """Pass time, or raise as though the answer were lost: the change has been made."""
        ...


class NotHeardError(TransientError):
    """The service was not reached; nothing changed."""


class AnswerLostError(TransientError):
    """The service did what it was asked, and nobody heard of it."""


def unreliable_store(store: Store, strikes: Strikes) -> Store:
    """Return the store, struck around each of its methods."""
    return cast("Store", _struck(store, Store, strikes))


def unreliable_images(images: ImageStore, strikes: Strikes) -> ImageStore:
    """Return the image store, struck around each of its methods."""
    return cast("ImageStore", _struck(images, ImageStore, strikes))


def methods_of(port: type) -> Iterator[str]:
    """Yield the names of the methods that a Protocol asks for."""
    for name, _ in inspect.getmembers(port, inspect.isfunction):
        if not name.startswith("_"):
            yield name


def _struck(service: object, port: type, strikes: Strikes) -> object:
    """Return an object that has the port's methods and nothing else.

    They are read from the port itself, so a method that is added to it is struck like the rest.
    """
    methods = {name: _strike(getattr(service, name), strikes) for name in methods_of(port)}
    return type(f"Unreliable{port.__name__}", (), methods)()


def _strike(call: Callable[..., Any], strikes: Strikes) -> Callable[..., Any]:
    @functools.wraps(call)
    def struck(_self: object, *arguments: Any, **options: Any) -> Any:
        strikes.before(call.__name__)
        answer = call(*arguments, **options)
        strikes.after(call.__name__)
        return answer

    return struck
