"""Queries whose SQL is made once.

For Django to put a query into SQL takes many times as long as for a database to answer it. Where somebody waits for
queries that are always the same but for a few values, their SQL is made the first time and kept.
"""

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet, Value

Row = TypeVar("Row", bound=Model)


class Given(Value):
    """A value in a query that is given with each call, under this name."""

    def resolve_expression(self, *_: Any, **__: Any) -> "Given":
        """It stands for itself."""
        return self

    def as_sql(self, *_: Any) -> tuple[str, tuple[Any, ...]]:
        """A place for the value."""
        return "%s", (self,)


class Prepared(Generic[Row]):
    """A query of whole rows or, by `only`, of parts of them; called with its values, it answers with a list."""

    def __init__(self, query: Callable[[], "QuerySet[Row, Any]"]) -> None:
        self._query = query
        self._made: tuple[Any, Any, str, list[Any]] | None = None

    def __call__(self, **given: Any) -> list[Row]:
        """The rows for these values, one for each `Given`."""
        database = connections[DEFAULT_DB_ALIAS]
        rows, compiler, sql, places = self._made or self._make()
        values = [
            database.ops.adapt_unknown_value(given[place.value]) if isinstance(place, Given) else place
            for place in places
        ]
        # Django's own way from SQL to rows, with a compiler that has nothing left to compile.
        compiler = copy.copy(compiler)
        compiler.connection, compiler.as_sql = database, lambda *_, **__: (sql, values)
        query = SimpleNamespace(get_compiler=lambda **_: compiler)
        return list(rows(SimpleNamespace(db=database.alias, query=query, _known_related_objects={})))

    def first(self, **given: Any) -> Row | None:
        """The first of them, if there is one."""
        return next(iter(self(**given)), None)

    def _make(self) -> tuple[Any, Any, str, list[Any]]:
        queryset = self._query()
        compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
        sql, places = compiler.as_sql()
        self._made = (queryset._iterable_class, compiler, sql, list(places))
        return self._made
