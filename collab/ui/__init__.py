"""Streamlit: four shared rooms and one room for each page, named as the page's script in `pages/`.

The shared rooms are, from left to right, `charts`, `frame`, `widgets` and `person`. `pages/X.py` draws with `ui/X/`, and no
page's room imports another page's room.
"""
