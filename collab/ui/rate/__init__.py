"""The page Rate: cards and questions, groups of items, the list of picks, what-if, keeping and loading.

Begin with `rating.py` (what the page is made of), `cards.py` (what is asked) and `picks.py`.
May import: errors, data, models, training, explore, recommend, lessons, services, ui.charts, ui.frame, ui.widgets, ui.person.

What is asked:

- Films to rate with one tap each. Asked are films that the person has probably seen and whose stars tell most, given
  the answers so far, with four other ways to compare (`elicitation.py`). A film in sight keeps its place until it is
  answered, and one line says how far the last answer lowered the uncertainty.
- Who would rather pick than rate begins with groups of films (`group_cards.py`), and may state age, gender and
  occupation (`begin.py`).

What is picked:

- The picks change with every answer. Each says its uncertainty in plain words, and opens to the chance of every rating
  level, its 80 % interval and its reasons.
- One switch orders them: what one would watch and like, what one would rate highest, a safe bet, popular, a long shot.
  Films that are new to the person stand apart from those that they may know, and dials bend the list: obscure or
  popular, similar or varied, years, genres.
- A pick can be set aside at once, as seen or as not of interest, with undo; each leads to a web search for where to
  watch it.
- *What if* tries other stars for a film, and shows every pick's move and change of stars before anything is saved
  (`what_if.py`).

What is kept:

- Ratings are kept at every tap, under a private link and a view-only one, in as many named profiles as people share a
  browser.
- They go out as CSV, and come in as CSV, as a Letterboxd export (zip or file) or as that of movielens.org. Titles are
  matched with their year; what a data set lacks is listed, kept, and counts in another.
"""
