"""What do customers write about, and what do they want?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit.messages import _, message
from kit.metrics.figures import Figure
from kit.questions.customer_messages import messages
from kit.show.axes import percent
from kit.show.formats import commas, share, whole, with_interval
from kit.show.picture import PLAIN, Picture, drawing, label, nothing, picture
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from kit.store import Data
    from kit.text.guide import Topic

LEAST = 5
"""Messages of a topic below which nothing is said of its tone."""
UNKNOWN = ""


def share_out(data: Data) -> Topics:
    """Which themes and intents do the customers' messages have?

    Args:
        data: what `kit.open` returned.
    """
    to_find = messages.guide_of(data)
    return judge(messages.read(data), {"theme": to_find.themes, "intent": to_find.intents})


def judge(read: messages.Messages, topics: Mapping[str, Mapping[str, Topic]]) -> Topics:
    """The share of each theme and intent, most frequent first; what is not known is a row, too.

    Args:
        read: the messages.
        topics: by "theme" and "intent", what the guide looks for.
    """
    parts = [_shares(read.rows, kind, topics[kind]) for kind in ("theme", "intent")]
    return Topics(pd.concat(parts, ignore_index=True), read)


def _shares(rows: pd.DataFrame, kind: str, topics: Mapping[str, Topic]) -> pd.DataFrame:
    frames = []
    for name in [*topics, UNKNOWN]:
        of_topic = rows[rows[kind] == name]
        if of_topic.empty:
            continue
        line = messages.rate(rows.assign(all=""), rows[kind] == name, ["all"]).drop(columns=["all", "people", "effect"])
        negative = messages.rate(of_topic.assign(all=""), of_topic["tone"] == "negative", ["all"]).iloc[0]
        enough = len(of_topic) >= LEAST and name != UNKNOWN
        tone = {f"negative_{end}": negative[end] if enough else None for end in ("value", "low", "high")}
        title = topics[name].title if name else _("not known")
        words = _words(of_topic[f"{kind}_words"])
        quote = _example(of_topic, kind)
        frames.append(line.assign(kind=kind, name=name, title=title, **tone, words=words, quote=quote if name else ""))
    columns = ["kind", "name", "title", "n", "marked", "value", "low", "high"]
    columns += ["negative_value", "negative_low", "negative_high", "words", "quote"]
    shares = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
    shares = shares.assign(unknown=shares["name"] == UNKNOWN)
    return shares.sort_values(["unknown", "marked"], ascending=[True, False], kind="stable")[columns]


def _example(of_topic: pd.DataFrame, kind: str) -> str:
    """A sentence that decided: the latest by a word, else by likeness or tone."""
    by_words = of_topic[f"{kind}_by"] == "words"
    return str(of_topic.assign(by_words=by_words).sort_values(["by_words", "day"])[f"{kind}_quote"].iloc[-1])


def _words(cells: pd.Series) -> str:
    """The words that decided most often."""
    words = cells[cells != ""].str.split(", ").explode()
    return commas(list(words.value_counts().index[:3]))


@result
class Topics(Result):
    """What customers write about.

    Attributes:
        shares: a row a kind (theme or intent) and topic [name "": not known]: kind, name, title, n [all messages],
            marked [of the topic], value, low, high [share], negative_value, negative_low, negative_high [of the topic;
            as read], words [that decided most often], quote [the latest sentence that decided].
        read: the messages.
    """

    shares: pd.DataFrame
    read: messages.Messages

    def summary(self) -> Summary:
        """The most frequent theme."""
        themes = self.shares[(self.shares["kind"] == "theme") & (self.shares["name"] != UNKNOWN)]
        if themes.empty:
            return Summary("topics", _("It is unknown what customers write about: no theme was recognised."), {"n": 0})
        first = themes.iloc[0]
        text = _(
            "Customers write most often about “{theme}”, as far as themes are recognised: {share} of {n} messages. "
            "No theme was recognised in {unknown} of them.",
            theme=first["title"],
            share=with_interval(first["value"], first["low"], first["high"]),
            n=whole(first["n"]),
            unknown=share(1 - themes["marked"].sum() / first["n"]),
        )
        return Summary("topics", text, {"value": first["value"], "n": first["n"]}, headline=True, weight=2)

    def table(self) -> Table:
        """Themes with their share, tone and the words that decided."""
        return self._table("theme", "themes", message("What customers write about"))

    def intents(self) -> Table:
        """Intents with their share, tone and the words that decided."""
        return self._table("intent", "intents", message("What customers want"))

    def _table(self, kind: str, name: str, title: Any) -> Table:
        columns = (
            Column("title", message("Theme") if kind == "theme" else message("Intent")),
            Column("marked", message("Messages"), whole, number=True),
            Column("value", message("Share"), _share, unit="share", number=True, whole_row=True),
            Column(
                "negative_value",
                message("Negative (as recognised)"),
                _negative,
                unit="share",
                number=True,
                whole_row=True,
            ),
            Column("words", message("Deciding words"), lambda words: words or "–"),
            Column("quote", message("Example"), lambda quote: f"“{quote}”" if quote else "–"),
        )
        frame = self.shares[self.shares["kind"] == kind].reset_index(drop=True)
        notes = (
            _("Each message has at most one theme and one intent: the one with the most matching words."),
            *self.read.notes(),
        )
        return Table(name, title, frame, columns, notes, message("no message was read."))

    def plot(self, ax: Axes | None = None) -> Picture:
        """Shares of the themes with their intervals."""
        title = message("What customers write about")
        frame = self.shares[self.shares["kind"] == "theme"].iloc[::-1].reset_index(drop=True)
        if frame.empty:
            return nothing("themes", title, message("no message was read"))
        with drawing(0.9 + 0.32 * len(frame), ax) as axes:
            axes.barh(frame.index, frame["value"], color=PLAIN, alpha=0.55, height=0.6)
            axes.hlines(frame.index, frame["low"], frame["high"], color=PLAIN, linewidth=1.8)
            axes.set_yticks(list(frame.index), [label(name) for name in frame["title"]])
            axes.xaxis.set_major_formatter(percent(float(frame["high"].max())))
            axes.set_xlim(left=0)
            axes.set_xlabel(_("of all messages"))
            axes.grid(visible=False, axis="y")
            shares = commas([f"{line['title']} {_share(line)}" for line in frame.iloc[::-1].to_dict("records")])
            alt = _("Share of messages by theme: {shares}.", shares=shares)
            return picture(axes, name="themes", title=title, alt=alt)


def _share(line: Any) -> str:
    return with_interval(line["value"], line["low"], line["high"])


def _negative(line: Any) -> str:
    return with_interval(line["negative_value"], line["negative_low"], line["negative_high"])


FIGURES = (
    Figure(
        "topic_share",
        message("Share of a theme or intent"),
        message("messages with this theme or intent / all messages that were read"),
        message("each message once; the interval treats each person as one unit"),
        "guide 3: tone and language",
        ("themes.value", "themes.marked", "intents.value", "intents.marked", "topics.value", "topics.n"),
        interval=message("95 %: effective number of messages, people as clusters"),
        edge=message("messages that match no word and no example sentence have their own row: not known"),
    ),
    Figure(
        "topic_negative",
        message("Negative (as recognised)"),
        message("messages on the topic recognised as negative / messages on the topic"),
        message("each message once; the interval treats each person as one unit"),
        "guide 3: tone and language",
        ("themes.negative_value", "intents.negative_value"),
        interval=message("95 %: effective number of messages, people as clusters"),
        edge=message("not corrected for recognition errors; not shown for fewer than five messages"),
    ),
)
