"""The page Together: the people of a group, items for all of them, who gains and how far they agree.

Begin with `picks.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.

- Two to four people join by links that change nothing.
- Films for all of them by average, least misery or average without misery, with each person's prediction, its range and
  the film's place in their own list.
- Who gains from the list, how far the people agree, and what only one of them would like.
"""
