"""The steps of the walk on the Learn page, in their order: a module a step."""

from collab.ui.steps import distribution, nets, sigmoid_range, similar_users, uncertainty
from collab.ui.walk import Step

STEPS: tuple[Step, ...] = (sigmoid_range.STEP, uncertainty.STEP, nets.STEP, distribution.STEP, similar_users.STEP)
