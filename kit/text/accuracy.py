"""How often the reading is right, as it was measured on labelled samples: `accuracy.csv`, by `tests/measure_text.py`.

The samples are tweets, reviews and questions to a bank, not customers' mail; on long, polite mail the reading is worse.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from kit.text.engines import Engine
    from kit.text.guide import Guide

FILE = Path(__file__).with_name("accuracy.csv")
KINDS = ("tone", "intent", "theme")


@cache
def _measured() -> pd.DataFrame:
    return pd.read_csv(FILE, dtype=dict.fromkeys(("version", "guide", "truth", "reading"), str), keep_default_na=False)


def confusion(kind: str, engine: Engine, guide: Guide) -> pd.DataFrame:
    """Truth and reading of the samples, of this version of the engine and this guide; empty where it was not measured.

    Returns:
        language, sample, truth, reading, n [texts].
    """
    rows = _measured()
    fits = (rows["kind"] == kind) & (rows["engine"] == engine.name) & (rows["version"] == engine.version)
    fits &= rows["guide"] == guide.digests[kind]
    return rows.loc[fits, ["language", "sample", "truth", "reading", "n"]].reset_index(drop=True)


def scores(counts: pd.DataFrame) -> pd.DataFrame:
    """Precision and recall of what the labels name.

    Args:
        counts: what `confusion` returned, or the same of one's own labels.

    Returns:
        A row a language, sample and label that is not "": texts [of the sample], true [texts that are it], read [texts
        read as it], right [both].
    """
    rows = []
    for (language, sample), group in counts.groupby(["language", "sample"], sort=True):
        for label in sorted(set(group["truth"]) - {""}):
            true, read = group["truth"] == label, group["reading"] == label
            counted = [int(group.loc[which, "n"].sum()) for which in (true, read, true & read)]
            rows.append((language, sample, label, int(group["n"].sum()), *counted))
    return pd.DataFrame(rows, columns=["language", "sample", "label", "texts", "true", "read", "right"])
