"""How an EHR hands out the pages of a long search, and how long a link to the next page lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from samples.personas.fact import Fact

COUNT = "_count"


@dataclass(frozen=True, kw_only=True)
class Paging(Fact):
    """Pages of `default_count` matches, or as many as `_count` asks for up to `max_count`.

    `parameter` is what a next link carries: the name of a kept result, or with `offset` the number of matches before
    the page (which then is searched anew, so that a page can repeat or miss what changed meanwhile). `with_query` puts
    the first search's parameters into the link too, `also` more parameters as "name=value". A kept result is gone
    after `lasts_seconds` (None: after a restart), which is answered with `expired_status` and `expired_number`.
    With `where_listed`, only types that list the parameter are paged.
    """

    parameter: str
    default_count: int
    max_count: int
    offset: bool = False
    with_query: bool = False
    also: tuple[str, ...] = ()
    where_listed: bool = False
    lasts_seconds: int | None = None
    expired_status: int = 410
    expired_number: str = ""
    expired_says: str = "this page of the search is not kept any more: search again"

    @property
    def lasts(self) -> timedelta | None:
        """How long a link leads to its page."""
        return None if self.lasts_seconds is None else timedelta(seconds=self.lasts_seconds)

    def own(self, name: str) -> bool:
        """True for a parameter of the link that is none of the search."""
        return name == self.parameter or name in {each.partition("=")[0] for each in self.also}

    def count(self, params: Sequence[tuple[str, str]]) -> str:
        """The page size for these parameters; what is no number is given on for the search to refuse."""
        asked = dict(params).get(COUNT)
        if asked is None:
            return str(self.default_count)
        return str(min(int(asked[:9]), self.max_count)) if asked.isascii() and asked.isdigit() else asked

    def link(self, token: str, query: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """The query of the link to the page of this token, after a search with this query."""
        value = token.rpartition(".")[2] if self.offset else token
        kept = tuple(pair for pair in query if not self.own(pair[0])) if self.with_query else ()
        more = (each.partition("=") for each in self.also)
        return (*kept, (self.parameter, value), *((name, said) for name, _, said in more))
