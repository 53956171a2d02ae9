"""The steps of the walk on the Learn page, in their order: a module a step."""

from collab.ui.steps import cold_start, feedback, sigmoid_range
from collab.ui.walk import Step

STEPS: tuple[Step, ...] = (sigmoid_range.STEP, cold_start.STEP, feedback.STEP)
