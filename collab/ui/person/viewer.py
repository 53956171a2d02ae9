"""The person in front of a run: what it makes of their answers, and what it believes of them before the first rating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from collab.errors import RunError
from collab.models.ease import ItemWeights
from collab.recommend.item_groups import ItemGroup
from collab.recommend.new_user import GROUPS, NewUser, OwnFoldIn
from collab.services.profiles import Answer, Profile
from collab.services.run_files import TrainedRun
from collab.ui.frame import cached
from collab.ui.person import cached as person_cached
from collab.ui.person.known import Known, answers_known

AGE, GENDER, OCCUPATION = FACTS = ("age", "gender", "occupation")
"""The facts of a profile that say who somebody is; `age` is the first year of its band. The fact GROUPS names a film of each
group that was picked, one a line, so that another run finds its own groups with these films."""


@dataclass(frozen=True, eq=False)
class Viewer:
    """A person in front of a run: what the run brings to them (`person`) and their answers as it knows them (`known`)."""

    run: TrainedRun
    person: NewUser | OwnFoldIn
    known: Known
    profile: Profile | None
    answers: Sequence[Answer]

    @cached_property
    def item_weights(self) -> ItemWeights | None:
        """What the run's training people watched together; None where that is not at hand."""
        return person_cached.item_weights_at_hand(self.run.id)

    @property
    def mine(self) -> bool:
        return self.profile is None or self.profile.can_edit

    @property
    def is_known(self) -> bool:
        """Whether anything is rated or told: else this is the average person."""
        return bool(self.known.rated or self.person.told)

    @property
    def whose(self) -> str:
        return "your" if self.mine else "their"

    @property
    def you(self) -> str:
        return "you" if self.mine else "them"

    @property
    def who(self) -> str:
        return "You" if self.mine else "They"


def viewer_of(run: TrainedRun, profile: Profile | None, answers: Sequence[Answer]) -> Viewer:
    """The person of a profile, with these answers, in front of the run. Raises ProfileError and RunError."""
    places = person_cached.film_places(run.id, [answer.title for answer in answers])
    known = answers_known(answers, places, run.items, run.record.scale)
    return Viewer(run, person_for(run, profile), known, profile, answers)


def person_for(run: TrainedRun, profile: Profile | None) -> NewUser | OwnFoldIn:
    """What the run brings to this person: every page that predicts for somebody of a profile asks here. Raises RunError.

    What they said counts where the model can use it and its data set is at hand.
    """
    said = facts_stated_by(profile)
    known = person_cached.new_user_of(run.id)
    if not said or isinstance(known, OwnFoldIn):
        return known
    try:
        picked = tuple(picked_groups(run, said)) if GROUPS in said else ()
        return person_cached.new_user_with_facts(run.id, picked, *map(said.get, FACTS))
    except RunError:
        return known


def facts_stated_by(profile: Profile | None) -> dict[str, str]:
    """The facts of the profile that bear on what is believed. Raises ProfileError."""
    facts = cached.profiles().facts(profile) if profile else {}
    return {name: value for name, value in facts.items() if name in (GROUPS, *FACTS)}


def picked_groups(run: TrainedRun, said: Mapping[str, str]) -> list[int]:
    """The places of the run's groups that hold a film of the fact GROUPS, ascending. Raises RunError without the run's data."""
    groups, titles = person_cached.run_groups(run.id), titles_in(said.get(GROUPS))
    return sorted(
        {place for place in groups_holding(groups, person_cached.film_places(run.id, titles)) if place is not None}
    )


def titles_in(fact: str | None) -> list[str]:
    """The titles of the fact GROUPS, one of each group that was picked; none where there is no such fact."""
    return (fact or "").splitlines()


def groups_holding(groups: Sequence[ItemGroup], films: Sequence[int | None]) -> list[int | None]:
    """For each item_index the place of the group that holds it; None for a film in no group, and for no film."""
    group_of = {film: place for place, group in enumerate(groups) for film in group.items.tolist()}
    return [group_of.get(film) for film in films]
