"""The Streamlit interface: four shared packages and one package per page, named after the page's script in `pages/`.

The shared packages are, from left to right, `charts`, `frame`, `widgets` and `person`. `pages/X.py` draws with `ui/X/`,
and no page's package imports another's.

To add:

- *A page*: `pages/X.py`, its package `ui/X/` with an `__init__.py`, and a line in `app.py`.
- *A part of a page*: a module in its package; the page's script says what the page is made of.
- *A column of a table of items*: its name in the `order` of the `item_table`, its head and format in `columns`, or in
  `widgets/tables.py` where several pages have it.
- *A control*: `choose` in `widgets/controls.py`, whose first option is the default, or a Streamlit widget with a key
  and `bind="query-params"`: it stays in the link.
- *A step of Learn*: `lessons/NAME.py` computes, `learn/NAME.py` draws, and a line in `learn/steps.py`.

Decisions:

- *A rerun makes only what is seen.* What is folded under *As a table* is made when somebody opens it
  (`widgets/tables.py`), every cache has a bound, and the garbage collection after a rerun is kept short
  (`frame/garbage.py`).
- *Every picture has its numbers as a table*, beside it or folded under it, that downloads as CSV; both say in words
  what they show.
- *A key stands at one control*: what a control holds goes with its key from page to page.
- `tests/test_everywhere.py` reads these out of the sources, and that every choice stands in the link. Colours are told
  apart under simulated colour blindness (`tests/ui/charts/test_colour_blindness.py`).
"""
