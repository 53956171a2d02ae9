"""Who is in front of the page: the same browser is the same person, also after a reload."""

from __future__ import annotations

import hashlib
import secrets

import streamlit as st

COOKIE = "_streamlit_xsrf"


def visitor() -> str:
    """A name for this browser that cannot be guessed and tells nothing about it.

    Streamlit gives every browser a random secret in a cookie, masked anew each time it is sent ("2|mask|masked secret|time",
    all hexadecimal); unmasked and hashed it stays the same from one visit to the next. Without the cookie (a test, or a
    browser that takes none) the name lasts as long as the session.
    """
    try:
        _, mask, masked, _ = st.context.cookies[COOKIE].strip("\"'").split("|")
        key, hidden = bytes.fromhex(mask), bytes.fromhex(masked)
        secret = bytes(byte ^ key[place % len(key)] for place, byte in enumerate(hidden))
    except (KeyError, ValueError, ZeroDivisionError):
        return st.session_state.setdefault("_visitor", secrets.token_hex(16))
    return hashlib.sha256(secret).hexdigest()[:32]
