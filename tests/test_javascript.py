"""The JavaScript: its unit tests, run by node's own test runner, and what every file says at its top.

Node comes with Playwright, which the browser tests need. `node --test "tests/**/*.mjs"` runs the same without pytest.
"""

import re
import subprocess
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = sorted((ROOT / "collab").rglob("*.js"))
INLINE = [
    path for path in sorted((ROOT / "collab").rglob("*.py")) if "export default" in path.read_text(encoding="utf-8")
]
STYLES = sorted((ROOT / "collab").rglob("*.css"))
TESTS = sorted((ROOT / "tests").rglob("test_*.mjs"))


def named(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", TESTS, ids=named)
def test_unit(path):
    node, _ = compute_driver_executable()
    done = subprocess.run([node, "--test", path], capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", SCRIPTS, ids=named)
def test_a_script_says_why_it_exists_and_what_would_make_it_unnecessary(path):
    head = re.match(r"(//.*\n)*", path.read_text(encoding="utf-8"))[0]
    assert re.search(r"^// Why: ", head, re.MULTILINE)
    assert re.search(r"^// Unnecessary ", head, re.MULTILINE)


@pytest.mark.parametrize("path", INLINE, ids=named)
def test_a_script_in_a_module_does_so_beside_it(path):
    assert re.search(r"\bunnecessary\b", path.read_text(encoding="utf-8"), re.IGNORECASE)


@pytest.mark.parametrize("path", STYLES, ids=named)
def test_a_style_sheet_says_what_it_is_about(path):
    assert re.match(r"/\* .+ \*/\n", path.read_text(encoding="utf-8"))


def test_files_were_found():
    assert len(SCRIPTS) > 12 and INLINE and len(STYLES) > 6 and len(TESTS) > 8
