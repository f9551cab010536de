"""Who looks at the page: the user as the model answers them, with their marks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from penchant.service.access import Credentials
from penchant.service.served_model import ServedModel
from penchant.service.service import Service
from penchant.service.storage.marks import Mark
from penchant.service.user_service import ServedUser

FIRST_RATINGS = 3
"""After so many ratings the first run is over."""


@dataclass(frozen=True)
class Viewer:
    """person: their ratings and state. marks: item id -> mark. token: of their cookie, if it is valid."""

    person: ServedUser
    marks: Mapping[str, Mark]
    token: str | None = None

    @property
    def live(self) -> ServedModel:
        return self.person.live

    @property
    def ratings(self) -> Mapping[str, float]:
        return self.person.ratings

    @property
    def user_id(self) -> str | None:
        return self.person.user_id if self.token else None

    @property
    def is_new(self) -> bool:
        """Whether there are too few ratings for a list of their own."""
        return len(self.ratings) < FIRST_RATINGS

    def marked(self, mark: Mark) -> list[str]:
        """The item ids with the mark, latest first."""
        return [item for item, one in reversed(list(self.marks.items())) if one == mark]

    @cached_property
    def hidden(self) -> list[str]:
        """The item ids that are in no list."""
        return self.marked("hidden")


def viewer_of(service: Service, who: Credentials) -> Viewer:
    """The visitor whose cookie it is; a user without ratings when there is none or it is out of date."""
    service.access.catalogue(who)
    mine = service.access.user_state_of(who)
    if mine is None:
        return Viewer(service.people.describe({}), {})
    return Viewer(service.people.find(mine), service.marks.of(mine), who.token)
