"""Measure the reading of messages on labelled samples: writes kit/text/accuracy.csv.

    KIT_SHARED=../shared python tests/measure_text.py fast words      (accurate where the extra `tone` is installed)

A row: engine and version, guide, what was read, language, sample, truth, reading, n. Half of a sample is measured; on
the other half the cuts of `reading.CUTS` were chosen. Samples: SentiRuEval's tweets about banks (Russian, three tones),
reviews of food deliveries (Chinese, two tones; they have no neutral ones, so that a reading "neutral" is a mistake),
Banking77's test set (English; intents and themes that its categories name). English tone has no sample.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import re
import sys
from collections import Counter
from pathlib import Path

from kit.text import guide, reading
from kit.text.accuracy import FILE
from kit.text.engines import Engine, engine

LARGEST = {"fast": 1200, "accurate": 400, "words": 1200}
"""Texts of a sample that are measured."""
TONE = {"1": "positive", "0": "neutral", "-1": "negative"}
BANKING_INTENTS = {
    "request_refund": "refund",
    "Refund_not_showing_up": "refund",
    "cancel_transfer": "cancel",
}
PRICE = (
    "card_payment_fee_charged cash_withdrawal_charge transfer_fee_charged exchange_charge top_up_by_card_charge "
    "top_up_by_bank_transfer_charge order_physical_card"
)
WAITING = "card_delivery_estimate card_arrival transfer_timing balance_not_updated_after_bank_transfer"
BANKING_THEMES = dict.fromkeys(PRICE.split(), "price") | dict.fromkeys(WAITING.split(), "waiting")


def half(text: str) -> bool:
    """Whether a text is of the half that is measured."""
    return hashlib.sha256(text.encode()).digest()[0] % 2 == 0


def samples(folder: Path) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """What is read, language, name, and texts with their labels."""
    with gzip.open(folder / "banks_test.csv.gz", "rt", encoding="utf-8") as file:
        labelled = [row for row in csv.DictReader(file) if row["label"]]
        banks = [(re.sub(r"\bRT\b", "", row["text"]), TONE[str(int(float(row["label"])))]) for row in labelled]
    with (folder / "waimai.csv").open(encoding="utf-8-sig") as file:
        waimai = [(row["review"], TONE["1" if row["label"] == "1" else "-1"]) for row in csv.DictReader(file)]
    with (folder / "bank77_test.csv").open(encoding="utf-8-sig") as file:
        bank77 = [(row["text"], row["category"]) for row in csv.DictReader(file)]
    return [
        ("tone", "ru", "SentiRuEval 2016, banks", banks),
        ("tone", "zh", "ChineseNlpCorpus, waimai", waimai),
        ("intent", "en", "Banking77", [(text, BANKING_INTENTS.get(category, "")) for text, category in bank77]),
        ("theme", "en", "Banking77", [(text, BANKING_THEMES.get(category, "")) for text, category in bank77]),
    ]


def drawn(texts: list[tuple[str, str]], n: int, *, measured: bool = True) -> list[tuple[str, str]]:
    """The first `n` of one half, in the order of their digests."""
    kept = {text: label for text, label in texts if half(text) == measured}
    return sorted(kept.items(), key=lambda pair: hashlib.sha256(pair[0].encode()).digest())[:n]


def confusion(kind: str, texts: list[tuple[str, str]], with_engine: Engine) -> Counter[tuple[str, str]]:
    """How often what is true was read as what."""
    read = reading.read([text for text, _ in texts], guide.load(), with_engine)
    return Counter((label, value) for (_, label), value in zip(texts, read[kind], strict=True))


def main() -> None:
    folder = Path(os.environ["KIT_SHARED"], "datasets/text")
    rows = []
    for name in sys.argv[1:]:
        chosen = engine(name)
        if chosen.name != name:
            sys.exit(f"the package of {name} is not installed")
        for kind, language, sample, texts in samples(folder):
            counts = confusion(kind, drawn(texts, LARGEST[name]), chosen)
            rows += [
                (name, chosen.package, chosen.version, guide.load().digests[kind], kind, language, sample, *pair, n)
                for pair, n in sorted(counts.items())
            ]
    kept = []
    if FILE.exists():
        with FILE.open(encoding="utf-8") as file:
            kept = [tuple(row) for row in list(csv.reader(file))[1:] if row[0] not in sys.argv[1:]]
    with FILE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(
            ["engine", "package", "version", "guide", "kind", "language", "sample", "truth", "reading", "n"]
        )
        writer.writerows(sorted([*kept, *rows], key=lambda row: [str(value) for value in row]))


if __name__ == "__main__":
    main()
