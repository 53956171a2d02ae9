"""The page People: one user that the run was trained on.

Begin with `one_user.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.

- A user is chosen by number, by chance or from a table: harshest, kindest, best and worst predicted.
- Their held-out ratings against the predictions and both baselines, with what so few rows can say.
- What is recommended to them, and how much of it they liked.
- What they rated, beside everybody.
"""
