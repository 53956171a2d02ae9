"""The page Your taste: a place among items and users, genres, predictions, similar users.

Begin with `place.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.

- The person's place among the films and people of the map, with an outline of what is unknown, and what each rating did
  to it.
- Genres and predicted ratings against the average person's, every difference with its ±.
- The users most like the person, by number, how sure that is, and what they liked.
"""
