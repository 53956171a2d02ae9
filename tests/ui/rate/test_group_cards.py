"""Picked groups are kept as titles, so that every run finds its own groups with these films."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from collab.recommend.item_groups import ItemGroup
from collab.ui.person.viewer import groups_holding, titles_in
from collab.ui.rate.group_cards import change_picked

GROUPS = [ItemGroup(np.array(films[:1]), np.array(films), np.zeros(2)) for films in ([3, 1, 4], [5, 9], [2, 6])]


def test_a_title_means_the_group_that_holds_its_film():
    assert groups_holding(GROUPS, [4, 2, 7, None, 5]) == [0, 2, None, None, 1]
    assert titles_in(None) == [] and titles_in("Alien (1979)\nHeat (1995)") == ["Alien (1979)", "Heat (1995)"]


def test_putting_a_group_back_takes_all_its_titles_and_no_other():
    titles, places = ["a", "b", "c", "d"], [0, None, 0, 2]
    assert change_picked(titles, places, 0, "a", False) == ["b", "d"]
    assert change_picked(titles, places, 1, "e", False) == titles
    assert change_picked(titles, places, 1, "e", True) == ["a", "b", "c", "d", "e"]
    assert change_picked(titles, places, 2, "f", True) == titles  # it is picked already


@given(st.lists(st.sampled_from([None, 0, 1]), max_size=6))
def test_a_group_picked_and_put_back_leaves_what_was(places):
    titles = [f"film {number}" for number in range(len(places))]
    picked = change_picked(titles, places, 2, "new", True)
    assert change_picked(picked, [*places, 2], 2, "new", False) == titles
