"""What stands beside the scores: the themes of comments, and the reasons that people gave for unsubscribing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as row

from kit.counts import scope
from kit.counts.scope import count
from kit.messages import _, message
from kit.metrics.figures import WILSON, Figure
from kit.privacy import quoted
from kit.questions.customer_messages import messages, voice
from kit.show.formats import share, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats.proportions import proportion_interval

if TYPE_CHECKING:
    from kit.store import Data

SHOWN = 10
"""Reasons that are listed."""


def compare(data: Data) -> Reasons:
    """How do those who write about a theme score, why do people unsubscribe, and why are deals lost?

    Args:
        data: what `kit.open` returned.
    """
    to_find = messages.guide_of(data)
    titles = {name: topic.title for name, topic in to_find.themes.items()} | {"": _("not known")}
    return Reasons(
        voice.by_group(_comments(data, " ".join(to_find.digests.values())), "theme", titles), _left(data), _lost(data)
    )


@count("surveys", unfiltered=scope.NO_CAMPAIGN)
def _comments(data: Data, version: str = "") -> pd.DataFrame:  # noqa: ARG001  what is kept is kept for this version
    """Answers with a comment and its theme: kind, person, at, score, low, high, theme."""
    surveys = scope.rows(data, "surveys")
    columns = ["kind", "person", "at", "score", "low", "high"]
    if surveys is None:
        return pd.DataFrame(columns=[*columns, "theme"])
    given = surveys.filter(row.comment.notnull(), row.score.notnull()).select(
        kind=row.survey_type, person=row.contact_key, at=row.responded_local, score=row.score, low=row.scale_min,
        high=row.scale_max, comment=row.comment,
    ).to_pandas()  # fmt: skip
    told = messages.read_texts(data, given["comment"])
    given = given.assign(at=pd.to_datetime(given["at"]), theme=told["theme"])
    return given.sort_values(["kind", "at", "person", "score"], kind="stable", ignore_index=True)[[*columns, "theme"]]


@count("contacts", unfiltered=scope.NO_CAMPAIGN)
def _left(data: Data) -> pd.DataFrame:
    """People who unsubscribed in the question, by the reason that they gave [NULL: none]: reason, n."""
    contacts = scope.history(data, "contacts")
    if contacts is None:
        return pd.DataFrame(columns=["reason", "n"])
    gone = contacts.filter(row.unsubscribed_at.notnull(), scope.within(data, row.unsubscribed_at))
    frame = gone.group_by(reason=row.unsubscribe_reason).agg(n=row.count()).order_by("reason").to_pandas()
    return _grouped(frame)


@count("deals", unfiltered=scope.NO_CAMPAIGN)
def _lost(data: Data) -> pd.DataFrame:
    """Deals lost in the question, by the reason that the CRM has [NULL: none]: reason, n."""
    deals = scope.history(data, "deals")
    if deals is None:
        return pd.DataFrame(columns=["reason", "n"])
    lost = deals.filter(row.is_lost, scope.within(data, ibis.coalesce(row.closed_local, row.created_local)))
    return _grouped(lost.group_by(reason=row.lost_reason).agg(n=row.count()).order_by("reason").to_pandas())


def _grouped(frame: pd.DataFrame) -> pd.DataFrame:
    """Reasons as they are shown, addresses and numbers masked, each once."""
    frame["reason"] = frame["reason"].map(quoted, na_action="ignore")
    return frame.groupby("reason", dropna=False)["n"].sum().reset_index()


@result
class Reasons(Result):
    """What stands beside the scores.

    Attributes:
        themes: a row a kind of question and theme of the comment: kind, theme, title, n [people], up,
            down, value, low, high.
        left: people who unsubscribed, by reason: reason [NULL: none given], n.
        lost: deals that were lost, the same.
    """

    themes: pd.DataFrame
    left: pd.DataFrame
    lost: pd.DataFrame

    def summary(self) -> Summary:
        """The reason that is given most often."""
        given = self.left[self.left["reason"].notna()].sort_values("n", ascending=False, kind="stable")
        if given.empty:
            return Summary(
                "reasons", _("Your files contain no reasons, so it is unknown why people unsubscribe."), {"n": 0}
            )
        first, total = given.iloc[0], int(given["n"].sum())
        text = _(
            "Of {n} people who gave a reason for unsubscribing, {share} say “{reason}”.",
            n=whole(total), share=share(first["n"] / total), reason=str(first["reason"]),
        )  # fmt: skip
        return Summary("reasons", text, {"n": total, "share": first["n"] / total})

    def table(self) -> Table:
        """Scores by the theme of the comment."""
        columns = (
            Column("kind", message("Question"), lambda kind: str(voice.KINDS[kind])),
            Column("title", message("Theme of the comment")),
            Column("value", message("Score"), voice.written, number=True, whole_row=True),
            Column("n", message("People"), whole, number=True),
        )
        notes = (_("Only people who add a comment are included; they are often very satisfied or very dissatisfied."),)
        title, empty = message("Scores by theme"), message("no survey answer has a comment.")
        return Table("voice_themes", title, self.themes, columns, notes, empty)

    def unsubscribed(self) -> Table:
        """Reasons for unsubscribing."""
        notes = (_("{n} of {every} people who unsubscribed gave a reason.", **_numbers(self.left)),)
        title = message("Why people unsubscribe")
        return _table("reasons", title, self.left, message("People"), notes)

    def deals(self) -> Table:
        """Reasons for losing deals."""
        notes = (
            _("{n} of {every} lost deals have a reason.", **_numbers(self.lost)),
            _("The seller's note is not always what the customer meant."),
        )
        return _table("reasons_lost", message("Why deals are lost"), self.lost, message("Deals"), notes)


def _numbers(reasons: pd.DataFrame) -> dict[str, str]:
    given = reasons[reasons["reason"].notna()]
    return {"n": whole(given["n"].sum()), "every": whole(reasons["n"].sum())}


def _table(name: str, title: Any, reasons: pd.DataFrame, counted: Any, notes: tuple[str, ...]) -> Table:
    """Reasons and their share of those that were given, the most frequent first."""
    given = reasons[reasons["reason"].notna()]
    total = int(given["n"].sum())
    low, high = proportion_interval(given["n"], total)
    frame = given.assign(value=given["n"] / max(total, 1), low=low, high=high)
    frame = frame.sort_values("n", ascending=False, kind="stable", ignore_index=True)
    columns = (
        Column("reason", message("Reason given")),
        Column("n", counted, whole, number=True),
        Column("value", message("Share"), _share, unit="share", number=True, whole_row=True),
    )
    rarer = [_("Rarer reasons not listed: {n}.", n=whole(len(frame) - SHOWN))] if len(frame) > SHOWN else []
    return Table(name, title, frame.head(SHOWN), columns, (*notes, *rarer), message("your files contain no reasons."))


def _share(line: Any) -> str:
    return with_interval(line["value"], line["low"], line["high"])


FIGURES = (
    Figure(
        "voice_by_theme",
        message("Score by the theme of the comment"),
        message("calculated like the survey score, from the answers whose comment has this theme"),
        message("each person once per theme, by the latest answer"),
        "Reichheld (2003); Rocks (2016), doi:10.1080/00031305.2016.1158124",
        ("voice_themes.value", "voice_themes.n"),
        interval=message("95 %: adjusted Wald (Rocks); of shares Wilson"),
        edge=message("fewer than five people: no score"),
    ),
    Figure(
        "unsubscribe_reason",
        message("Share of a reason for unsubscribing, or for losing a deal"),
        message("people who gave this reason / people who gave any reason; for deals likewise"),
        message("each person once; each lost deal once"),
        "DEFINITIONS: reason for leaving",
        ("reasons.value", "reasons.n", "reasons.share", "reasons_lost.value", "reasons_lost.n"),
        interval=WILSON,
    ),
)
