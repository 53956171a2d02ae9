"""The look-up gives what the product with one-hot vectors gives, to the last digit."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.lessons.look_up import by_look_up, by_product, measure, one_hot


def test_by_hand():
    assert one_hot(torch.tensor([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    matrix = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    assert by_product(torch.tensor([2, 0]), matrix).tolist() == [[5.0, 6.0], [1.0, 2.0]]


@settings(max_examples=40)
@given(
    st.integers(1, 300),
    st.integers(1, 60),
    st.integers(1, 70),
    st.integers(0, 2**31),
    st.sampled_from([1e-20, 1, 1e20]),
)
def test_equal_to_the_last_digit(n_rows, n_factors, n_looked_up, seed, scale):
    generator = torch.Generator().manual_seed(seed)
    matrix = torch.randn(n_rows, n_factors, generator=generator) * scale
    index = torch.randint(n_rows, (n_looked_up,), generator=generator)
    assert torch.equal(by_product(index, matrix), by_look_up(index, matrix))


def test_costs_are_of_the_sizes_asked_for():
    small, large = measure((10, 1000), batch_size=4, n_factors=3, repeats=1)
    assert (small.n_rows, large.n_rows) == (10, 1000)
    assert (small.product_bytes, large.product_bytes) == (4 * 10 * 4, 4 * 1000 * 4)  # float32
    assert small.look_up_bytes == large.look_up_bytes == 4 * 8  # int64
    assert large.product_seconds > 0 and large.look_up_seconds > 0
