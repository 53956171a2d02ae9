"""The steps of the walk on the Learn page, in their order: a module a step."""

from collab.ui.steps import biases, embedding_sizes, look_up, parameters, sigmoid_range
from collab.ui.walk import Step

STEPS: tuple[Step, ...] = (look_up.STEP, parameters.STEP, sigmoid_range.STEP, biases.STEP, embedding_sizes.STEP)
