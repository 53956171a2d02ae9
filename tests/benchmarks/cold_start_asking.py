"""Which film to ask next: one film a screen, until somebody new has rated ten: a part of `cold_start`.

The model is `bayes` *fast*. A quarter of a person's films, the first ones of `default_rng(user_id).permutation`, are the test,
the same for every strategy and every number of answers. One film a screen: a film among the other three quarters gets its
rating; any other counts as not seen, a film of the test too. So the figures err on the slow side: real people have seen more
than they rated, and nobody hides a quarter of it.

Screens: median over people until so many answers; never within 100 counts as infinite. Error: mean over people of each person's
mean squared error on the test, with the answers at hand (who never gets so far: after 100 screens). Differences are paired over
people, with 95 % intervals by bootstrap (2,000 draws, seed 0). Taught: `collab.recommend.elicitation.taught`, from before the
first rating.

Groups (`collab.recommend.item_groups`): before the first film the person picks two of the groups, those whose films they rated
most above the films' own means (damped by two ratings; films of the test do not count).
"""

from __future__ import annotations

import dataclasses
import time
from typing import NamedTuple

import numpy as np

from collab.data.tables import describe_items, describe_users
from collab.models import build_model, preset_of
from collab.recommend.elicitation import (
    Interview,
    Strategy,
    at_random,
    audience,
    by_chance_of_seen,
    by_helf,
    by_information,
    by_popularity,
    information_gained,
)
from collab.recommend.item_groups import ItemGroup, after_groups, item_groups
from collab.recommend.new_user import NewUser, new_user
from collab.training.fit import fit
from tests.benchmarks.cold_start_goals import Goal, at_most, upper_end
from tests.benchmarks.new_users import NOT_SIGNIFICANT, Fold, K, folds, interval, printed, stars_of

STRATEGIES = {
    "information": by_information,
    "chance of seen": by_chance_of_seen,
    "popularity": by_popularity,
    "HELF": by_helf,
    "random": at_random,
}  # the first is the default

N_SCREENS = 100
ANSWERS = (0, 1, 3, 5, 10, 15)
SCREENS = (20, 40)
TEST_SHARE = 0.25
N_PICKED = 2
OPPONENT = "popularity"
GROUPS = "groups first"
MOST_SCREENS, NO_WORSE = 31.0, 0.01


class Askable(NamedTuple):
    """Somebody who is asked: a seed of their own, the stars that they can give, by film, and films and stars of the test."""

    seed: int
    stars: dict[int, float]
    tested: np.ndarray
    given: np.ndarray


class Course(NamedTuple):
    """How it went: at which screen each answer came (n_answers,), the error after each number of answers in ANSWERS and after
    each number of screens in SCREENS, how much of what was unknown the first ten answers took away, and the CPU seconds that a
    question took to choose, on average."""

    screens: list[int]
    errors: list[float]
    later: list[float]
    information_gained: float
    seconds: float


def askable_of(fold: Fold) -> list[Askable]:
    """The people of a fold."""
    people = []
    for user in fold.users:
        item_index, stars = stars_of(fold.ratings, user)
        seed = int(fold.ratings.users.labels[user])
        order = np.random.default_rng(seed).permutation(len(item_index))
        test, rest = np.split(order, [round(TEST_SHARE * len(order))])
        known = dict(zip(item_index[rest].tolist(), stars[rest].tolist(), strict=True))
        people.append(Askable(seed, known, item_index[test], stars[test]))
    return people


def error(known: NewUser, rated: dict[int, float], person: Askable) -> float:
    """The mean squared error on the person's test."""
    found, _ = known.predict(rated)
    return float(np.mean((found.mean[person.tested] - person.given) ** 2))


def ask(strategy: Strategy, start: Interview, person: Askable) -> Course:
    """Put one film a screen before the person."""
    rated: dict[int, float] = {}
    not_seen: list[int] = []
    screens: list[int] = []
    known = start.known
    errors, later = {0: error(known, rated, person)}, []
    at_ten, seconds = rated, 0.0
    for screen in range(1, N_SCREENS + 1):
        moment = time.process_time()
        film = int(strategy(dataclasses.replace(start, rated=rated, not_seen=not_seen, seed=person.seed), 1)[0])
        seconds += time.process_time() - moment
        if film in person.stars:
            rated = {**rated, film: person.stars[film]}
            screens.append(screen)
            if len(rated) in ANSWERS:
                errors[len(rated)] = error(known, rated, person)
            if len(rated) <= 10:
                at_ten = rated
        else:
            not_seen = [*not_seen, film]
        if screen in SCREENS:
            later.append(error(known, rated, person))
        if len(rated) >= max(ANSWERS) and screen >= max(SCREENS):
            break
    last = error(known, rated, person)
    errors_after = [errors.get(n, last) for n in ANSWERS]
    return Course(
        screens, errors_after, later, information_gained(known, {}, at_ten, start.audience.share), seconds / screen
    )


