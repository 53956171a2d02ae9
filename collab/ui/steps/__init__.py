"""The steps of the walk on the Learn page, in their order: a module a step."""

from collab.ui.steps import dot_product, matrix, sigmoid_range, slow_motion
from collab.ui.walk import Step

STEPS: tuple[Step, ...] = (
    matrix.STEP,
    dot_product.STEP,
    slow_motion.STEP,
    sigmoid_range.STEP,
)
