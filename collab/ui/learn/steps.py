"""The steps of the Learn page in their order, one module each; the chapter's tables are the last."""

from collab.ui.learn import (
    biases,
    cold_start,
    distance,
    distribution,
    dot_product,
    feedback,
    look_up,
    matrix,
    nets,
    parameters,
    pca,
    sigmoid_range,
    similar_users,
    slow_motion,
    tables,
    uncertainty,
    weight_decay,
)
from collab.ui.learn.step import Step

STEPS: tuple[Step, ...] = (
    matrix.STEP,
    dot_product.STEP,
    slow_motion.STEP,
    look_up.STEP,
    parameters.STEP,
    sigmoid_range.STEP,
    biases.STEP,
    weight_decay.STEP,
    pca.STEP,
    distance.STEP,
    cold_start.STEP,
    feedback.STEP,
    uncertainty.STEP,
    nets.STEP,
    distribution.STEP,
    similar_users.STEP,
    tables.STEP,
)
