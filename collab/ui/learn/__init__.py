"""The Learn page: one module per step; the chapter’s tables are the last step (`tables….py`).

Begin with `steps.py` (their order) and `step.py` (the frame of each).
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets.
"""
