"""Neighbours: likeness and prediction on paper, against their definition written as loops, and what it reaches on MovieLens."""

import dataclasses

import numpy as np
import pytest

from collab.data.dataset import encode
from collab.data.splitting import split_by
from collab.errors import SettingError
from collab.models.baselines import biases_only
from collab.models.neighbours import DAMPING, Neighbours, NeighboursSettings, similarities
from collab.training.fit import fit

EVERY_KIND = pytest.mark.parametrize(
    "of, similarity", [(of, kind) for of in ("users", "films") for kind in ("cosine", "pearson")]
)


def left_over(table, of):
    """A model without biases of which the deviations `table` (n_kin, n_partners) are known, NaN where there is no rating."""
    table = np.array(table, dtype=np.float32)
    rated = np.argwhere(~np.isnan(table))
    rows = np.column_stack([rated + 1, table[~np.isnan(table)]])  # row 0 is the unknown
    n_kin, n_partners = np.array(table.shape) + 1
    if of == "films":
        rows, n_kin, n_partners = rows[:, [1, 0, 2]], n_partners, n_kin
    zeros = {"user_biases": np.zeros(n_kin, np.float32), "item_biases": np.zeros(n_partners, np.float32)}
    return {**zeros, "left_over": rows.T.astype(np.float32)}, (n_kin, n_partners)


@pytest.mark.parametrize("of", ["users", "films"])
@pytest.mark.parametrize(
    "similarity, n_neighbours, expected",
    [
        ("cosine", 2, (0.5 * 2 - 0.4743416 * 1) / (0.5 + 0.4743416)),
        ("cosine", 1, 2.0),
        ("pearson", 2, 0.5),
    ],
)
def test_three_people_on_paper(of, similarity, n_neighbours, expected):
    """Deviations (1, −1, ·), (1, −1, 2), (2, −1, −1), shrinkage 2: two films in common count 2/4 of what they show.

    The first two have the cosine 1, so ½; first and third (2 + 1) / √(2 · 5) = 0.9486833, so 0.4743416. The second says +2, the
    third −1. With Pearson (2, −1) becomes (1½, −1½), as like (1, −1) as the other: (2 − 1) / 2. Among films the same, turned.
    The two of equal likeness are both heard where one neighbour is asked for. A damping as large as all likeness halves it.
    """
    weights, sizes = left_over([[1, -1, np.nan], [1, -1, 2], [2, -1, -1]], of)
    settings = NeighboursSettings(of=of, n_neighbours=n_neighbours, shrinkage=2, damping=0, similarity=similarity)
    likeness = {("cosine", 2): 0.5 + 0.4743416, ("cosine", 1): 0.5, ("pearson", 2): 0.5 + 0.5}[similarity, n_neighbours]
    place = (1, 3) if of == "users" else (3, 1)
    for damping, said in ((0.0, expected), (likeness, expected / 2)):
        model = Neighbours(dataclasses.replace(settings, damping=damping), *sizes)
        model.load(weights)
        assert model.predict(*np.array([place]).T) == pytest.approx([said], abs=1e-5)
    alone = Neighbours(NeighboursSettings(of=of, minimum_overlap=3, shrinkage=2), *sizes)
    alone.load(weights)
    assert alone.predict(*np.array([place]).T) == [0.0]  # nobody has three in common with the first


def test_those_as_alike_as_the_last_neighbour_join_in():
    weights, sizes = left_over([[1, -1, np.nan], [1, -1, 2], [1, -1, -1], [-1, 1, -5]], "users")
    model = Neighbours(NeighboursSettings(n_neighbours=1, damping=0), *sizes)
    model.load(weights)
    assert model.predict(np.array([1]), np.array([3])) == pytest.approx([0.5])  # the fourth is the opposite


