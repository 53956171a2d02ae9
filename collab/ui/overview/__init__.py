"""The page Overview: its chart.

Begin with `parts.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.
"""
