"""Weight decay against torch's own optimisers, and by hand."""

import numpy as np
import pytest
import torch

from collab.lessons.weight_decay import (
    adam_with_decay,
    adam_with_penalty,
    pulls,
    room,
    sgd_with_decay,
    sgd_with_penalty,
)

RATE, DECAY = 0.05, 0.3


def path_of(optimiser, gradients, **settings):
    """One weight, from 1, as an optimiser of torch moves it."""
    weight = torch.nn.Parameter(torch.tensor(1.0, dtype=torch.float64))
    steps = optimiser([weight], lr=RATE, **settings)
    path = [1.0]
    for gradient in gradients:
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        steps.step()
        path.append(weight.item())
    return path


def test_by_hand():
    assert room(4.0, 1.0) == 1.0  # from −½ to ½
    assert pulls(3.0, 3) == [3.0, -3.0, 3.0]
    assert sgd_with_penalty(1.0, [0.0, 0.0], 0.1, 0.5) == pytest.approx([1.0, 0.9, 0.81])


@pytest.mark.parametrize("gradients", [pulls(0.1, 40), pulls(3.0, 40), list(np.linspace(-2, 1, 40))])
def test_as_torch_does(gradients):
    doubled = {"weight_decay": 2 * DECAY}  # torch adds its weight decay times w, without the 2 of the square
    for ours, optimiser in (
        (sgd_with_penalty, torch.optim.SGD),
        (adam_with_penalty, torch.optim.Adam),
        (adam_with_decay, torch.optim.AdamW),
    ):
        assert ours(1.0, gradients, RATE, DECAY) == pytest.approx(path_of(optimiser, gradients, **doubled), abs=1e-12)


def test_penalty_is_decay_under_sgd_and_not_under_adam():
    small, large = pulls(0.1, 200), pulls(10.0, 200)
    for gradients in (small, large):
        assert sgd_with_penalty(1.0, gradients, RATE, DECAY) == pytest.approx(
            sgd_with_decay(1.0, gradients, RATE, DECAY), abs=1e-12
        )
        ends = [way(1.0, gradients, RATE, DECAY)[-1] for way in (adam_with_penalty, adam_with_decay)]
        assert abs(ends[0] - ends[1]) > 0.001
    # the larger the gradients, the less is left of the penalty's pull; decay aside does not mind them
    assert adam_with_penalty(1.0, large, RATE, DECAY)[-1] > adam_with_penalty(1.0, small, RATE, DECAY)[-1] + 0.1
    assert adam_with_decay(1.0, large, RATE, DECAY) == pytest.approx(adam_with_decay(1.0, small, RATE, DECAY), abs=1e-5)


def test_without_decay_all_are_alike():
    gradients = pulls(1.0, 20)
    assert sgd_with_penalty(1.0, gradients, RATE, 0.0) == sgd_with_decay(1.0, gradients, RATE, 0.0)
    assert adam_with_penalty(1.0, gradients, RATE, 0.0) == adam_with_decay(1.0, gradients, RATE, 0.0)
