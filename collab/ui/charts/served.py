"""Components whose JavaScript is files that import each other.

Streamlit serves the files of a component of version 2 only from an installed package
(components/v2/component_definition_resolver.py); text runs in a blob, from which no relative import leads anywhere. So the text
that a component brings imports the first file by its address (`LOADER`), and the files are served from their folder (`served`).
Unnecessary once an app may name a folder of its own.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from pathlib import Path

import streamlit as st
from streamlit.components import v1 as components

LOADER = """
export default async function (mount) {
  const load = (path) => import(new URL(path, document.baseURI).href); // right on a deep link and under a base path
  const others = (mount.data.others ?? []).map(load); // the large ones begin first
  const { default: show } = await load(mount.data.parts);
  return show(mount, ...others);
}
"""
"""A component's JavaScript: calls what the file `data["parts"]` exports by default, with the mount and a promise for each file of
`data["others"]`."""


@st.cache_resource(max_entries=8, show_spinner=False)  # a server knows what was declared during one of its script runs
def served(name: str, folder: Path) -> str:
    """Serve a folder as it is; returns its address, relative to the app's.

    Streamlit serves the folder of a component of version 1 under its name, so that no static folder is needed.
    """
    return f"component/{components.declare_component(name, path=folder).name}"


def served_scripts(name: str, folder: Path) -> str:
    """`served` under another address for other contents, so that no browser runs what it kept of an older version."""
    return served(f"{name}_{_version(folder)}", folder)


@lru_cache(maxsize=8)
def _version(folder: Path) -> str:
    return sha256(b"".join(part.read_bytes() for part in sorted(folder.glob("*.js")))).hexdigest()[:8]
