"""Keeps the keyboard at the cards of the Rate page: after an answer it stands on the stars of the film that took the place.

The answered card goes, and with it what had the focus; the browser would begin again at the top of the page, a menu away. This
invisible component looks whether the last answer came from the keyboard and nothing else has the focus since.
"""

from __future__ import annotations

import streamlit as st

_JS = """
let byKey = false; // how the person last touched the page
let touches = 0;
addEventListener("keydown", () => ((byKey = true), touches++), true);
addEventListener("pointerdown", () => ((byKey = false), touches++), true);
let before = null;

export default function ({ data }) {
  const answered = before !== null && data.answer !== before;
  before = data.answer;
  if (!answered || !data.place || !byKey) return;
  const since = touches, end = performance.now() + 10000; // a busy server draws the cards late, and maybe twice
  (function look() {
    if (touches !== since || performance.now() > end) return;
    const lost = !document.activeElement || document.activeElement === document.body;
    if (lost) document.querySelector(`.st-key-card-${data.place} [role="radio"]`)?.focus({ preventScroll: true });
    setTimeout(look, 50);
  })();
}
"""
_KEEP = st.components.v2.component("collab_keep_focus", html="<span hidden></span>", js=_JS, isolate_styles=False)


def keep_focus(answer: str, place: int | None) -> None:
    """Go on at the card `place` (from 1) once `answer`, which names the last one, is another; None: stay away."""
    _KEEP(key="_focus", data={"answer": answer, "place": place})