def picked_by(person: Askable, groups: list[ItemGroup], mean_rating: np.ndarray) -> list[int]:
    """The places of the groups that the person likes most."""
    liking = []
    for group in groups:
        above = [person.stars[film] - mean_rating[film] for film in group.items.tolist() if film in person.stars]
        liking.append(sum(above) / (len(above) + 2))
    return np.argsort(-np.array(liking), kind="stable")[:N_PICKED].tolist()


def courses(fold: Fold) -> dict[str, list[Course]]:
    """Every strategy on every person of the fold; with groups, the default one."""
    train = fold.train
    model = build_model("bayes", preset_of("bayes", "fast"), train.n_users, train.n_items, train.rating_scale)
    fit(model, train, train)
    items = describe_items(fold.dataset, train, "title")
    known = new_user(model, describe_users(train), items, 0.0, train.rating_scale)
    people, start = askable_of(fold), Interview(known, audience(train), {}, ())
    groups = item_groups(known.prior, known.items.factors, start.audience.share)
    for group in groups:
        print("  group of", len(group.items), "; ".join(items["title"].iloc[group.shown]))
    found = {name: [ask(strategy, start, person) for person in people] for name, strategy in STRATEGIES.items()}
    default, mean_rating = next(iter(STRATEGIES.values())), items["mean_rating"].to_numpy()
    found[GROUPS] = []
    for person in people:
        prior = after_groups(known.prior, groups, picked_by(person, groups, mean_rating))
        new_user_with_facts = known.with_prior(prior)
        found[GROUPS].append(ask(default, dataclasses.replace(start, known=new_user_with_facts), person))
    return found


def until(courses: list[Course], n: int) -> np.ndarray:
    """Screens until `n` answers, (n_people,); infinite where they never came."""
    return np.array([course.screens[n - 1] if len(course.screens) >= n else np.inf for course in courses])


def report(final: bool) -> list[Goal]:
    """Print the tables; what was wanted and found."""
    found: dict[str, list[Course]] = {}
    for fold in folds(final):
        for name, those in courses(fold).items():
            found.setdefault(name, []).extend(those)
    errors, later = (
        {name: np.array([course[field] for course in those]) for name, those in found.items()} for field in (1, 2)
    )
    print(
        "median of screens to 5 and 10 answers, share that reaches 10; uncertainty gone by 10; ms of CPU to choose a question"
    )
    for name, those in found.items():
        to_ten = until(those, 10)
        less, seconds = (np.mean([course[field] for course in those]) for field in (3, 4))
        print(
            f"{name:15} {np.median(until(those, 5)):4.0f} {np.median(to_ten):4.0f}   {np.isfinite(to_ten).mean():.2f}"
            f"   {100 * less:.0f} %  {1000 * seconds:5.2f}"
        )
    after = f"after {', '.join(map(str, ANSWERS))} answers | after {', '.join(map(str, SCREENS))} screens"
    print(f"\nsquared error {after}")
    for name in found:
        rows = [" ".join(f"{mse:.4f}" for mse in each[name].mean(0)) for each in (errors, later)]
        print(f"{name:15} {' | '.join(rows)}")
    default = next(iter(STRATEGIES))
    print(f"\ndifferences {after}; {NOT_SIGNIFICANT}")
    for first, second in [(name, OPPONENT) for name in found if name != OPPONENT] + [(GROUPS, default)]:
        rows = [printed(each[first] - each[second]) for each in (errors, later)]
        print(f"  {first} − {second}: {' | '.join(rows)}")
    screens = {name: until(found[name], K) for name in (default, OPPONENT, GROUPS)}
    for first, second in ((default, OPPONENT), (GROUPS, default)):
        fewer = interval(np.minimum(screens[first], N_SCREENS) - np.minimum(screens[second], N_SCREENS))
        print(f"  screens to {K} answers, cut at {N_SCREENS}: {first} − {second} {fewer}")
    worse = interval((errors[default] - errors[OPPONENT])[:, ANSWERS.index(K)])
    return [
        at_most(f"screens to {K} answers, median", MOST_SCREENS, float(np.median(screens[default])), "screens"),
        upper_end(f"squared error after {K} answers, against asking by popularity", NO_WORSE, worse, above=False),
    ]
