"""The parameters of the link: every name that may stand in the address of a page, with what it means and what it may say.

A link is an interface that people keep: a name stays, and what it may say is refused in words where it does not fit. Names of
widgets bound to the link are kept by Streamlit; the others are kept by their page through `collab/ui/frame/link.py`. What is
allowed may depend on the data set or the run (a film, a genre): then only its form is checked here, and the page does the rest.
`tests/pages/test_links.py` compares the table with what the pages draw, both ways.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from collab.data.catalogue import CATALOGUE, DEFAULT
from collab.data.splitting import SHARE_LIMITS
from collab.models import DEFAULT_MODEL, MODELS

LONGEST = 300
"""Characters of a text that no form limits further: longer than any title of a data set."""


class Allowed(Protocol):
    """What a parameter may say: `several` says whether it may stand in the link more than once."""

    several: bool

    def takes(self, text: str) -> bool:
        """Whether this text is of the right form."""

    def __str__(self) -> str:
        """What is taken, in words that follow "it takes"."""


@dataclass(frozen=True)
class OneOf:
    """One of a few texts."""

    texts: tuple[str, ...]
    several = False

    def __init__(self, *texts: str) -> None:
        object.__setattr__(self, "texts", texts)

    def takes(self, text: str) -> bool:
        return text in self.texts

    def __str__(self) -> str:
        return f"{', '.join(self.texts[:-1])} or {self.texts[-1]}"


@dataclass(frozen=True)
class KeyOf:
    """A key of a table that may grow."""

    table: Mapping[str, object]
    several = False

    def takes(self, text: str) -> bool:
        return text in self.table

    def __str__(self) -> str:
        return str(OneOf(*self.table))


@dataclass(frozen=True)
class Number:
    """A number from `low` to `high`, None where the data set or the run decides."""

    low: float | None
    high: float | None
    whole: bool = True
    several: bool = False  # the two ends of a range

    def takes(self, text: str) -> bool:
        if not re.fullmatch(r"[+-]?\d{1,9}" if self.whole else r"[+-]?\d{1,9}(\.\d{1,12})?", text, re.ASCII):
            return False
        low, high = -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high
        return low <= float(text) <= high

    def __str__(self) -> str:
        kind = "a whole number" if self.whole else "a number"
        if self.low is None and self.high is None:
            return kind
        if self.high is None:
            return f"{kind} from {_plain(self.low)} on"
        return f"{kind} from {_plain(self.low)} to {_plain(self.high)}"


def _plain(number: float) -> str:
    return f"{number:g}" if abs(number) < 1e6 else f"{number:.0f}"


@dataclass(frozen=True)
class Switch:
    """On or off."""

    several = False

    def takes(self, text: str) -> bool:
        return text.lower() in ("true", "false")

    def __str__(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Text:
    """Any text of one line, with `what` it names where the data set or the run decides what there is."""

    what: str = "a text"
    longest: int = LONGEST
    several: bool = False

    def takes(self, text: str) -> bool:
        return len(text) <= self.longest and text.isprintable()

    def __str__(self) -> str:
        return f"{self.what}, in {self.longest} characters at most"


@dataclass(frozen=True)
class Written:
    """A text of a fixed form: `pattern`, and the form in words."""

    pattern: str
    words: str
    several = False

    def takes(self, text: str) -> bool:
        return re.fullmatch(self.pattern, text, re.ASCII) is not None

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Parameter:
    """One name of the link.

    `pages` are the names of the pages that have it, none for all of them; `default` is what holds where the link does not have
    it, in words where it depends. `is_step`: another value is a new entry in the browser's history, so that *Back* returns to
    the one before. `is_bound`: a widget bound to the link keeps it. `stays`: a link without it leaves it as it is, even after
    *Back*.
    """

    name: str
    pages: tuple[str, ...]
    meaning: str
    allowed: Allowed
    default: str
    is_step: bool = False
    is_bound: bool = True
    stays: bool = False

    def refusal(self, texts: Sequence[str]) -> str:
        """What is wrong with these values of the link, as a sentence; "" if nothing is."""
        if len(texts) > 1 and not self.allowed.several:
            return f"The link has {self.name} {len(texts)} times; it takes {self.allowed}."
        for text in texts:
            if not self.allowed.takes(text) and not (text == "" and (self.allowed.several or not self.is_bound)):
                return f"The link’s {self.name} is {shortened(text)!r}; it takes {self.allowed}."
        return ""


def shortened(text: str) -> str:
    """A value of the link, short enough to be quoted."""
    return text if len(text) <= 60 else f"{text[:59]}…"


RUN = Written("[0-9a-f]{8}", "a run’s id, 8 of the characters 0-9 and a-f")
RUNS = Written("[0-9a-f]{8}(,[0-9a-f]{8})*", "ids of runs with commas between")
TOKEN = Text("the code of a profile", 200)
SHARE = Number(0, 1, whole=False)
FILM = Text("a title of the data set")
WITH_A_FILM = ("map", "similar", "data", "train", "learn")
COUNTED = ("taste", "map", "similar", "biases", "people", "data", "learn")
COMPONENTS = tuple(str(number) for number in range(1, 11))
COLOURS = ("genre", "decade", "year", "mean", "count", "bias", "length", "predicted", "cluster", "doubt")
PARTS_OF_DATA = ("long tail", "over time", "stars", "crosstab", "split", "doubled titles", "source and terms")
ORDERS = ("What you would watch and like", "What you would rate highest", "Safe bet", "Popular", "Long shot")
THEIR_ORDERS = ("What they would watch and like", "What they would rate highest", "Popular")


def _view(name: str, page: str, meaning: str, *texts: str) -> Parameter:
    """The view of a page; the first is the default."""
    return Parameter(name, (page,), meaning, OneOf(*texts), texts[0], is_step=True)


def _choice(name: str, page: str, meaning: str, *texts: str, default: str = "") -> Parameter:
    return Parameter(name, (page,), meaning, OneOf(*texts), default or texts[0])


def _number(name: str, page: str, meaning: str, low: float, high: float | None, default: str) -> Parameter:
    whole = all(float(each).is_integer() for each in (low, high or 0)) and "." not in default
    return Parameter(name, (page,), meaning, Number(low, high, whole), default)


def _switch(name: str, page: str, meaning: str) -> Parameter:
    return Parameter(name, (page,), meaning, Switch(), "false")


_TABLE = [
    # every page
    Parameter("data", (), "the data set in use", KeyOf(CATALOGUE), DEFAULT, is_step=True, is_bound=False, stays=True),
    Parameter("run", (), "the run in use", RUN, "the default run", is_step=True, is_bound=False, stays=True),
    # shared by several pages
    Parameter("film", WITH_A_FILM, "the film chosen", FILM, "none, or the page’s own", True),
    Parameter("user", ("people", "data", "train", "learn"), "the user chosen", Text("a user’s number", 50), "the first", True),
    Parameter("against", ("map", "similar"), "the run to compare with", RUN, "one alike", is_step=True, is_bound=False),
    Parameter("profile", ("rate", "taste", "together", "map"), "whose ratings", TOKEN, "none", is_bound=False, stays=True),
    Parameter("filter", ("biases",), "text of the rows to list", Text(), ""),
    Parameter("minimum", COUNTED, "least training ratings", Number(1, 200), "20"),
    Parameter("min_ratings", ("rate", "together", "people"), "least ratings of a film", Number(1, None), "20, or what there is"),
    Parameter("pick_genres", ("rate", "together"), "genres of the picks", Text("a genre", several=True), "all"),
    Parameter("years", ("rate", "together"), "first and last year", Number(0, 9999, several=True), "all"),
    Parameter("popularity", ("rate",), "obscure to popular", Number(-1, 1, whole=False), "0"),
    Parameter("variety", ("rate",), "similar to varied", SHARE, "0"),
    Parameter("matrix_part", ("data", "learn"), "part of the matrix", OneOf("Busiest", "Cross-section"), "Busiest"),
    Parameter("matrix_users", ("data", "learn"), "users in the matrix", Number(5, 30), "15"),
    Parameter("matrix_films", ("data", "learn"), "films in the matrix", Number(5, 30), "15"),
    # Rate
    Parameter("what_if", ("rate",), "a film and other stars", Text("STARS:TITLE, as in 2:Alien (1979)"), "none", is_bound=False),
    Parameter("order", ("rate",), "order of the picks", OneOf(*ORDERS), ORDERS[0]),
    _choice("ask", "rate", "which films are asked", "Most telling", "Most likely seen", "Popular", "HELF", "Random"),
    _switch("groups", "rate", "groups of films are picked"),
    # Your taste
    _switch("beyond", "taste", "kindness is taken out"),
    _number("alike", "taste", "similar users", 1, 50, "10"),
    _choice("among", "taste", "what surrounds the place", "Films", "People"),
    # Together
    Parameter("people", ("together",), "view-only codes, commas between", Text("codes", 900), "none", is_bound=False, stays=True),
    _choice("way", "together", "how predictions combine", "Average", "Least misery", "Average without misery"),
    _choice("counts", "together", "what is combined", "Watch and like", "Predicted rating"),
    _switch("again", "together", "films that some have liked"),
    _number("least", "together", "lowest stars for anybody", 0, None, "2.5, or what there is"),
    # Map
    _view("map_view", "map", "one run, or two beside each other", "One run", "Two runs"),
    Parameter("films", ("map",), "the set of films, their numbers in the run", Text("numbers", 1800), "none", is_bound=False),
    Parameter("camera", ("map",), "where the picture is seen from", Text("numbers", 200), "the picture’s own", is_bound=False),
    _choice("dim", "map", "dimensions", "3-D", "2-D"),
    _choice("layout", "map", "how films get their places", "PCA", "t-SNE"),
    _choice("x", "map", "component on this axis", *COMPONENTS, default="1"),
    _choice("y", "map", "component on this axis", *COMPONENTS, default="2"),
    _choice("z", "map", "component on this axis", *COMPONENTS, default="3"),
    Parameter("from", ("map",), "low end of an own axis", Text("a film or group", several=True), "none"),
    Parameter("to", ("map",), "high end of an own axis", Text("a film or group", several=True), "none"),
    _choice("factors", "map", "centred factors or raw", "centred", "raw"),
    _switch("with_bias", "map", "the bias is one more factor"),
    _number("perplexity", "map", "perplexity of t-SNE", 5, 100, "30"),
    _choice("colour", "map", "what colours say", *COLOURS),
    Parameter("coloured", ("map",), "genres with a colour", Text("a genre", several=True), "the seven largest"),
    _number("clusters", "map", "number of clusters", 2, 8, "6"),
    _number("shown", "map", "number of films", 1, None, "1000"),
    _number("names", "map", "number of names", 0, 60, "20"),
    _switch("sized", "map", "size says number of ratings"),
    Parameter("find", ("map",), "text in titles to ring", Text(), ""),
    _choice("others", "map", "films not found", "shown", "faded", "hidden"),
    _choice("below", "map", "part below the picture", "Films", "Set", "Axes", "Clusters"),
    _choice("moved_colour", "map", "what colours say of two runs", "moved", "genre", "decade", "year", "mean", "count"),
    _choice("nearest_by", "map", "what near means", "cosine", "distance"),
    # Similar
    _view("similar_view", "similar", "the view", "One film", "Two films", "Towards another", "Two runs", "As if it were new"),
    Parameter("second_film", ("similar",), "the film beside it", FILM, "the next", is_step=True),
    Parameter("near", ("similar",), "the neighbour explained", FILM, "the nearest"),
    _choice("measure", "similar", "what near means", "cosine", "cautious", "euclidean", "dot", default="cautious, or cosine"),
    _switch("centred", "similar", "factors are centred"),
    _number("beta", "similar", "shrinkage", 0, 200, "0"),
    _number("neighbours", "similar", "films in a list", 5, 30, "10"),
    _choice("co_rating", "similar", "what co-rating compares", "who rated both", "how both were rated"),
    _choice("directions", "similar", "axes of the explanation", "Principal axes", "As trained"),
    Parameter("towards", ("similar",), "share of the second film", SHARE, "0.5"),
    Parameter("new_title", ("similar",), "title of a new film", Text(longest=100), ""),
    Parameter("new_genres", ("similar",), "genres of a new film", Text("a genre", several=True), "the film’s"),
    Parameter("new_year", ("similar",), "year of a new film", Number(0, 9999), "the film’s"),
    Parameter("groups_by", ("similar",), "what groups users", Text("a fact about users", 50), "the first"),
    # Biases
    _view("view", "biases", "whose biases", "films", "genres and decades", "users"),
    _choice("picture", "biases", "picture of the films", "highest and lowest", "against the damped mean"),
    _choice("raters", "biases", "picture of the users", "harshest and kindest", "distribution", "against their mean"),
    _choice("bias", "biases", "raw or shrunk", "raw", "shrunk"),
    _number("bias_damping", "biases", "shrinkage", 1, 100, "10"),
    _number("ends", "biases", "bars at each end", 5, 15, "10"),
    _choice("by", "biases", "what is averaged over", "genre", "decade", "genre × decade"),
    _choice("count", "biases", "what a mean counts", "each film once", "by its ratings"),
    # People
    _view("part", "people", "the view", "held-out ratings", "recommended", "what they rated", "tastes", "all users"),
    Parameter("people_order", ("people",), "order of the users", Text("an order", 50), "most ratings"),
    Parameter("ranked_by", ("people",), "order of the picks", OneOf(*THEIR_ORDERS), THEIR_ORDERS[0]),
    _choice("rated_order", "people", "order of the ratings", "their stars", "surprise"),
    _choice("taste_by", "people", "what tastes are by", "genres", "decades"),
    # Data
    _view("data_part", "data", "the view", *PARTS_OF_DATA),
    _choice("tail_of", "data", "whose tail", "films", "users"),
    _switch("only_few", "data", "only those with too few ratings"),
    _choice("period", "data", "length of a period", "day", "week", "month", default="week"),
    # Train
    Parameter("model", ("train",), "the model to train", KeyOf(MODELS), DEFAULT_MODEL, is_bound=False),
    Parameter("share", ("train",), "share held out", Number(*SHARE_LIMITS, whole=False), "0.2", is_bound=False),
    Parameter("sliders", ("train",), "slider mode", Switch(), "false", is_bound=False),
    Parameter("split", ("train",), "split seed of the trials", Number(0, 999_999_999), "0", is_bound=False),
    Parameter("how_rated", ("train",), "the chances of a rating are open", Switch(), "false"),
    # Runs
    Parameter("pick", ("runs",), "the runs ticked", RUNS, "the run in use", is_bound=False),
    Parameter("find_run", ("runs",), "text of the runs to list", Text(), ""),
    _choice("runs_of", "runs", "of which data sets", "This data set", "All data sets"),
    # Learn
    Parameter("step", ("learn",), "the step", Text("a step", 40), "matrix", is_step=True, is_bound=False),
    _switch("matrix_filled", "learn", "blanks are filled"),
    _choice("telling", "learn", "example of the dot product", "Skywalker", "Star Wars"),
    Parameter("dot_who", ("learn",), "whose factors to move", FILM, "the user"),
    Parameter("numbers", ("learn",), "nine factors, commas between", Text("numbers", 100), "the example’s", is_bound=False),
    Parameter("slow_user", ("learn",), "user looked at", Text("a user", 50), "the first"),
    Parameter("slow_film", ("learn",), "film looked at", FILM, "the first"),
    Parameter("slow_rate", ("learn",), "learning rate", Number(0.02, 2, whole=False), "0.2"),
    _choice("slow_shown", "learn", "numbers in the margins", "Factors", "Gradients"),
    Parameter("slow_step", ("learn",), "steps taken", Number(0, 60), "0", is_bound=False),
    Parameter("slow_seed", ("learn",), "seed of the start", Number(0, 999_999), "0", is_bound=False),
    _number("one_hot_user", "learn", "user looked up", 0, 7, "3"),
    _choice("kept_in", "learn", "how users are kept", "plain tensor", "own parameter", "nn.Embedding"),
    _number("range_end", "learn", "upper end of the range", 4.5, 6.5, "5.5"),
    _choice("biases_view", "learn", "view of the biases", "one prediction", "two orders"),
    _number("kindness", "learn", "user, harsh to kind", 0, 100, "a user in the middle"),
    _choice("decay_view", "learn", "view of weight decay", "Canyon", "Update rule", "Over-fitting"),
    _number("decay_a", "learn", "how steep", 0.5, 50, "5.0"),
    _number("decay_wd", "learn", "weight decay of the canyon", 0, 1, "0.5"),
    Parameter("decay_pull", ("learn",), "gradient of a batch", Number(0.1, 10, whole=False), "1.0"),
    Parameter("decay_chosen", ("learn",), "weight decay", Number(0, 0.3, whole=False), "0.01"),
    _choice("pca_view", "learn", "view of the components", "3-D cloud", "Its two best axes"),
    _number("pca_stretch", "learn", "how stretched", 1, 6, "3.0"),
    _number("pca_press", "learn", "how flat axis 3 is", 0, 100, "0"),
    _choice("distance_view", "learn", "view of distances", "Two arrows", "Rare films"),
    _number("arrow_angle", "learn", "angle of the arrows", 0, 150, "40"),
    Parameter("arrow_a", ("learn",), "length of one arrow", Number(0.5, 3, whole=False), "1.0"),
    Parameter("arrow_b", ("learn",), "length of the other", Number(0.5, 3, whole=False), "2.0"),
    _choice("rare_remedy", "learn", "remedy for rare films", "Leave rare films out", "Shrink the similarity", "Cautious cosine"),
    _number("rare_minimum", "learn", "ratings needed", 1, 100, "20"),
    _number("rare_beta", "learn", "ratings for half", 0, 100, "20"),
    _choice("cold_revealed", "learn", "ratings told", "0", "1", "3", "5", "10", default="5"),
    _number("feedback_lovers", "learn", "lovers of anime who join", 0, 60, "20"),
    _choice("feedback_remedy", "learn", "remedy for a feedback loop", "None", "Explore", "Damp", default="Explore"),
    _number("belief_ratings", "learn", "ratings given", 0, 100, "3"),
    _number("belief_noise", "learn", "noise of a rating", 0.3, 2, "1.0"),
    _number("belief_spread", "learn", "spread of films", 0.1, 1.5, "0.6"),
    _choice("nets_view", "learn", "view of the nets", "The net", "Embedding sizes"),
    Parameter("net_hidden", ("learn",), "sizes of the hidden layers", Text("numbers", 60), "100"),
    Parameter("net_user_size", ("learn",), "numbers a user", Number(1, None), "by the rule"),
    Parameter("net_film_size", ("learn",), "numbers a film", Number(1, None), "by the rule"),
    Parameter("table_rows", ("learn",), "rows of the table", Number(2, 1_000_000), "10000"),
    Parameter("similar_pick", ("learn",), "the pick explained", FILM, "the first"),
    Parameter("row", ("learn",), "table of the chapter", Text("a row of the tables", 60), "the first", is_step=True),
]  # fmt: skip

PARAMETERS = {each.name: each for each in _TABLE}
"""The parameters of the link by name, those of every page first; without the settings of the models."""


def parameters() -> dict[str, Parameter]:
    """All parameters, the settings of every model among them; how far those go is in `collab/models/settings.py`."""
    names = {field.name for family in MODELS.values() for field in dataclasses.fields(family.settings_type)}
    own = Text("what the model’s settings allow", 100)
    meaning, default = "a setting of the model to train", "that of its default preset"
    settings = (Parameter(name, ("train",), meaning, own, default, is_bound=False) for name in sorted(names))
    return PARAMETERS | {each.name: each for each in settings}
