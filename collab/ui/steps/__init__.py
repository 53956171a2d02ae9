"""The steps of the walk on the Learn page, in their order: a module a step."""

from collab.ui.steps import distance, pca, sigmoid_range, weight_decay
from collab.ui.walk import Step

STEPS: tuple[Step, ...] = (sigmoid_range.STEP, weight_decay.STEP, pca.STEP, distance.STEP)
