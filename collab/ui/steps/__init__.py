"""The steps of the walk on the Learn page, in their order: a module a step."""

from collab.ui.steps import distribution, sigmoid_range
from collab.ui.walk import Step

STEPS: tuple[Step, ...] = (sigmoid_range.STEP, distribution.STEP)
