"""One-cycle: the key points on paper, torch's OneCycleLR as the second opinion, and no jump anywhere."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from collab.models.schedule import cosine, one_cycle

POSITIONS = st.floats(0, 1)
PEAKS = st.floats(1e-5, 1.0)


@pytest.mark.parametrize(
    "position, rate, momentum",
    [
        (0.0, 0.04, 0.95),  # peak / 25
        (0.125, 0.52, 0.90),  # half way up: the mean of start and peak
        (0.25, 1.0, 0.85),  # the peak
        (0.625, (1 + 1e-5) / 2, 0.90),  # half way down
        (1.0, 1e-5, 0.95),  # peak / 100,000
    ],
)
def test_key_points_of_a_cycle_with_peak_1(position, rate, momentum):
    found_rate, found_momentum = one_cycle(1.0, np.array([position]))
    assert found_rate == pytest.approx([rate])
    assert found_momentum == pytest.approx([momentum])


@pytest.mark.parametrize("n_positions", [5, 101, 1000])
def test_the_cycle_is_the_one_of_torch(n_positions):
    peak = 5e-3
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.AdamW([parameter], lr=peak, betas=(0.95, 0.99))
    # torch counts steps from 0 to n − 1 and puts the peak at step pct_start · n − 1: this share puts it at a quarter of n − 1
    share = (0.25 * (n_positions - 1) + 1) / n_positions
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=peak,
        total_steps=n_positions,
        pct_start=share,
        div_factor=25.0,
        final_div_factor=1e5 / 25.0,
        base_momentum=0.85,
        max_momentum=0.95,
    )
    expected = []
    for number in range(n_positions):
        expected.append((optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"][0]))
        if number < n_positions - 1:
            optimizer.step()
            schedule.step()
    rates, momenta = one_cycle(peak, np.linspace(0, 1, n_positions))
    np.testing.assert_allclose(np.stack([rates, momenta], axis=1), expected, rtol=1e-9)


@given(PEAKS, POSITIONS, POSITIONS)
def test_nothing_jumps(peak, here, there):
    rates, momenta = one_cycle(peak, np.array([here, there]))
    steepest = np.pi / 2 / 0.25 * abs(here - there) + 1e-9  # a half cosine wave over a quarter of the way
    assert abs(rates[0] - rates[1]) <= peak * steepest
    assert abs(momenta[0] - momenta[1]) <= 0.1 * steepest


@given(PEAKS, POSITIONS)
def test_rate_and_momentum_stay_between_their_ends(peak, position):
    rate, momentum = one_cycle(peak, np.array([position]))
    assert peak / 1e5 * (1 - 1e-9) <= rate[0] <= peak * (1 + 1e-9)
    assert 0.85 - 1e-9 <= momentum[0] <= 0.95 + 1e-9


def test_half_a_cosine_wave():
    np.testing.assert_allclose(cosine(2.0, 6.0, np.array([0.0, 1 / 3, 0.5, 2 / 3, 1.0])), [2.0, 3.0, 4.0, 5.0, 6.0])
