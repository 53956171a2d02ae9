"""What somebody new is shown first: how many of the ten picks they really watched and liked: a part of `cold_start`.

Ten ratings are revealed, random or of popular films; a film is relevant if it is among the ratings beyond the 15th and got 4
stars or more; those of the 11th to the 15th rating are no candidates. NDCG@10 is a mean over the people who have a relevant
film. Candidates: *all* films with a training rating that are not revealed; *not shown*: after a popular reveal, without the
films that such a page would have shown before the 15th answer and the person had not rated (they are good picks in real life,
and count as wrong here); *rated*: only those that the person did rate. Coverage: the share of the films with a training rating
that are among anybody's ten picks out of *all* and out of *not shown*, all folds together; popularity: the mean number of
training ratings of the picks out of *all*.
Orders stand on `bayes` and `dot-bias`, preset fast; opponents in the same run: popularity, the item mean (damped by 5), the
item-item model alone (EASE on the same rows, 5,000 films at most). Differences are paired, with their 95 % interval by
percentile bootstrap over people (2,000 draws, seed 0).
The chance of having seen a film: what was said and what share was rated, over all *not shown* films of all people (those of the
11th to the 15th rating among them), and the log loss beside that of a film's popularity alone.

Times: CPU of one thread, medians over people, from ten ratings to the order of all films; opponents: scikit-learn's Ridge on
the film factors (a zero-mean ridge), and twenty AdamW steps in torch on a new row from the mean of the trained ones.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from sklearn.linear_model import Ridge

from collab.data.ratings import Ratings
from collab.data.splitting import split_random
from collab.data.tables import describe_items, describe_users
from collab.models import build_model, preset_of
from collab.models.ease import ItemWeights, train_item_weights
from collab.models.fold_in import Predictions
from collab.recommend.new_user import NewUser, new_user
from collab.recommend.orders import ORDERS, POPULAR, WATCH, rank, score_of
from collab.training.fit import fit
from collab.training.metrics import coverage, ndcg_at_k
from tests.benchmarks.cold_start_goals import Goal, at_least, at_most, share, upper_end
from tests.benchmarks.new_users import NOT_SIGNIFICANT, REVEALS, Fold, K, Person, folds, interval, people_of

LISTED, LIKED = 10, 4.0
OVER_POPULARITY = {"random": 0.16, "popular": 0.14}
LEAST_COVERAGE = 0.10
MOST_MS = {"fold-in": 1.0, "fold-in and item-item": 2.0}
CANDIDATES = ("all", "not shown", "rated")
MODELS = ("bayes", "dot-bias")
STEPS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
MEAN, EASE = "item mean", "item-item alone"

Score = Callable[[dict[int, float]], dict[str, np.ndarray]]


class Shown(NamedTuple):
    """Of one person: NDCG in each of CANDIDATES, and the picks out of all films and out of those not shown."""

    ndcg: list[float]
    picks: np.ndarray
    not_shown: np.ndarray


class Found(NamedTuple):
    """Of one method: NDCG (n_people, n_candidates), the picks of everybody out of all films and out of those not shown
    (n_people, LISTED), and the counts of ratings of the former."""

    ndcg: np.ndarray
    picks: np.ndarray
    not_shown: np.ndarray
    counts: np.ndarray


def new_users(train: Ratings, items: pd.DataFrame) -> dict[str, NewUser]:
    """The models, trained on `train`; their noise is measured as a run's is, on 20 % of it."""
    split, found = split_random(len(train), 0.2, 0), {}
    parts = (train.take(split.train), train.take(split.valid))
    for name in MODELS:
        trial, model = (
            build_model(name, preset_of(name, "fast"), train.n_users, train.n_items, train.rating_scale)
            for _ in range(2)
        )
        fit(model, train, parts[1])
        valid_mse = fit(trial, *parts).valid.mse if model.item_covariances is None else 0.0
        found[name] = new_user(model, describe_users(train), items, valid_mse, train.rating_scale)
    return found


