"""Damaged run folders: each kind of damage once on every page, and once where there is no link and no other run."""

import pytest

from tests.campaign import damage
from tests.campaign.damage import ALONE, PINNED, SITUATIONS, Case
from tests.campaign.product import PAGES
from tests.campaign.report import Clock, details

pytestmark = pytest.mark.usefixtures("quick_worker")


def found(figures):
    return details(figures)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_meets_every_kind_of_damage(page, campaign_home, tmp_path):
    home, sound_id = campaign_home
    figures = damage.short_run(home, sound_id, page, damage.short_cases(page, 0), tmp_path / "home")
    assert figures[0].cases == len(damage.KINDS) and not found(figures), found(figures)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_without_a_link_where_the_run_of_choice_is_damaged(page, campaign_home):
    home, sound_id = campaign_home
    place = PAGES.index(page)
    kind, file = list(damage.KINDS)[place % len(damage.KINDS)], ("run.json", "weights.safetensors")[place % 2]
    cases = [Case(page, file, kind, situation, place) for situation in (ALONE, PINNED)]
    figures = damage.run(home, sound_id, cases, Clock(10))
    assert figures[0].cases == 2 and not found(figures), found(figures)


def test_the_order_is_drawn_by_the_seed():
    assert damage.cases(1) == damage.cases(1) != damage.cases(2)
    assert len(damage.cases(1)) == len(PAGES) * 6 * len(damage.KINDS) * len(SITUATIONS)
