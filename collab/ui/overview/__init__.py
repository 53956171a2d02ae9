"""The page Overview: the data set and the current model at a glance, and three doors.

Begin with `parts.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.

A first visitor lands here. The three doors lead to training, to exploring and to picks; each names what to expect
there. Below them stand the data set in numbers and a chart, and the model in use with its loss beside both baselines.
"""
