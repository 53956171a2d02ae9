"""Step: a probability for every rating level instead of one number, drawn for a user and a film."""

from __future__ import annotations

from collab.ui.frame.page import Page
from collab.ui.learn.step import Door, Question, Step, Topic
from collab.ui.widgets.distribution import show_distribution


def draw(page: Page) -> None:
    show_distribution(page.run, 340)


STEP = Step(
    slug="distribution",
    title="The distribution of a rating",
    insight="A prediction is more than one number: the same expected rating can mean *surely three stars* or *loved or hated*, "
    "and only the chance of **every** level tells them apart.",
    draw=draw,
    door=Door("pages/train.py", "train by cross-entropy", {"model": "ordinal"}),
    questions=(
        Question(
            17,
            "What would it take to train with cross-entropy instead of squared error?",
            "As many outputs as there are rating levels instead of one: a score a level, which a softmax turns into chances that "
            "add up to 1. The targets become the places of the levels (0 … 4 for one to five stars) instead of stars, the loss "
            "is −log of the chance of the level that was given, and the predicted rating is the expected one, Σ level · chance. "
            "Here the scores share factors and biases, so that the levels keep their order:\n\n"
            "```python\n"
            "score = (user_factors * film_factors).sum(1) + user_bias + film_bias   # (B,)\n"
            "logits = level_bias + score[:, None] * (levels - levels.mean())        # (B, 5)\n"
            "loss = cross_entropy(logits, level_index)\n"
            "expected = logits.softmax(1) @ levels                                  # (B,)\n"
            "```",
        ),
    ),
    topics=(
        Topic(
            "a cross-entropy model against this one",
            "Train `ordinal` (“Chance of every rating”) and `dot-bias` on the same split and tick both on *Runs*: their "
            "squared errors are compared row by row. Squared error is what `dot-bias` is trained for and `ordinal` is not; the "
            "other half of the answer is the log loss of the levels on `ordinal`’s run page, which a single number cannot give "
            "without one noise level for everybody. Measured on MovieLens 100K, three seeds: a tie in squared error, 0.8183 "
            "against 0.8178; log loss 1.224 against 1.343 (`python -m tests.benchmarks.nets`, `accuracy`).",
        ),
    ),
)