def a_few_ratings(make_ratings, n=220):
    generator = np.random.default_rng(4)
    pairs = generator.permutation(20 * 18)[:n]
    return make_ratings([(pair // 18, pair % 18, generator.integers(1, 6)) for pair in pairs])


def likeness_by_definition(mine, theirs, settings):
    common = [place for place in range(len(mine)) if not np.isnan(mine[place] + theirs[place])]
    if len(common) < settings.minimum_overlap:
        return 0.0
    a, b = mine[common], theirs[common]
    if settings.similarity == "pearson":
        a, b = a - a.mean(), b - b.mean()
    length = np.sqrt((a**2).sum() * (b**2).sum())
    share = len(common) / (len(common) + settings.shrinkage)
    return max(0.0, round(share * (a @ b) / length, 6)) if length > 1e-6 else 0.0


def said_by_definition(likenesses, values, settings):
    """What neighbours say of one film: `likenesses` and `values`, NaN where they have not rated it."""
    pairs = [(s, d) for s, d in zip(likenesses, values, strict=True) if s > 0 and not np.isnan(d)]
    last = sorted((s for s, _ in pairs), reverse=True)[: settings.n_neighbours][-1:]
    heard = [(s, d) for s, d in pairs if s >= last[0]]  # with those as alike as the last
    total = sum(s for s, _ in heard)
    return sum(s * d for s, d in heard) / (total + settings.damping) if heard else 0.0


def table_by_definition(ratings):
    """Mean, biases, and the deviations (n_users, n_items), NaN where there is no rating."""
    mean, (user_biases, item_biases) = ratings.rating.mean(dtype=np.float64), biases_only(ratings, DAMPING)
    table = np.full((ratings.n_users, ratings.n_items), np.nan)
    expected = mean + user_biases[ratings.user_index] + item_biases[ratings.item_index]
    table[ratings.user_index, ratings.item_index] = ratings.rating - expected
    return mean, user_biases, item_biases, table


@EVERY_KIND
def test_all_predictions_are_those_of_the_definition(make_ratings, of, similarity):
    ratings = a_few_ratings(make_ratings)
    settings = NeighboursSettings(of=of, similarity=similarity, n_neighbours=3, shrinkage=5, minimum_overlap=3)
    model = Neighbours(settings, ratings.n_users, ratings.n_items)
    fit(model, ratings, ratings)
    mean, user_biases, item_biases, table = table_by_definition(ratings)
    kin = table if of == "users" else table.T
    expected = np.zeros(kin.shape)
    for a in range(len(kin)):
        likenesses = [0.0 if a == b else likeness_by_definition(kin[a], kin[b], settings) for b in range(len(kin))]
        expected[a] = [said_by_definition(likenesses, kin[:, place], settings) for place in range(kin.shape[1])]
    expected = (expected if of == "users" else expected.T) + mean + user_biases[:, None] + item_biases
    predicted = model.predict(np.arange(ratings.n_users)[:, None], np.arange(ratings.n_items))
    np.testing.assert_allclose(predicted, expected, atol=2e-4)


@EVERY_KIND
def test_a_newcomer_is_predicted_by_the_definition(make_ratings, of, similarity):
    ratings = a_few_ratings(make_ratings)
    settings = NeighboursSettings(of=of, similarity=similarity, n_neighbours=3, shrinkage=5, minimum_overlap=2)
    model = Neighbours(settings, ratings.n_users, ratings.n_items)
    fit(model, ratings, ratings)
    mean, _, item_biases, table = table_by_definition(ratings)
    films, stars = np.array([2, 7, 4, 11]), np.array([5.0, 1.0, 4.0, 2.0])
    bias = (stars - mean - item_biases[films]).sum() / (4 + DAMPING)
    mine = np.full(ratings.n_items, np.nan)
    mine[films] = stars - mean - item_biases[films] - bias
    if of == "users":
        likenesses = [likeness_by_definition(mine, theirs, settings) for theirs in table]
        said = [said_by_definition(likenesses, table[:, film], settings) for film in range(ratings.n_items)]
    else:
        said = []
        for film in range(ratings.n_items):
            likenesses = [
                0.0 if film == other else likeness_by_definition(table[:, film], table[:, other], settings)
                for other in range(ratings.n_items)
            ]
            said.append(said_by_definition(likenesses, mine, settings))
    found = model.fold_in_user(films, stars, 0.8)
    np.testing.assert_allclose(found.rating, mean + bias + item_biases + said, atol=2e-4)
    assert found.variance == pytest.approx(0.8 / (4 + DAMPING))
    average = model.fold_in_user(films[:0], stars[:0], 0.8)
    np.testing.assert_allclose(average.rating, model.predict(np.zeros(1, int), np.arange(ratings.n_items)), atol=1e-5)


def test_a_pair_that_was_rated_twice_counts_with_its_mean(make_ratings):
    ratings = make_ratings([("1", "1", 5), ("1", "1", 3), ("1", "2", 2), ("2", "1", 4), ("2", "2", 1)])
    model = Neighbours(NeighboursSettings(), ratings.n_users, ratings.n_items)
    fit(model, ratings, ratings)
    row, column, value = model.weights()["left_over"]
    assert len(value) == 4
    expected = 4.0 - model.user_biases[1] - model.item_biases[1]
    assert value[(row == 1) & (column == 1)] == pytest.approx([expected], abs=1e-6)


@EVERY_KIND
def test_likeness_has_no_order_and_lies_between_0_and_1(make_ratings, of, similarity):
    ratings = a_few_ratings(make_ratings)
    model = Neighbours(NeighboursSettings(of=of, similarity=similarity), ratings.n_users, ratings.n_items)
    fit(model, ratings, ratings)
    found = similarities(model._kin, model._kin, model.settings)
    np.testing.assert_allclose(found, found.T, atol=1e-6)
    assert found.min() >= 0 and found.max() < 1
    kept = model._similarity.toarray()
    assert np.array_equal(kept, kept.T) and not kept.diagonal().any()


def test_a_word_that_is_no_choice_is_refused():
    with pytest.raises(SettingError, match="of is 'directors'; allowed is users or films"):
        NeighboursSettings(of="directors")


@pytest.mark.parametrize("of, highest", [("users", 0.845), ("films", 0.83)])
def test_beats_biases_on_movielens(movielens_100k, of, highest):
    ratings = encode(movielens_100k)
    split = split_by("random:0.2", movielens_100k, 0)
    model = Neighbours(NeighboursSettings(of=of), ratings.n_users, ratings.n_items)
    outcome = fit(model, ratings.take(split.train), ratings.take(split.valid))
    assert outcome.valid.mse < highest < 0.8779  # the baseline of biases only
