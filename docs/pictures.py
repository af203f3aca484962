"""The pictures of the pages, drawn from the sample; `make reference` writes them."""

from __future__ import annotations

from pathlib import Path

from tables import SAMPLE

import kit
from kit.messages import using
from kit.questions.find_problems import findings

if __name__ == "__main__":
    for language, name in (("en", "problems.svg"), ("ru", "problems.ru.svg")):
        with using(language):
            picture = findings.find(kit.open(SAMPLE)).plot()
            (Path(__file__).parent / name).write_text(picture.svg, encoding="utf-8")
