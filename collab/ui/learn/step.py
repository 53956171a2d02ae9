"""The frame of a step of the Learn page: its name in the link, its insight, its link to the real model, its questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from collab.ui.charts import formats
from collab.ui.frame import link
from collab.ui.frame.page import Page, renew_when_ended, with_run

WRAPPED = "<style>.st-key-door a, .st-key-door a * { white-space: normal; }</style>"
"""Wraps the label of a door: on a phone it is longer than a line, and Streamlit would cut it."""


@dataclass(frozen=True)
class Question:
    """One of the chapter's questions with a short answer (Markdown); `number` is its place in the chapter, 1 … 31."""

    number: int
    text: str
    answer: str


@dataclass(frozen=True)
class Topic:
    """One of the chapter's topics for further research, and what can be said or tried about it here (Markdown)."""

    title: str
    text: str


@dataclass(frozen=True)
class Door:
    """A link to the idea of a step at work on the real model: the page's script, the label, the query parameters."""

    page: str
    label: str
    link: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One interactive idea. `slug` is its name in the link; `draw` draws the picture and its controls, with a trained run if it
    `needs_run`; `insight` says in one sentence what they show. `in_link` are the names in the link that the step itself keeps."""

    slug: str
    title: str
    insight: str
    draw: Callable[[Page], None]
    door: Door
    questions: tuple[Question, ...] = ()
    topics: tuple[Topic, ...] = ()
    in_link: tuple[str, ...] = ()
    needs_run: bool = True


def choose_step(steps: Sequence[Step]) -> Step:
    """The step that the link names, below a list of all steps with buttons for the previous and the next."""
    by_slug = {step.slug: step for step in steps}
    slugs = list(by_slug)
    slug = _from_link(slugs)
    for other in steps:  # the other steps' names leave the link; each step puts its own back when it is shown again
        for name in other.in_link if other.slug != slug else ():
            link.put(name, None)
    place = slugs.index(slug)
    with st.container(horizontal=True, vertical_alignment="bottom", key="walk"):
        _turn("Back", "step_back", ":material/arrow_back:", slugs[place - 1] if place else None)
        st.session_state["_learn_pick_step"] = slug
        st.selectbox(
            "Step",
            slugs,
            key="_learn_pick_step",
            format_func=lambda each: f"{slugs.index(each) + 1} of {len(slugs)} · {by_slug[each].title}",
            on_change=lambda: go_to(st.session_state["_learn_pick_step"]),
            label_visibility="collapsed",
            width="stretch",
        )
        _turn("Next", "step_next", ":material/arrow_forward:", slugs[place + 1] if place + 1 < len(slugs) else None)
    return by_slug[slug]


def show_step(step: Step, page: Page) -> None:
    """Draw a step from its title to its topics; its picture and controls are a fragment that reruns alone."""
    st.header(step.title, anchor=False)
    st.markdown(step.insight)
    if step.needs_run:
        page = with_run(page)
    else:
        renew_when_ended(page.record)
    with st.container(key=f"step-{step.slug}"):
        st.fragment(step.draw)(page)
    st.html(WRAPPED)
    with st.container(key="door"):
        st.page_link(
            step.door.page,
            label=f"On the real model: {step.door.label}",
            icon=":material/arrow_outward:",
            query_params=dict(step.door.link) or None,
        )
    for question in step.questions:
        with st.expander(question.text):
            st.markdown(question.answer)
    for topic in step.topics:
        with st.expander(f"To go further: {topic.title}", icon=":material/explore:"):
            st.markdown(topic.text)


def _from_link(slugs: Sequence[str]) -> str:
    """The step that the link names, or the session showed last; the first if there is no such step."""
    named = link.own("step")
    if named is not None and named not in slugs:
        st.warning(
            f"The link names the step {formats.plain(repr(named[:40]))}, which there is not. Choose one from the list.",
            icon=":material/link_off:",
        )
        named = None
    slug = named or slugs[0]
    link.put("step", slug)
    return slug


def go_to(slug: str) -> None:
    """Show another step (call it in a callback, or before `st.rerun`)."""
    link.put("step", slug)


def _turn(label: str, key: str, icon: str, slug: str | None) -> None:
    st.button(label, key=key, icon=icon, disabled=slug is None, on_click=go_to, args=(slug,))
