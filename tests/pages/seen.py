"""What a reader sees of the texts on a page, and the links and pictures in them: Markdown as the browser reads it, HTML, and the
tags of Plotly.

Streamlit's front end works in two steps. Its parser is CommonMark with tables, struck-out text, footnotes, formulas and
directives (":red[text]"). After that, with all escapes undone, it looks through every text node for addresses and for codes of
icons and emoji, and makes arrows and dashes of "->" and "--": an escape is no help there. `tests/browser/test_names.py` checks
the same texts in the browser itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin

DIRECTIVE = re.compile(r":[A-Za-z][\w-]*\[")
ADDRESS = re.compile(r"(?:https?://|www\.)[-.\w]+\S*|(?<![\w/])[-.\w+]+@[-\w]+(?:\.[-\w]+)+", re.IGNORECASE)
DRAWN = re.compile(r":material[/_]\w+:|:streamlit:|:[\w+-]+:")  # icons, the logo, emoji
ARROWS = re.compile(r"(?<!\S)(?:<->|->|<-|--|>=|<=|~=)(?!\S)")


@dataclass
class Seen:
    """The text as it is shown, and the addresses to which something in it leads or from which it loads."""

    text: str = ""
    addresses: list[str] = field(default_factory=list)


def directive(state: StateInline, silent: bool) -> bool:
    """A rule for markdown-it: ":name[label]", whose label is parsed like any text."""
    found = DIRECTIVE.match(state.src, state.pos, state.posMax)
    if not found or re.search(r"(?<!\\):$", state.src[: state.pos]):
        return False
    end = state.md.helpers.parseLinkLabel(state, found.end() - 1)
    if end < 0:
        return False
    if not silent:
        most = state.posMax
        state.push("directive_open", "span", 1)
        state.pos, state.posMax = found.end(), end
        state.md.inline.tokenize(state)
        state.push("directive_close", "span", -1)
        state.posMax = most
    state.pos = end + 1
    return True


PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"]).use(dollarmath_plugin).use(footnote_plugin)
PARSER.inline.ruler.before("emphasis", "directive", directive)


def in_markdown(source: str) -> Seen:
    """What Streamlit shows of `source`."""
    seen = Seen()
    for block in PARSER.parse(source):
        node = ""
        for token in [*(block.children or []), None]:
            if token is not None and token.type in ("text", "softbreak"):
                node += token.content or "\n"
                continue
            seen.addresses += ADDRESS.findall(node)
            seen.text += ARROWS.sub("→", DRAWN.sub("", node))
            node = ""
            if token is not None:
                seen.text += "\n" if token.type == "hardbreak" else ""
                seen.text += token.content if token.type in ("html_inline", "code_inline", "math_inline") else ""
                seen.addresses += [str(value) for name, value in token.attrs.items() if name in ("href", "src")]
        seen.text += "\n" if block.children else block.content  # the code or the HTML of a block
    return seen


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen, self.said = Seen(), []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "xlink:href"):
                self.seen.addresses.append(value or "")
            elif name not in ("class", "style"):
                self.said.append(value or "")

    def handle_data(self, data: str) -> None:
        self.seen.text += data


def in_html(source: str) -> Seen:
    """What a browser shows of `source`; attributes that are read out or shown stand behind it."""
    tags = _Tags()
    tags.feed(source)
    tags.close()
    tags.seen.text += "".join(f"\n{value}" for value in tags.said)
    return tags.seen


def in_figure(source: str) -> Seen:
    """What Plotly shows of `source`, a title, a tick, a name or a hover text: its tags are some of HTML's."""
    return in_html(re.sub(r"%\{[^\s{}]*\}", "", source))
