"""Laying one run's films onto another's: on paper, against SciPy, and by what no turning may change."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial import procrustes

from collab.errors import SettingError
from collab.explore.alignment import (
    MEASURES,
    align,
    chance_disparity,
    common_items,
    nearest,
    neighbour_overlap,
    overlap_by_count,
    plane_of,
)
from collab.explore.components import item_axes
from collab.explore.similarity import ItemSpace, Options, similar_items

SQUARE = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]])
QUARTER_TURN = np.array([[0.0, 1.0], [-1.0, 0.0]])  # (x, y) becomes (-y, x)

seeds = st.integers(0, 2**32 - 1)


def gaussians(seed, n=40, width=4, stretch=None):
    factors = np.random.default_rng(seed).normal(size=(n, width))
    return factors * (np.arange(width, 0, -1) if stretch is None else stretch)


def orthogonal(seed, width):
    """A random rotation, or one with a reflection."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(width, width)))[0]


def items(titles, counts, labels=None):
    """An items table of a run; row 0 is "#na#"."""
    titles = ["#na#", *titles]
    return pd.DataFrame(
        {
            "label": titles if labels is None else ["#na#", *labels],
            "title": titles,
            "genres": "Drama",
            "year": pd.array([1990] * len(titles), dtype="Int64"),
            "n_ratings": [0, *counts],
        }
    )


# --- on paper --------------------------------------------------------------------------------------------------------------


def test_a_square_turned_by_hand():
    found = align(SQUARE, 3 * SQUARE @ QUARTER_TURN + [5.0, -2.0])
    assert found.rotation == pytest.approx(QUARTER_TURN.T) and found.scale == pytest.approx(1 / 3)
    assert found.second == pytest.approx(SQUARE) and found.disparity == pytest.approx(0, abs=1e-12)
    assert found.spread == pytest.approx(1.0)  # every corner is 1 from the middle
    assert found.moved == pytest.approx(np.zeros(4), abs=1e-6)


def test_not_turned_by_hand():
    turned = 2 * SQUARE @ QUARTER_TURN
    straight = align(SQUARE, turned, turn=False)  # no axis has anything in common with itself
    assert straight.disparity == pytest.approx(1.0) and straight.scale == pytest.approx(0.5)
    assert straight.moved == pytest.approx(np.full(4, np.sqrt(2)))  # from one corner to the next


def test_one_film_that_moved_by_hand():
    """Corners on the first axis agree, those on the second lie half as far out: Σ x·y = 3, Σ |x|² = 4, Σ |y|² = 2.5."""
    second = SQUARE * [1.0, 0.5]
    found = align(SQUARE, second)
    assert found.disparity == pytest.approx(1 - 9 / 10) and found.scale == pytest.approx(3 / 2.5)
    assert found.moved == pytest.approx([0.2, 0.4, 0.2, 0.4])


def test_common_films_by_title_and_by_label():
    first = items(["A", "B", "C", "B"], [30, 10, 0, 40], ["1", "2", "3", "4"])
    second = items(["B", "A", "C"], [20, 50, 9], ["2", "9", "3"])
    by_title = common_items(first, second)
    assert by_title["title"].tolist() == ["A", "B"]  # 30 and 20: C was never trained in the first
    assert by_title["first_index"].tolist() == [1, 4]  # of the two called B the more often rated one
    assert by_title["second_index"].tolist() == [2, 1]
    assert by_title[["n_first", "n_second", "n_ratings"]].to_numpy().tolist() == [[30, 50, 30], [40, 20, 20]]
    assert common_items(first, second, "label")["first_index"].tolist() == [2]
    assert common_items(first, second, "title", 25)["title"].tolist() == ["A"]
    assert common_items(first, second, "title", 31).empty


