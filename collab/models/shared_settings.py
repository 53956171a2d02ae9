"""Settings shared by several models, each declared once: a function returns the field, the model gives its default."""

from __future__ import annotations

from typing import Any

from collab.models.settings import setting


def n_factors(default: int = 50) -> Any:
    """The number of latent factors."""
    return setting(
        default,
        "Factors",
        "How many hidden tastes a user and a film are described by; more can fit finer tastes, and over-fit sooner.",
        low=1,
        high=512,
        step=1,
        log=True,
        in_name="{} factors",
    )


def shrinking_factors(default: int) -> Any:
    """The number of latent factors of a Bayesian model, in which superfluous ones do no harm."""
    return setting(
        default,
        "Factors",
        "How many hidden tastes a user and a film are described by; superfluous ones shrink by themselves.",
        low=1,
        high=64,
        step=1,
        in_name="{} factors",
    )


def sweeps(default: int, high: int, help: str) -> Any:
    """Passes over all users and all items."""
    return setting(default, "Sweeps", help, low=1, high=high, step=1, in_name="{} sweeps")


def side_information(default: bool) -> Any:
    """Whether side information shapes the priors of a Bayesian model."""
    return setting(
        default,
        "Genres, years, people",
        "Films start from what their genres and years say, people from age, gender and occupation, where the data know them.",
        in_name="side information",
    )


def epochs(default: int = 5) -> Any:
    """Passes over the training ratings."""
    return setting(
        default,
        "Epochs",
        "How often the model sees every training rating; more epochs fit the training ratings closer.",
        low=1,
        high=100,
        step=1,
    )


def learning_rate(default: float = 5e-3) -> Any:
    """The peak of the one-cycle schedule."""
    return setting(
        default,
        "Peak learning rate",
        "The largest step size of the one-cycle schedule; higher learns faster until it no longer settles.",
        low=1e-5,
        high=1.0,
        log=True,
    )


def weight_decay(default: float, pulled: str = "all factors and biases") -> Any:
    """Decoupled weight decay; `pulled` says what it acts on."""
    return setting(
        default,
        "Weight decay",
        f"How strongly {pulled} are pulled towards zero at every step; more keeps the model simpler.",
        low=0.0,
        high=2.0,
        step=0.01,
        in_name="decay {:g}",
    )


def batch_size(default: int = 64) -> Any:
    """Ratings per step."""
    return setting(
        default,
        "Batch size",
        "Ratings per step; larger batches are faster per epoch but take fewer steps.",
        low=8,
        high=8192,
        step=8,
        log=True,
        always_shown=False,
        in_name="batch {}",
    )


def y_range() -> Any:
    """The ends of the sigmoid; a field of the type `tuple[float, float] | None` can be switched off."""
    return setting(
        (0.0, 5.5),
        "Rating range",
        "A sigmoid keeps predictions between these ends; a little above the top rating lets the model reach it.",
        low=-10.0,
        high=20.0,
        step=0.5,
        always_shown=False,
    )


def seed(
    help: str = "Another seed starts from other random factors and shuffles otherwise; the same one gives the same result.",
) -> Any:
    """The seed of the model; on the Train page also that of the split."""
    return setting(0, "Seed", help, low=0, high=2**31 - 1, step=1, always_shown=False)


NO_CHANCE = "This model draws nothing by chance; another seed only holds out other ratings."
"""The help of `seed` for a model that is the same with every seed."""
