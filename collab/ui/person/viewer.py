"""A person as a run sees them: their answers matched to its films, and their prior before the first rating."""

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
"""Demographic facts of a profile; `age` is the first year of its band. The fact GROUPS names a film of each picked group, one
per line, so that another run can find its own groups with these films."""


@dataclass(frozen=True, eq=False)
class Viewer:
    """A person as a run sees them: the run's new user (`person`), and their answers in terms of its films (`known`)."""

    run: TrainedRun
    person: NewUser | OwnFoldIn
    known: Known
    profile: Profile | None
    answers: Sequence[Answer]

    @cached_property
    def item_weights(self) -> ItemWeights | None:
        """The item-item weights of the run's training ratings; None where those are not available."""
        return person_cached.item_weights_at_hand(self.run.id)

    @property
    def mine(self) -> bool:
        return self.profile is None or self.profile.can_edit

    @property
    def is_known(self) -> bool:
        """Whether anything is rated or stated; otherwise this is the average person."""
        return bool(self.known.rated or self.person.stated)

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
    """The viewer of the run with this profile and these answers. Raises ProfileError and RunError."""
    places = person_cached.match_film_titles(run.id, [answer.title for answer in answers])
    known = answers_known(answers, places, run.items, run.record.scale)
    return Viewer(run, person_for(run, profile), known, profile, answers)


def person_for(run: TrainedRun, profile: Profile | None) -> NewUser | OwnFoldIn:
    """The new user that the run starts from for this profile; every page that predicts for a profile calls this.

    Facts that the person stated count if the model can use them and its data set is available. Raises RunError.
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
    """The facts of the profile that change the prior. Raises ProfileError."""
    facts = cached.profiles().facts(profile) if profile else {}
    return {name: value for name, value in facts.items() if name in (GROUPS, *FACTS)}


def picked_groups(run: TrainedRun, said: Mapping[str, str]) -> list[int]:
    """The places of the run's groups that contain a film of the fact GROUPS, ascending. Raises RunError without its data."""
    groups, titles = person_cached.run_groups(run.id), titles_in(said.get(GROUPS))
    return sorted(
        {
            place
            for place in groups_holding(groups, person_cached.match_film_titles(run.id, titles))
            if place is not None
        }
    )


def titles_in(fact: str | None) -> list[str]:
    """The titles of the fact GROUPS, one from each picked group; empty without such a fact."""
    return (fact or "").splitlines()


def groups_holding(groups: Sequence[ItemGroup], films: Sequence[int | None]) -> list[int | None]:
    """For each item_index, the place of the group that contains it; None for a film in no group, and for None."""
    group_of = {film: place for place, group in enumerate(groups) for film in group.items.tolist()}
    return [group_of.get(film) for film in films]