def test_kept_by_hand():
    """On a line: 0, 1, 3, 7. The other run puts the last film to the left of the first."""
    first, second = np.array([[0.0], [1.0], [3.0], [7.0]]), np.array([[0.0], [1.0], [3.0], [-0.5]])
    assert nearest(first, 1, "euclidean")[:, 0].tolist() == [1, 0, 1, 2]
    assert nearest(second, 1, "euclidean")[:, 0].tolist() == [3, 0, 1, 0]
    kept = neighbour_overlap(first, second, 1, "euclidean")
    assert kept.share.tolist() == [0, 1, 1, 0] and kept.k == 1 and kept.chance == pytest.approx(1 / 3)
    bands = overlap_by_count(kept, np.array([1, 4, 20, 500]))
    assert bands["low"].tolist() == [1, 20, 200] and bands["n_items"].tolist() == [2, 1, 1]
    assert bands["kept"].tolist() == [0.5, 1, 0] and bands["high"].tolist() == [4, 49, pd.NA]


# --- against others --------------------------------------------------------------------------------------------------------


@given(seeds, st.integers(3, 30), st.integers(1, 5))
def test_disparity_is_scipys(seed, n, width):
    first, second = gaussians(seed, n, width), gaussians(seed + 1, n, width)
    assert align(first, second).disparity == pytest.approx(procrustes(first, second)[2], abs=1e-9)


def test_the_plane_is_that_of_the_principal_components():
    first, second = gaussians(1), gaussians(2)
    plane, pca = plane_of(align(first, second)), item_axes(first, 2)
    assert plane.first == pytest.approx(pca.coordinates)
    assert plane.first_shares == pytest.approx(pca.explained_variance_ratio)
    itself = plane_of(align(first, first @ orthogonal(3, 4)))
    assert itself.second == pytest.approx(plane.first) and itself.second_shares == pytest.approx(plane.first_shares)


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("n_items", [128, 300])  # one block, and two with a rest
def test_blocks_find_what_the_whole_table_says(measure, n_items):
    factors = np.random.default_rng(n_items).normal(size=(n_items, 7)).astype(np.float32)
    factors[5] = 0.0
    exact = factors.astype(np.float64)
    if measure == "cosine":
        lengths = np.linalg.norm(exact, axis=1)
        close = exact @ exact.T / np.maximum(np.outer(lengths, lengths), 1e-300)
    else:
        close = -np.linalg.norm(exact[:, None] - exact[None], axis=2)
    np.fill_diagonal(close, -np.inf)
    found = nearest(factors, 10, measure)
    rows = np.arange(n_items) != (5 if measure == "cosine" else -1)  # to a film without a direction all are as near
    assert (found[rows] == np.argsort(-close, axis=1)[rows, :10]).all()
    assert found.min() >= 0 and all(
        len(set(row)) == 10 and place not in row for place, row in enumerate(found.tolist())
    )


@pytest.mark.parametrize("measure", ["cosine", "euclidean"])
def test_the_nearest_are_those_of_similar_films(measure):
    factors = gaussians(5, 600, 6)
    table = items([f"Film {number}" for number in range(600)], [30] * 600)
    space = ItemSpace(np.vstack([np.zeros(6), factors]), np.zeros(6))
    found = nearest(factors, 10, measure)
    for row in (0, 255, 256, 599):
        expected = similar_items(space, table, row + 1, Options(measure))
        assert (found[row] + 1).tolist() == expected["item_index"].tolist()


# --- what must always hold -------------------------------------------------------------------------------------------------


@given(seeds, st.floats(0.1, 10), st.integers(1, 6), st.integers(0, 3))
def test_a_turned_mirrored_scaled_and_shifted_copy_lies_exactly_on_the_first(seed, scale, width, more):
    """Also where it has columns more, which are a shift alone; and its neighbours are the same ones."""
    first = gaussians(seed, 40, width)
    wide = np.pad(first, ((0, 0), (0, more)))
    copy = scale * wide @ orthogonal(seed, width + more)
    found = align(first, copy + 3.0)
    assert found.second == pytest.approx(wide - wide.mean(axis=0), abs=1e-6)
    assert found.disparity == pytest.approx(0, abs=1e-9) and found.moved.max() < 1e-6
    assert found.scale == pytest.approx(1 / scale)
    if width > 1:  # in one direction alone all cosines are 1 or -1: which are nearest is open
        assert neighbour_overlap(first, copy).share.min() == 1
    assert neighbour_overlap(first, copy + 3.0, measure="euclidean").share.min() == 1


