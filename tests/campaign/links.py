"""Links with hostile values: every parameter of every page, values of every kind and values drawn from the table of parameters.

All parameters of a page stand in one link, each with another value, so a page is opened once for as many tries as it has names.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from collab.models import CHAPTER_MODEL
from collab.ui.frame import cached
from collab.ui.frame.parameters import PARAMETERS, Number, Parameter, parameters
from collab.ui.learn.steps import STEPS
from collab.ui.person import cached as person_cached
from tests.campaign.dashboard import serving, turn, visitor
from tests.campaign.product import SAMPLE, train
from tests.campaign.report import Clock, Figure

MINUTES = 15
N_DRAWN = 86  # with the kinds a hundred values for each parameter

KINDS = (  # of values: each stands once for every parameter
    [""],
    ["1", "2"],
    ["٣"],
    ["²"],
    ["9" * 400],
    ["-1"],
    ["1e309"],
    ["nan"],
    ["0.30000000000000004"],
    ["true"],
    ["a,b,,c"],
    ["<b>x</b> [y](https://z.example) ![](https://z.example) $1$ :red[r]"],
    ["\0\n\x1b"],
    ["../../etc/passwd"],
)


def choices(name: str) -> tuple[str, ...]:
    """The views of a page, by the name of the parameter that chooses one."""
    return PARAMETERS[name].allowed.texts


VIEWS: dict[str, list[dict[str, str]]] = {
    "overview": [{}],
    "rate": [{}],
    "taste": [{"among": "People"}],
    "together": [{"way": "Average without misery"}],
    "map": [{"colour": "cluster"}, {"layout": "t-SNE"}, {"map_view": "Two runs"}, {"below": "Axes"}],
    "similar": [{"similar_view": view, "run": "side"} for view in choices("similar_view")],
    "biases": [*({"view": view} for view in choices("view")), {"view": "users", "bias": "shrunk"}],
    "people": [{"part": part} for part in choices("part")],
    "data": [{"data_part": part} for part in choices("data_part")],
    "train": [{"how_rated": "true"}, {"sliders": "true"}],
    "runs": [{}],
    "learn": [
        *({"step": step.slug} for step in STEPS),
        {"step": "biases", "biases_view": "two orders"},
        {"step": "nets", "nets_view": "Embedding sizes"},
        *({"step": "weight-decay", "decay_view": view} for view in choices("decay_view")[:2]),
        *({"step": "distance", "distance_view": "Rare films", "rare_remedy": each} for each in choices("rare_remedy")),
    ],
}
"""By page: links that together draw every control that a link can hold. A run is named by its model."""


def somebody(run_id: str) -> dict[str, str]:
    """The link to two people who have rated the most rated films of a run, one of them the visitor."""
    people = [cached.profiles().create(name) for name in ("Ada", "Ben")]
    for title in list(person_cached.film_titles(run_id))[:8]:
        for profile, stars in zip(people, (4.0, 2.0), strict=True):
            cached.profiles().rate(profile, title, stars)
    return {"profile": people[0].edit_token, "people": ",".join(each.view_token for each in people)}


def asked_of(page: str) -> list[Parameter]:
    """The parameters that a page has and others have not."""
    return [each for each in parameters().values() if page in each.pages]


def hostile(page: str, seed: int, n_drawn: int) -> Iterator[dict[str, list[str]]]:
    """Links to a page: each kind of value once for every parameter, then `n_drawn` values for each, drawn by the seed."""
    draw, asked = random.Random(f"{page} {seed}"), asked_of(page)
    for shift in range(len(KINDS)):
        yield {each.name: KINDS[(place + shift) % len(KINDS)] for place, each in enumerate(asked)}
    for _ in range(n_drawn):
        yield {each.name: [drawn(each, draw)] for each in asked}


def drawn(parameter: Parameter, draw: random.Random) -> str:
    """A value of the parameter's own form, at its limits or just beyond, or with one sign put in."""
    allowed = parameter.allowed
    if isinstance(allowed, Number):
        low = -5 if allowed.low is None else allowed.low
        high = 2000 if allowed.high is None else allowed.high
        return draw.choice([f"{low:g}", f"{high:g}", f"{low - 1:g}", f"{high + 1:g}", f"{draw.uniform(low, high):.2f}"])
    own = (*getattr(allowed, "texts", ()), *getattr(allowed, "table", ()))
    text = draw.choice([*own, "Alien (1979)", "1", "1,2,3", "Drama"])
    place = draw.randrange(len(text) + 1)
    return draw.choice([text, text, text[:place] + draw.choice("\0٣[<,:") + text[place:], text.upper()])


def attack(
    page: str, runs: dict[str, str], figure: Figure, clock: Clock, seed: int = 0, n_drawn: int = N_DRAWN
) -> None:
    """Open a page by hostile links, with the run of the chapter's model in use; every second link asks for another view."""
    n_names = len(asked_of(page))
    figure.planned += n_names * (len(KINDS) + n_drawn)
    for place, texts in enumerate(hostile(page, seed, n_drawn)):
        if clock.is_over:
            return
        view = VIEWS[page][place // 2 % len(VIEWS[page])] if place % 2 else {}
        link = {**texts, "data": SAMPLE, "run": runs[CHAPTER_MODEL], **view}
        link["run"] = runs.get(link["run"], link["run"])
        figure.found += [f"{what} ⟵ {page} {texts}" for what in turn(visitor(page, **link))]
        figure.cases += n_names


def run(home: Path, seed: int, clock: Clock) -> list[Figure]:
    """A hundred values for every parameter of every page, as far as the time goes."""
    runs = {model: train(home, model) for model in (CHAPTER_MODEL, "side")}
    figure = Figure("tracebacks: a parameter of a page, with a hostile value")
    with serving(home):
        for page in VIEWS:
            attack(page, runs, figure, clock, seed)
    return [figure]
