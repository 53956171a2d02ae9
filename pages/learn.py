"""Learn: the ideas of collaborative filtering in small steps, each with something to move."""

from collab.ui.frame.page import open_page
from collab.ui.learn.step import choose_step, show_step
from collab.ui.learn.steps import STEPS

page = open_page(
    "Learn", "The ideas behind the models, one at a time: move something, and see what it does.", needs_run=False
)
show_step(choose_step(STEPS), page)
