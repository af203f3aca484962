"""Your own labels: how right is the reading on your messages, and does a head trained on them read better?"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from pandas.errors import ParserError

from kit.errors import InputError
from kit.messages import _, _n, message
from kit.metrics.figures import Figure
from kit.questions.customer_messages import messages
from kit.show.formats import decimal, share, whole
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.softmax import cross_validated
from kit.text import engines

if TYPE_CHECKING:
    from kit.store import Data

TONES = ("negative", "neutral", "positive")
FEWEST = 50
"""Labels from which a head is trained."""
OF_EACH = 5
"""Messages of a tone from which it is one to train."""


def check(data: Data, file: str = "", n: int = 0) -> OwnLabels:
    """Compare the reading of tone with your labels, and what a head trained on them would gain.

    Args:
        data: what `kit.open` returned.
        file: a CSV with the columns key and tone (negative, neutral or positive); "" where there is none yet.
        n: so many messages are listed for labelling, drawn at random; 0: none.

    Raises:
        InputError: the file cannot be read, has no such columns, or a tone that is none.
    """
    texts = messages.texts(data)
    texts = texts.assign(key=[_key(text) for text in texts["text"]]).drop_duplicates("key")
    drawn = texts.sort_values("key").head(n)[["key", "text"]].assign(tone="").reset_index(drop=True)
    if not file:
        return OwnLabels(pd.DataFrame(columns=["language", "truth", "reading"]), None, 0, drawn)
    labels = _load(Path(file))
    both = texts.merge(labels, on="key")
    told = messages.read_texts(data, both["text"])
    labelled = pd.DataFrame({"language": told["language"], "truth": both["tone"], "reading": told["tone"]})
    engine = engines.engine(data.settings["messages.engine"])
    head = _head(engine.vectors(list(both["text"])), labelled) if engine.encode is not None else None
    return OwnLabels(labelled, head, len(labels) - len(both), drawn)


def _key(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _load(path: Path) -> pd.DataFrame:
    hint = message("The file needs the columns key and tone; start from the report's table of messages to label.")
    try:
        labels = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError, ParserError) as error:
        reason = " ".join(str(error).split())
        raise InputError(message("cannot be read: {error}", error=reason), file=path.name, hint=hint) from error
    for name in ("key", "tone"):
        if name not in labels:
            raise InputError(message("is missing"), file=path.name, column=name, hint=hint)
    labels = labels.assign(tone=labels["tone"].str.strip().str.lower())
    labels = labels[labels["tone"] != ""]
    wrong = labels[~labels["tone"].isin(TONES)]
    if len(wrong):
        line, tone = wrong.index[0], wrong["tone"].iloc[0]
        raise InputError(
            message("{tone} is not a tone", tone=repr(tone)), file=path.name, line=int(str(line)) + 2, column="tone",
            hint=message("Write negative, neutral or positive, or leave it empty."),
        )  # fmt: skip
    return labels.drop_duplicates("key", keep="last")[["key", "tone"]]


def _head(vectors: np.ndarray, labelled: pd.DataFrame) -> tuple[float, float] | None:
    """Macro-F1 of the reading as it is, and of a head trained on the other four fifths; None: too few labels."""
    counts = labelled["truth"].value_counts()
    kept = labelled["truth"].isin(counts.index[counts >= OF_EACH]).to_numpy()
    truth = labelled.loc[kept, "truth"].to_numpy(dtype=str)
    if len(truth) < FEWEST or len(set(truth)) < 2:
        return None
    predicted = cross_validated(vectors[kept], truth)
    return macro_f1(truth, labelled.loc[kept, "reading"].to_numpy(dtype=str)), macro_f1(truth, predicted)


def macro_f1(truth: np.ndarray, reading: np.ndarray) -> float:
    """The mean over the labels of the harmonic mean of precision and recall."""
    scores = []
    for label in np.unique(truth):
        right = ((truth == label) & (reading == label)).sum()
        scores.append(2 * right / ((truth == label).sum() + (reading == label).sum()))
    return float(np.mean(scores))


@result
class OwnLabels(Result):
    """Your labels against the reading.

    Attributes:
        labelled: a row a labelled message: language, truth, reading [tones].
        head: macro-F1 of the reading, and, cross-validated, of a head trained on the labels; None: too few.
        unmatched: labels of no message that is read.
        drawn: messages to label: key, text [masked], tone [empty].
    """

    labelled: pd.DataFrame
    head: tuple[float, float] | None
    unmatched: int
    drawn: pd.DataFrame

    def confusion(self) -> pd.DataFrame:
        """Truth and reading, as `tone.errors` takes them: language, truth, reading, n."""
        return self.labelled.groupby(["language", "truth", "reading"]).size().rename("n").reset_index()

    def summary(self) -> Summary:
        """How right the reading is on the labels, and the gain."""
        n = len(self.labelled)
        if not n:
            text = _(
                "You have not labelled any messages yet: 100 to 200 labels show how often the tone is "
                "recognised correctly."
            )
            return Summary("own_labels", text, {"n": 0})
        right = float((self.labelled["truth"] == self.labelled["reading"]).mean())
        text = _n(
            "The recognised tone agrees with your label for {share} of {n} labelled message.",
            "The recognised tone agrees with your labels for {share} of {n} labelled messages.",
            n, share=share(right), n=whole(n),
        )  # fmt: skip
        numbers: dict[str, Any] = {"n": n, "right": right}
        if self.head is None:
            few = _("There are too few labels to train a model on them.")
            return Summary("own_labels", f"{text} {few}", numbers)
        as_is, trained = self.head
        gain = _(
            "Macro-F1 is {as_is}; a model trained on your labels reaches {trained} in cross-validation.",
            as_is=decimal(as_is, 2), trained=decimal(trained, 2),
        )  # fmt: skip
        return Summary("own_labels", f"{text} {gain}", numbers | {"as_is": as_is, "trained": trained})

    def table(self) -> Table:
        """Labels against readings."""
        columns = (
            Column("truth", message("Your label"), lambda tone: str(_TITLES[tone])),
            Column("reading", message("Read as"), lambda tone: str(_TITLES[tone])),
            Column("n", message("Messages"), whole, number=True),
        )
        frame = self.labelled.groupby(["truth", "reading"]).size().rename("n").reset_index()
        notes = ()
        if self.unmatched:
            notes = (_("Labels that match no message read here: {n}.", n=whole(self.unmatched)),)
        return Table(
            "own_labels",
            message("Your labels and the recognised tone"),
            frame,
            columns,
            notes,
            message("no labels yet."),
        )

    def to_label(self) -> Table:
        """Messages drawn at random, to be labelled; take it as CSV and fill the column tone."""
        columns = (
            Column("key", message("Key")),
            Column("text", message("Message")),
            Column("tone", message("Tone")),
        )
        empty = message("the list is empty; to get 150 messages, add -p label=150.")
        return Table("to_label", message("Messages to label"), self.drawn, columns, (), empty)


_TITLES = {
    "negative": message("negative"),
    "neutral": message("neutral"),
    "positive": message("positive"),
    "": message("not known"),
}

FIGURES = (
    Figure(
        "own_labels",
        message("Correct on your own labels"),
        message("labelled messages whose recognised tone agrees with the label / labelled messages"),
        message("each message once"),
        "guide 3: tone and language",
        ("own_labels.n", "own_labels.right"),
    ),
    Figure(
        "macro_f1",
        message("Macro-F1 without training, and of a model trained on the labels"),
        message("mean over the tones of 2 x correct / (labelled as it + recognised as it)"),
        message("each message once; its tone comes from a model trained without it"),
        "guide 3: tone and language",
        ("own_labels.as_is", "own_labels.trained"),
        edge=message("five parts; no training with fewer than 50 labels, or fewer than 5 for a tone"),
    ),
)