def scores(
    rated: dict[int, float], known: dict[str, NewUser], together: ItemWeights, items: pd.DataFrame
) -> dict[str, np.ndarray]:
    """What every method ranks by after the ratings `rated`: (n_items,) each."""
    counts, likely = items["n_ratings"].to_numpy(), together.score(rated)
    found = {POPULAR: counts.astype(float), MEAN: items["damped_mean"].to_numpy(), EASE: likely}
    for name, each in known.items():
        predictions, _ = each.predict(rated)
        found |= {
            f"{order}, {name}": score_of(order, predictions, counts, likely) for order in ORDERS if order != POPULAR
        }
    return found


def show(score: np.ndarray, person: Person, reveal: str, counts: np.ndarray) -> Shown:
    """How one list does for one person; `counts` (n_items,) of training ratings."""
    order = person.order[reveal]
    first, beyond = person.item_index[order[:15]], order[15:]
    test = person.item_index[beyond]
    relevant = test[(person.rating[beyond] >= LIKED) & (counts[test] > 0)]
    every = np.setdiff1d(np.flatnonzero(counts > 0), first)
    not_shown = every
    if reveal == "popular":
        not_shown = every[(counts[every] < counts[first].min()) | np.isin(every, test)]
    tops = [
        each[np.argsort(-score[each], kind="stable")[:LISTED]] for each in (every, not_shown, test[counts[test] > 0])
    ]
    return Shown([ndcg_at_k(top, relevant, LISTED) for top in tops], tops[0], tops[1])


def measure(those: list[Fold]) -> tuple[dict[tuple[str, str], Found], dict[str, list]]:
    """Every method on every reveal, over the people of all folds; and `chances`."""
    found: dict[tuple[str, str], list[tuple]] = {}
    seen: dict[str, list] = {reveal: [] for reveal in REVEALS}
    for fold in those:
        items = describe_items(fold.dataset, fold.train, "title")
        counts = items["n_ratings"].to_numpy()
        known, together = new_users(fold.train, items), train_item_weights(fold.train)
        people = people_of(fold)
        for reveal in REVEALS:
            seen[reveal].append(chances(people, reveal, together, counts))
        for person in people:
            for reveal in REVEALS:
                for name, score in scores(person.revealed(reveal, K), known, together, items).items():
                    shown = show(score, person, reveal, counts)
                    found.setdefault((reveal, name), []).append((*shown, counts[shown.picks]))
    return {key: Found(*map(np.array, zip(*each, strict=True))) for key, each in found.items()}, seen


