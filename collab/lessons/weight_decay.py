"""Weight decay: a penalty on squared weights, the same as shrinking them under plain SGD, and not the same under Adam."""

from __future__ import annotations

import math
from collections.abc import Sequence

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Adam's defaults


def room(a: float, height: float) -> float:
    """The width of the canyon a·x² at `height`: 2·√(height / a)."""
    return 2.0 * math.sqrt(height / a)


def pulls(size: float, n_steps: int) -> list[float]:
    """Batch gradients that alternate between `size` and −`size`: on average the data do not need the weight."""
    return [size if step % 2 == 0 else -size for step in range(n_steps)]


def sgd_with_penalty(start: float, gradients: Sequence[float], rate: float, weight_decay: float) -> list[float]:
    """w ← w − rate·(g + 2·wd·w); the weight before the first step and after each."""
    path = [start]
    for gradient in gradients:
        path.append(path[-1] - rate * (gradient + 2.0 * weight_decay * path[-1]))
    return path


def sgd_with_decay(start: float, gradients: Sequence[float], rate: float, weight_decay: float) -> list[float]:
    """w ← (1 − 2·rate·wd)·w − rate·g: every step keeps the same share of the weight. Same path as `sgd_with_penalty`."""
    path = [start]
    for gradient in gradients:
        path.append((1.0 - 2.0 * rate * weight_decay) * path[-1] - rate * gradient)
    return path


def adam_with_penalty(start: float, gradients: Sequence[float], rate: float, weight_decay: float) -> list[float]:
    """Adam (Kingma & Ba 2015) on g + 2·wd·w: the penalty, like the gradients, is divided by the gradients' size.

    The same as `torch.optim.Adam` with the weight decay 2·wd.
    """
    return _adam(start, gradients, rate, in_gradient=2.0 * weight_decay, aside=0.0)


def adam_with_decay(start: float, gradients: Sequence[float], rate: float, weight_decay: float) -> list[float]:
    """Adam on g, and separately w ← (1 − 2·rate·wd)·w (AdamW, Loshchilov & Hutter 2019): decay independent of the gradients.

    The same as `torch.optim.AdamW` with the weight decay 2·wd.
    """
    return _adam(start, gradients, rate, in_gradient=0.0, aside=2.0 * weight_decay)


def _adam(start: float, gradients: Sequence[float], rate: float, in_gradient: float, aside: float) -> list[float]:
    path, average, square = [start], 0.0, 0.0
    for step, pulled in enumerate(gradients, 1):
        weight = path[-1]
        gradient = pulled + in_gradient * weight
        average = BETA1 * average + (1 - BETA1) * gradient
        square = BETA2 * square + (1 - BETA2) * gradient**2
        size = math.sqrt(square / (1 - BETA2**step)) + EPSILON
        path.append((1 - rate * aside) * weight - rate * average / (1 - BETA1**step) / size)
    return path
