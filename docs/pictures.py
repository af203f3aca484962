"""The pictures of the pages, drawn from the sample; `make reference` writes them here, else into a folder named."""

from __future__ import annotations

import sys
from pathlib import Path

from tables import SAMPLE

import kit
from kit.messages import using
from kit.questions.find_problems import findings

if __name__ == "__main__":
    place = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent
    for language, name in (("en", "problems.svg"), ("ru", "problems.ru.svg")):
        with using(language):
            picture = findings.find(kit.open(SAMPLE)).plot()
            (place / name).write_text(picture.svg, encoding="utf-8")
