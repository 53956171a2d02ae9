"""What a run believes of the person of a profile before their first rating."""

from __future__ import annotations

from collab.newcomer import ByItself, Newcomer
from collab.services.profiles import Profile
from collab.services.runs import TrainedRun
from collab.ui import cached


def believed(run: TrainedRun, profile: Profile | None) -> Newcomer | ByItself:
    """What the run brings to this person: every page that predicts for somebody of a profile asks here. Raises RunError."""
    return cached.for_newcomers(run.id)
