"""The Streamlit interface: four shared packages and one package per page, named after the page's script in `pages/`.

The shared packages are, from left to right, `charts`, `frame`, `widgets` and `person`. `pages/X.py` draws with `ui/X/`, and no
page's package imports another's.
"""
