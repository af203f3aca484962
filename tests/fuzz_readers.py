"""A coverage-guided run over the readers: `python tests/fuzz_readers.py CORPUS -max_total_time=900`; no test.

It needs atheris, which the project does not require: `pip install atheris`, for Python 3.11 to 3.13 on Linux. The
samples of the tests are its first inputs, beside what an earlier run has left in CORPUS. Any traceback stops it, and
so does a log whose rows do not add up; the file is then left as crash-…, and `python tests/fuzz_readers.py crash-…`
reads that file again.
"""

from __future__ import annotations

import hashlib
import importlib
import sys
import tempfile
from pathlib import Path

atheris = importlib.import_module("atheris")

with atheris.instrument_imports(include=["kit.sources"]):
    from kit import sources  # noqa: F401  instrumented before the tests import it
    from tests import test_fuzz

LARGEST = 8_000
"""Bytes of a first input: what a file is stands in its first lines, and short files are read more often a second."""

NAMES = (b"a.csv", b"a.eml", b"a.mbox", b"a.json", b"a.xlsx")
"""What a file may be called; a reader looks at the content, and mail programs at the name too."""


def named(name: str) -> int:
    """Which of the names a sample has."""
    return next((at for at, known in enumerate(NAMES) if known.decode()[1:] == Path(name).suffix), 0)


def seeds(corpus: Path) -> None:
    """Write the samples, cut at a line, each behind a byte that says how it is called."""
    corpus.mkdir(parents=True, exist_ok=True)
    for name, raw in test_fuzz.samples().items():
        is_text = test_fuzz.is_text(raw) and len(raw) > LARGEST
        beginning = raw[: raw.rfind(b"\n", 0, LARGEST) + 1] if is_text else raw
        content = bytes([named(name)]) + beginning
        (corpus / hashlib.sha256(content).hexdigest()[:16]).write_bytes(content)


def main() -> None:
    """Read inputs until one makes a fault, or the time is over."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as place:  # noqa: S108
        folder = Path(place) / "in"
        folder.mkdir()

        def read(content: bytes) -> None:
            if content:
                test_fuzz.read(folder, content[1:], NAMES[content[0] % len(NAMES)].decode())

        if len(sys.argv) > 1 and Path(sys.argv[1]).suffix != ".py" and not Path(sys.argv[1]).is_file():
            seeds(Path(sys.argv[1]))
        atheris.Setup(sys.argv, read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
