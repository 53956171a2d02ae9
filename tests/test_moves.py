"""Moves: places in a list before and after, counted by hand and by what has to hold of any two lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.moves import Move, moves

lists = st.lists(st.integers(1, 15), unique=True, max_size=10)


def test_by_hand():
    stayed, gone = moves([7, 3, 9, 4], [3, 5, 7, 4])
    assert stayed == [Move(3, 1, 0), Move(5, None, 1), Move(7, 0, 2), Move(4, 3, 3)]
    assert [move.places_up for move in stayed] == [1, None, -2, 0]
    assert gone == [Move(9, 2, None)] and gone[0].places_up is None


@given(lists, lists)
def test_every_film_is_told_once(before, after):
    stayed, gone = moves(before, after)
    assert [move.item_index for move in stayed] == after
    assert [move.item_index for move in gone] == [film for film in before if film not in after]
    for move in [*stayed, *gone]:
        assert (before[move.before] if move.before is not None else None) in (move.item_index, None)
        assert (move.before is None) == (move.item_index not in before)
    back, new = moves(after, before)  # the way back is the same with the signs turned
    up = {move.item_index: move.places_up for move in stayed}
    assert all(move.places_up == -up[move.item_index] for move in back if up.get(move.item_index) is not None)
    assert {move.item_index for move in new} == {move.item_index for move in stayed if move.before is None}


@given(lists.flatmap(lambda films: st.tuples(st.just(films), st.permutations(films))))
def test_where_nothing_comes_or_goes_the_moves_cancel(both):
    stayed, gone = moves(*both)
    assert sum(move.places_up for move in stayed) == 0 and not gone


def test_a_film_twice_in_a_list_is_refused():
    with pytest.raises(ValueError, match="twice"):
        moves([1, 1], [2])