def chances(
    people: list[Person], reveal: str, together: ItemWeights, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each person and film not shown: the chance of having seen it, that by popularity alone, whether it was rated."""
    said, plain, was = [], [], []
    for person in people:
        rated = person.revealed(reveal, K)
        asked = np.setdiff1d(np.flatnonzero(counts > 0), list(rated))
        if reveal == "popular":
            asked = asked[counts[asked] < counts[list(rated)].min()]
        said.append(together.chance_of_seen(rated)[asked])
        plain.append(together.chance_of_seen({})[asked])
        was.append(np.isin(asked, person.item_index))
    return np.concatenate(said), np.concatenate(plain), np.concatenate(was)


def print_chances(parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]], reveal: str) -> None:
    """How well the chances are kept."""
    said, plain, was = map(np.concatenate, zip(*parts, strict=True))
    losses = [-np.mean(np.where(was, np.log(chance), np.log(1 - chance))) for chance in (said, plain)]
    print(
        f"\nchance of having seen a film, {reveal} reveal: log loss {losses[0]:.4f}, by popularity alone {losses[1]:.4f}"
    )
    for low, high in pairwise(STEPS):
        inside = (said >= low) & (said < high)
        print(f"  {100 * low:3.0f} to {100 * high:3.0f} %: said {100 * said[inside].mean():4.1f}, ", end="")
        print(f"rated {100 * was[inside].mean():4.1f} % of {inside.sum():,}")


def median_ms(work: Callable[[dict[int, float]], object], given: list[dict[int, float]]) -> float:
    """Median CPU milliseconds of a call, after a few that warm up."""
    for rated in given[:10]:
        work(rated)
    seconds = []
    for rated in given:
        start = time.process_time()
        work(rated)
        seconds.append(time.process_time() - start)
    return 1000 * float(np.median(seconds))


def ridge(known: NewUser) -> Callable[[dict[int, float]], np.ndarray]:
    """scikit-learn's zero-mean ridge on the film factors, and the order of all films."""

    def work(rated: dict[int, float]) -> np.ndarray:
        films = list(rated)
        model = Ridge(alpha=0.8 / 0.3).fit(
            known.items.factors[films], np.array(list(rated.values())) - known.items.biases[films]
        )
        return np.argsort(-(model.predict(known.items.factors) + known.items.biases))

    return work


def stepped(known: NewUser) -> Callable[[dict[int, float]], np.ndarray]:
    """Twenty AdamW steps in torch on a new row, and the order of all films."""
    factors, biases = torch.as_tensor(known.items.factors), torch.as_tensor(known.items.biases)
    start = torch.as_tensor(known.prior.mean, dtype=factors.dtype)
    low, high = known.items.y_range or (None, None)

    def rating(row: torch.Tensor, films: torch.Tensor | slice) -> torch.Tensor:
        s = factors[films] @ row[:-1] + row[-1] + biases[films]
        return s if low is None else low + (high - low) * torch.sigmoid(s)

    def work(rated: dict[int, float]) -> np.ndarray:
        films, stars = torch.tensor(list(rated)), torch.tensor(list(rated.values()), dtype=factors.dtype)
        row = start.clone().requires_grad_()
        optimizer = torch.optim.AdamW([row], lr=0.005, weight_decay=0.1)
        for _ in range(20):
            optimizer.zero_grad()
            torch.mean((rating(row, films) - stars) ** 2).backward()
            optimizer.step()
        with torch.no_grad():
            return torch.argsort(-rating(row, slice(None))).numpy()

    return work


def print_times(
    people: list[Person], known: dict[str, NewUser], together: ItemWeights, items: pd.DataFrame
) -> list[Goal]:
    """What a tap costs below the page, and whether that is little enough."""
    goals = []
    given = [person.revealed("random", K) for person in people]
    print(
        "\nms of CPU from ten ratings to the order of all films, median; in brackets: how often it fits into the opponents' time"
    )
    for name, each in known.items():

        def in_order(order: str, rated: dict[int, float], each: NewUser = each) -> np.ndarray:
            belief = each.after(rated)
            predictions: Predictions = each.predictions(belief)[0]
            return np.argsort(-score_of(order, predictions, together.popularity, together.score(rated)))

        def listed(rated: dict[int, float], each: NewUser = each) -> pd.DataFrame:
            predictions = each.predictions(each.after(rated))[0]
            return rank(WATCH, predictions, items, rated, known=together)

        def folded(rated: dict[int, float], each: NewUser = each) -> np.ndarray:
            return np.argsort(-each.predictions(each.after(rated))[0].score)

        opponents = {"scikit-learn's Ridge": ridge(each), "20 AdamW steps in torch": stepped(each)}
        theirs = {label: median_ms(work, given) for label, work in opponents.items()}
        ours = {
            "fold-in": median_ms(folded, given),
            "fold-in and item-item": median_ms(lambda rated: in_order(WATCH, rated), given),
            "the same, ten as a table": median_ms(listed, given),
        }
        for label, ms in theirs.items():
            print(f"{name:9} {label:26} {ms:6.3f}")
        for label, ms in ours.items():
            print(f"{name:9} {label:26} {ms:6.3f}  ({', '.join(f'{their / ms:.1f}' for their in theirs.values())})")
        goals += [
            at_most(f"{label}, order of all films, `{name}`, median", most, ours[label], "ms")
            for label, most in MOST_MS.items()
        ]
    return goals


def print_table(found: dict[tuple[str, str], Found], reveal: str, n_items: int) -> None:
    """The figures of one reveal."""
    methods = [name for which, name in found if which == reveal]
    some = np.isfinite(found[reveal, POPULAR].ndcg[:, 0])
    print(f"\n{reveal} reveal, {K} ratings: NDCG@{LISTED} of {some.sum()} people; coverage in %; popularity")
    print(f"{'':22}" + "".join(f"{name:>11}" for name in CANDIDATES) + "  coverage (not shown)  popularity")
    for name in methods:
        each = found[reveal, name]
        figures = "".join(f"{value:11.3f}" for value in np.nanmean(each.ndcg, axis=0))
        reach = [100 * coverage(picks, n_items) for picks in (each.picks, each.not_shown)]
        print(f"{name:22}{figures}{reach[0]:10.1f}{reach[1]:12.1f}{each.counts.mean():12.0f}")
    for name in MODELS:
        default, rating = (found[reveal, f"{order}, {name}"].ndcg for order in (WATCH, "rating"))
        popular, mean, alone = (found[reveal, other].ndcg for other in (POPULAR, MEAN, EASE))
        for column, label in enumerate(CANDIDATES[:2]):
            print(f"  {WATCH}, {name} − popular, {label}: {interval(default[:, column] - popular[:, column])}")
            print(f"  {WATCH}, {name} − {EASE}, {label}: {interval(default[:, column] - alone[:, column])}")
            print(f"  {WATCH}, {name} − rating, {name}, {label}: {interval(default[:, column] - rating[:, column])}")
        for order, its in ((WATCH, default), ("rating", rating)):
            print(f"  {order}, {name} − {MEAN}, rated: {interval(its[:, 2] - mean[:, 2])}")


def goals_of(found: dict[tuple[str, str], Found], reveal: str, n_items: int) -> list[Goal]:
    """What was wanted of the default order and of the predicted rating, on `bayes`."""
    default, popular = found[reveal, f"{WATCH}, bayes"], found[reveal, POPULAR]
    sets = {"all": default.picks, "not shown": default.not_shown} if reveal == "popular" else {"all": default.picks}
    said, goals = f"after {K} ratings, {reveal} reveal", []
    for label in sets:
        column = CANDIDATES.index(label)
        gain = interval(default.ndcg[:, column] - popular.ndcg[:, column])
        goals.append(
            at_least(f"NDCG@{LISTED}: default order over popularity, {label}, {said}", OVER_POPULARITY[reveal], gain)
        )
    rated = interval(found[reveal, "rating, bayes"].ndcg[:, 2] - found[reveal, MEAN].ndcg[:, 2])
    goals.append(
        upper_end(f"NDCG@{LISTED}: predicted rating over item mean, rated films, {said}", 0.0, rated, above=True)
    )
    for label, picks in sets.items():
        goals.append(
            share(f"coverage of the default order, {label}, {said}", LEAST_COVERAGE, 1.0, [coverage(picks, n_items)])
        )
    return goals


def report(final: bool) -> list[Goal]:
    """Print the tables; what was wanted and found."""
    those = list(folds(final))
    found, seen = measure(those)
    n_items = len(np.unique(np.concatenate([fold.train.item_index for fold in those])))
    goals = []
    print(NOT_SIGNIFICANT)
    for reveal in REVEALS:
        print_table(found, reveal, n_items)
        goals += goals_of(found, reveal, n_items)
    for reveal in REVEALS:
        print_chances(seen[reveal], reveal)
    first = those[0]
    start = time.process_time()
    together = train_item_weights(first.train)
    print(f"\nitem-item weights of {len(together.items):,} films: {time.process_time() - start:.2f} s of CPU")
    items = describe_items(first.dataset, first.train, "title")
    return goals + print_times(people_of(first), new_users(first.train, items), together, items)
