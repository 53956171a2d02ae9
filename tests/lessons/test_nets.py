"""The net's parameter counts by hand."""

import pytest

from collab.errors import SettingError
from collab.lessons.nets import net_of


def test_counts_by_hand():
    """6 users × 2, 5 films × 3; 5 → 4: 20 and 4 biases; 4 → 1: 4 and 1 bias."""
    net = net_of(2, 3, (4,), 6, 5)
    assert net.model == "net" and net.widths == (5, 4, 1)
    assert [layer.n_parameters for layer in net.layers if layer.shape] == [12, 15, 20, 4, 4, 1]
    assert net.n_parameters == 56


def test_more_layers_and_the_rule():
    net = net_of(0, 0, (4, 2), 944, 1665)
    assert net.model == "deep" and (net.user_size, net.item_size) == (74, 102) and net.widths == (176, 4, 2, 1)
    assert [layer.n_parameters for layer in net.layers if layer.kind in ("linear", "bias")] == [704, 4, 8, 2, 2, 1]
    assert net_of(2, 2, (), 6, 5).widths == (4, 1)


def test_sizes_that_cannot_be():
    with pytest.raises(SettingError):
        net_of(2, 2, (4, 0), 6, 5)
