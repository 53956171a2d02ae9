"""Picks, whatever somebody answers: on small trained models of three kinds, in every order, with any dials."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.data.answers import DISMISSALS
from collab.data.ratings import Ratings, RatingScale, Vocabulary
from collab.data.splitting import split_random
from collab.models import build_model, preset_of
from collab.models.ease import ItemWeights, train_item_weights
from collab.recommend.new_user import new_user, picks
from collab.recommend.orders import ORDERS, Dials
from collab.services.profiles import ProfileStore
from collab.training.fit import fit
from collab.ui.person.known import answers_known

SCALE = RatingScale(1.0, 5.0, 1.0)
N_USERS, N_ITEMS = 60, 30
KINDS = {"dot-bias": 3, "bayes": 4, "neighbours": None}  # epochs; the last folds people in by itself
TITLES = ["#na#", *(f"Film {film} ({1980 + film})" for film in range(1, N_ITEMS + 1))]
TITLES[7] = TITLES[3]  # one film under two ids
GENRES = ("Drama", "Comedy", "War", "Drama|War")

films = st.integers(1, N_ITEMS)
stars = st.sampled_from(SCALE.levels.tolist())
ratings = st.dictionaries(films, stars, min_size=1, max_size=8)
dials = st.builds(
    Dials,
    popularity=st.sampled_from([-1.0, 0.0, 0.5]),
    variety=st.sampled_from([0.0, 0.5, 1.0]),
    years=st.sampled_from([None, (1985, 2000)]),
    genres=st.sampled_from([(), ("War",)]),
    minimum_count=st.sampled_from([1, 20, 30]),
)


class World:
    """Not a dataclass: hypothesis would write all of it out."""

    def __init__(self, items: pd.DataFrame, people: dict, item_weights: ItemWeights) -> None:
        self.items, self.people, self.item_weights = items, people, item_weights

    def picks(self, kind, rated, **how):
        return picks(self.people[kind], self.items, rated, item_weights=self.item_weights, **how)


@pytest.fixture(scope="module")
def world():
    """Ratings of people who love or hate war films, the tables of films and users, and what each kind of model brings."""
    draw = np.random.default_rng(0)
    user, film = (side.ravel() for side in np.meshgrid(np.arange(1, N_USERS + 1), np.arange(1, N_ITEMS + 1)))
    likes = np.where((user % 2 == 0) == (film % 4 >= 2), 4.0, 2.0)
    given_stars = np.clip(np.round(likes + draw.normal(0, 0.8, len(user))), 1, 5)
    seen = draw.random(len(user)) < np.linspace(0.9, 0.3, N_ITEMS)[film - 1]
    labels = (Vocabulary.of([f"{number:02}" for number in range(1, n + 1)]) for n in (N_USERS, N_ITEMS))
    all_ratings = Ratings(*labels, user[seen], film[seen], given_stars[seen], np.arange(seen.sum()), SCALE)
    split = split_random(len(all_ratings), 0.1, seed=0)
    train, valid = all_ratings.take(split.train), all_ratings.take(split.valid)
    counts = np.bincount(train.item_index, minlength=N_ITEMS + 1)
    means = np.bincount(train.item_index, train.rating, N_ITEMS + 1) / np.maximum(counts, 1)
    items = pd.DataFrame(
        {
            "title": TITLES,
            "year": pd.array([pd.NA, *range(1981, 1981 + N_ITEMS)], dtype="Int64"),
            "genres": ["", *(GENRES[film % 4] for film in range(1, N_ITEMS + 1))],
            "n_ratings": counts,
            "mean_rating": np.where(counts, means, np.nan),
        }
    )
    users = pd.DataFrame({"n_ratings": np.bincount(train.user_index, minlength=N_USERS + 1)})
    people = {}
    for name, epochs in KINDS.items():
        chosen = preset_of(name)
        if epochs is not None:
            chosen = dataclasses.replace(chosen, epochs=epochs)
        model = build_model(name, chosen, train.n_users, train.n_items, SCALE)
        mse = fit(model, train, valid).valid.mse
        people[name] = new_user(model, users, items, mse, SCALE)
    return World(items, people, train_item_weights(train))


every_kind = pytest.mark.parametrize("kind", KINDS)


def the_same(one, other):
    """Whether two lists of picks are the same, to the last bit."""
    pd.testing.assert_frame_equal(one.items, other.items, check_exact=True)
    np.testing.assert_array_equal(one.chances, other.chances)
    assert (one.typical_error, one.error_before, one.learned) == pytest.approx(
        (other.typical_error, other.error_before, other.learned), rel=0, abs=0, nan_ok=True
    )


@every_kind
@settings(max_examples=40)
@given(ratings, st.sets(films, max_size=4), st.sets(films, max_size=3), st.sampled_from(ORDERS), dials, st.booleans())
def test_no_pick_is_a_film_that_was_answered(world, kind, rated, dismissed, not_seen, order, some, apart):
    dismissed, not_seen = dismissed - rated.keys(), not_seen - rated.keys() - dismissed
    found = world.picks(
        kind,
        rated,
        order=order,
        dials=some,
        not_seen=not_seen,
        dismissed=dismissed,
        n_familiar=4 if apart else None,
    ).items
    answered = {TITLES[film] for film in (*rated, *dismissed)}
    assert found.item_index.is_unique and not answered & set(found.title)
    assert found.n_ratings.min() >= some.minimum_count or found.empty
    assert not some.years or found.year.between(*some.years).all()
    assert all(set(some.genres) <= set(genres.split("|")) for genres in found.genres)


@every_kind
@settings(max_examples=40)
@given(
    ratings.flatmap(lambda rated: st.tuples(st.just(rated), st.permutations(list(rated)))),
    st.sampled_from(ORDERS),
    dials,
)
def test_the_order_of_the_ratings_does_not_matter(world, kind, rated_and_order, order, some):
    rated, otherwise = rated_and_order
    how = {"order": order, "dials": some, "n_familiar": 4}
    again = {film: rated[film] for film in otherwise}
    the_same(world.picks(kind, rated, **how), world.picks(kind, again, **how))


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with ProfileStore(f"sqlite:///{(tmp_path_factory.mktemp('profiles') / 'profiles.sqlite').as_posix()}") as opened:
        yield opened


actions = st.lists(
    st.tuples(films, st.one_of(stars, st.none(), st.sampled_from([*DISMISSALS, "take back"]))), max_size=12
)


@every_kind
@settings(max_examples=25, deadline=None)
@given(actions, films, stars, st.sampled_from(ORDERS), dials)
def test_what_was_taken_back_leaves_no_trace(store, world, kind, done, first, its_stars, order, some):
    """Answers given, changed and taken back one by one pick what the last word on every film picks, said at once."""
    known = []
    wandering, straight = store.create(), store.create()
    last = {}
    for film, said in [*done, (first, its_stars)]:
        _answer(store, wandering, TITLES[film], said)
        last[TITLES[film]] = said
    for title in sorted(last):
        if last[title] != "take back":
            _answer(store, straight, title, last[title])
    for profile in (wandering, straight):
        answers = store.answers(profile)
        known.append(answers_known(answers, [TITLES.index(answer.title) for answer in answers], world.items, SCALE))
    lists = [
        world.picks(
            kind,
            each.rated,
            order=order,
            dials=some,
            not_seen=each.not_seen,
            dismissed=each.dismissed,
            n_familiar=4,
        )
        for each in known
    ]
    the_same(*lists)


def _answer(store, profile, title, said):
    if said == "take back":
        store.take_back(profile, title)
    elif said is None:
        store.not_seen(profile, title)
    elif said in DISMISSALS:
        store.dismiss(profile, title, said)
    else:
        store.rate(profile, title, said)
