"""What the pages say is what the registries say, and every link leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), ROOT / "kit/sources/presets/README.md"])


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_generated_pages_are_those_of_the_registries() -> None:
    pages = [str(page.relative_to(ROOT)) for page in PAGES if "[[[cog" in page.read_text(encoding="utf-8")]
    assert len(pages) == 8  # README in two languages, kpis, figures, methods, problem rules, settings, sources
    done = run("-m", "cogapp", "--check", "-I", "docs", *pages)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nRun `make reference`."


def test_the_pictures_are_those_of_the_sample(tmp_path: Path) -> None:
    done = run("docs/pictures.py", str(tmp_path))
    assert done.returncode == 0, done.stderr
    drawn = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    kept = {name: (ROOT / "docs" / name).read_text(encoding="utf-8") for name in drawn}
    assert drawn == kept != {}, "Run `make reference`."


def test_the_readme_in_russian_has_the_sections_and_commands_of_the_english_one() -> None:
    english, russian = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ru.md"))
    assert "](README.ru.md)" in english.splitlines()[2]
    assert "](README.md)" in russian.splitlines()[2]
    assert commands(russian) == commands(english) != []
    assert structure(russian) == structure(english)


def commands(page: str) -> list[str]:
    """The code blocks, without comments."""
    blocks = re.findall(r"^```(?:sh|powershell)\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    return [re.sub(r" +# .*", "", block) for block in blocks]


def structure(page: str) -> list[str]:
    """What headings, pictures, rows of tables, lists, quotations and generated blocks begin with, in their order."""
    outside = re.sub(r"^```.*?^```", "", page, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^(#+ |!\[|\| |- |> |<!-- \[\[\[)", outside, re.MULTILINE)


def test_the_catalogue_holds_every_message(tmp_path: Path) -> None:
    command = re.search(r"pybabel -q (extract .*?) \.\n", makefile("reference"), re.DOTALL)
    assert command
    words = command[1].replace("\\\n", " ").replace("kit/locale/kit.pot", str(tmp_path / "kit.pot")).split()
    done = run("-m", "babel.messages.frontend", "-q", *words, ".")
    assert done.returncode == 0, done.stderr
    kept = (ROOT / "kit/locale/kit.pot").read_text(encoding="utf-8")
    assert (tmp_path / "kit.pot").read_text(encoding="utf-8") == kept, "Run `make reference`."


def makefile(target: str) -> str:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return text.split(f"\n{target}:")[1].split("\n\n")[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    for link in links:
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in headings}, link