@given(seeds, st.integers(2, 5), st.integers(2, 5))
def test_it_is_the_same_from_either_side(seed, width, other):
    first, second = gaussians(seed, 30, width), gaussians(seed + 1, 30, other)
    for turn in (True, False):
        there, back = align(first, second, turn=turn), align(second, first, turn=turn)
        assert there.disparity == pytest.approx(back.disparity)
    assert align(first, second).rotation == pytest.approx(align(second, first).rotation.T, abs=1e-6) or width != other
    kept, kept_back = neighbour_overlap(first, second, 7), neighbour_overlap(second, first, 7)
    assert kept.share.tolist() == kept_back.share.tolist()


@given(seeds, st.integers(1, 5))
def test_nothing_that_is_one_body_lies_closer(seed, width):
    """The mean of the squares of `moved` is the disparity, and no other turn or scale makes it smaller."""
    first, second = gaussians(seed, 25, width), gaussians(seed + 1, 25, width)
    found = align(first, second)
    assert (found.moved**2).mean() == pytest.approx(found.disparity)
    y, best = second - second.mean(axis=0), ((found.second - found.first) ** 2).sum(axis=1).mean()
    for turn, scale in ((orthogonal(seed + 2, width), found.scale), (found.rotation, 1.1 * found.scale)):
        assert ((scale * y @ turn - found.first) ** 2).sum(axis=1).mean() >= best - 1e-9
    assert align(first, second, turn=False).disparity >= found.disparity - 1e-9


def test_of_independent_runs_no_more_is_kept_than_chance_keeps():
    """2,000 films: the mean over them has a standard error below 0.0004 around 10 / 1,999 = 0.0050."""
    first, second = gaussians(0, 2000, 20, 1.0), gaussians(1, 2000, 20, 1.0)
    kept = neighbour_overlap(first, second)
    assert kept.chance == pytest.approx(10 / 1999) and abs(kept.share.mean() - kept.chance) < 0.002
    found, shuffled = align(first, second).disparity, chance_disparity(first, second)
    assert found == pytest.approx(shuffled, abs=0.005) and 0.95 < shuffled < 1
    assert chance_disparity(first, first @ orthogonal(1, 20)) > 0.95 and align(first, first).disparity < 1e-9


def test_a_shuffled_run_explains_the_more_the_fewer_films_there_are():
    """So a disparity says little without that of shuffled films beside it."""
    few, many = (chance_disparity(gaussians(0, n, 20, 1.0), gaussians(1, n, 20, 1.0)) for n in (20, 500))
    assert few < 0.6 < 0.9 < many


# --- what cannot be --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (SQUARE, SQUARE[:3], "not of the same films"),
        (SQUARE[:1], SQUARE[:1], "1 films in common; at least 2"),
        (SQUARE, SQUARE * np.nan, "not finite"),
        (SQUARE, np.full((4, 3), 0.1), "in one place"),
        (np.zeros((4, 2)), SQUARE, "in one place"),
    ],
)
def test_what_cannot_be_laid_onto_each_other_is_refused(first, second, words):
    with pytest.raises(SettingError, match=words):
        align(first, second)


def test_other_measures_and_too_few_films_are_refused():
    with pytest.raises(SettingError, match="'dot'; choose one of cosine, euclidean"):
        neighbour_overlap(SQUARE, SQUARE, measure="dot")
    with pytest.raises(SettingError, match="at least 2"):
        neighbour_overlap(SQUARE[:1], SQUARE[:1])


def test_few_films_have_as_many_neighbours_as_there_are():
    kept = neighbour_overlap(SQUARE, SQUARE[::-1].copy(), 10)
    assert kept.k == 3 and kept.chance == 1 and kept.share.tolist() == [1] * 4
    assert nearest(SQUARE[:1], 10).shape == (1, 0)
