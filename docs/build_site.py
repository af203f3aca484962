"""The site: README, the pages of docs/ and the executed sample's report; `make docs` builds it.

The pages lie in it as they lie in the repository, so their links hold; a notebook's link leads to its executed page.
Nothing of it is fetched from a network, and it opens from a disk.
"""

from __future__ import annotations

import logging
import re
import shutil
import sys
import tempfile
from pathlib import Path

from mkdocs.commands.build import build as build_pages
from mkdocs.config import load_config

ROOT = Path(__file__).parents[1]
CONFIG = Path(__file__).parent / "mkdocs.yml"
STYLE = ROOT / "kit/report/templates/report.css"
SAMPLE = "sample"
"""The folder of the sample's report."""

_LINK = re.compile(r"\]\(([^)\s#]+)")
_NOTEBOOK = re.compile(r"\]\(notebooks/(\w+)\.ipynb")


def build(report: Path, site: Path) -> None:
    """Write the site.

    Args:
        report: the folder of the sample's report.
        site: the folder to write; a former one is replaced.
    """
    with tempfile.TemporaryDirectory(prefix="kit-site-") as folder:
        place = Path(folder).resolve()
        shutil.copytree(report, place / SAMPLE)
        config = load_config(str(CONFIG), docs_dir=str(place), site_dir=str(site.resolve()))
        for page in (ROOT / path for entry in config.nav for path in entry.values() if path.endswith(".md")):
            text = page.read_text(encoding="utf-8")
            for link in _LINK.findall(text):
                _copy((page.parent / link).resolve(), place)
            target = place / page.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_NOTEBOOK.sub(lambda found: f"]({_executed(found[1], place)}", text), encoding="utf-8")
        shutil.copyfile(STYLE, place / STYLE.name)
        build_pages(config)


def _copy(target: Path, place: Path) -> None:
    """Copy a file of the repository that a page links to; pages and notebooks come otherwise."""
    if target.suffix not in {".md", ".ipynb"} and target.is_file():
        copied = place / target.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(target, copied)


def _executed(notebook: str, place: Path) -> str:
    """The page of a notebook; the report's first one says why there is none."""
    page = f"{SAMPLE}/{notebook}.html"
    return page if (place / page).is_file() else f"{SAMPLE}/index.html"


if __name__ == "__main__":
    logging.basicConfig(format="%(message)s")
    build(Path(sys.argv[1]), Path(sys.argv[2]))
