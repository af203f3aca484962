"""The README's picture of a report's first page, taken by a browser; `make pictures` makes it from the sample's report.

It carries the figures that it shows, so that a test can tell whether it is current.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from kit.report import pdf

SIZE = "1280,1100"
"""Of the window, in pixels."""

COLORS = 64
"""Enough for text, lines and shades."""

KEY = "shown"
"""Of the picture's text."""


def shown(report: Path) -> str:
    """The names and values of the tiles of a report's first page."""
    page = (report / "index.html").read_text(encoding="utf-8")
    tiles = re.findall(r'<p class="kit-tile-(?:name|value)">(.*?)</p>', page, re.DOTALL)
    return " | ".join(" ".join(re.sub(r"<[^>]+>", " ", tile).split()) for tile in tiles)


def take(report: Path, picture: Path) -> None:
    """Write the picture of a report's first page."""
    with tempfile.TemporaryDirectory(prefix="kit-picture-") as folder:
        taken = Path(folder) / "taken.png"
        subprocess.run(  # noqa: S603  the browser that is installed, and paths of our own
            [
                pdf.browser(), "--headless", "--disable-gpu", "--no-sandbox", "--hide-scrollbars",
                f"--user-data-dir={folder}/profile", f"--window-size={SIZE}", f"--screenshot={taken}",
                (report / "index.html").resolve().as_uri(),
            ],
            check=True, capture_output=True, timeout=pdf.SECONDS,
        )  # fmt: skip
        about = PngInfo()
        about.add_itxt(KEY, shown(report))
        Image.open(taken).convert("RGB").quantize(COLORS).save(picture, optimize=True, pnginfo=about)


if __name__ == "__main__":
    take(Path(sys.argv[1]), Path(sys.argv[2]))
