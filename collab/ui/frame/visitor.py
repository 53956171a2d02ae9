"""Identifies the visitor of a page: the same browser is the same person, also after a reload."""

from __future__ import annotations

import hashlib
import secrets

import streamlit as st

COOKIE = "_streamlit_xsrf"
SECRET_BYTES = 16


def visitor() -> str:
    """An id for this browser that cannot be guessed and reveals nothing about it.

    Streamlit gives every browser a random secret in a cookie, masked differently each time it is sent ("2|mask|masked
    secret|time", all hexadecimal); unmasked and hashed it stays the same from one visit to the next. The cookie has no expiry
    date: it is dropped when the browser ends its session, usually when it is closed. Without the cookie (a test, or a browser
    that accepts none) the id lasts as long as the page's session.
    """
    try:
        _, mask, masked, _ = st.context.cookies[COOKIE].strip("\"'").split("|")
        key, hidden = bytes.fromhex(mask), bytes.fromhex(masked)
        secret = bytes(byte ^ key[place % len(key)] for place, byte in enumerate(hidden))
        if len(secret) < SECRET_BYTES:
            raise ValueError("too short to be nobody else's")
    except (KeyError, ValueError, ZeroDivisionError):
        return st.session_state.setdefault("_visitor", secrets.token_hex(16))
    return hashlib.sha256(secret).hexdigest()[:32]
