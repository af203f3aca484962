"""The messages of customers, read: mail, a help desk's messages, and what people add to surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd
from ibis import _ as row

from kit.counts import scope
from kit.counts.scope import count
from kit.messages import _, _n, message
from kit.metrics.figures import WILSON, Figure
from kit.privacy import masked, quoted
from kit.show.formats import share, whole, with_interval
from kit.show.result import Result, result
from kit.show.summary import Summary
from kit.show.table import Column, Table
from kit.stats import cluster_robust, proportions
from kit.text import accuracy, engines, guide, reading
from kit.text.own_text import own_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kit.store import Data, Expression

MOST = 20_000
"""Messages that are read; of more a sample, the same at every run."""

ORIGINS = {"mail": message("e-mail"), "help desk": message("help desk"), "survey": message("survey comment")}

_COLUMNS = ("origin", "month", "day", "person", "request", "text")


def read(data: Data) -> Messages:
    """Read the customers' own words.

    Args:
        data: what `kit.open` returned.

    Raises:
        InputError: the file that the setting messages.reading names has a mistake.
    """
    to_find, engine = guide_of(data), engines.engine(data.settings["messages.engine"])
    version = f"{engine} {' '.join(to_find.digests.values())}"
    rows, left_out = _read(data, version), _left_out(data)
    return Messages(rows, dict(zip(left_out["reason"], left_out["n"], strict=True)), str(engine), engine.name)


def guide_of(data: Data) -> guide.Guide:
    """What to look for: the analyst's file beside kit.toml, else the kit's own."""
    name, file = data.settings["messages.reading"], data.settings.file
    return guide.load(file.parent / name) if name and file else guide.load()


def themes(data: Data) -> dict[str, str]:
    """What each request is about by its first message, as reports call it: thread -> theme; of others nothing.

    Later messages say nothing of it: who waits long writes about waiting.

    Args:
        data: what `kit.open` returned.
    """
    rows, titles = read(data).rows, guide_of(data).themes
    asked = rows[rows["request"].notna() & (rows["theme"] != "")]
    return {request: titles[theme].title for request, theme in zip(asked["request"], asked["theme"], strict=True)}


@count("correspondence", "surveys", unfiltered=scope.NO_CAMPAIGN)
def _read(data: Data, version: str = "") -> pd.DataFrame:  # noqa: ARG001  what is kept is kept for this version
    """The customers' messages of the question, read; see `Messages.rows`."""
    written = texts(data)
    told = read_texts(data, written["text"])
    told = told.assign(**{name: told[name].map(quoted) for name in told if name.endswith("_quote")})
    return pd.concat([written.drop(columns="text"), told], axis=1)


def texts(data: Data) -> pd.DataFrame:
    """The customers' own words in the question, addresses and telephones masked.

    Returns:
        A row a message: origin, month, day, person, request [the thread that it begins; NULL: it begins none], text.
    """
    parts = [*_people(data), *_comments(data)]
    written = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(_COLUMNS))
    written = written.assign(text=[masked(own_text(text or "")) for text in written["text"]])
    return written[written["text"] != ""].reset_index(drop=True)


def read_texts(data: Data, written: pd.Series) -> pd.DataFrame:
    """Texts read by the engine and the guide of the settings, as `reading.read`."""
    return reading.read(list(written), guide_of(data), engines.engine(data.settings["messages.engine"]))


@count("correspondence", unfiltered=scope.NO_CAMPAIGN)
def _left_out(data: Data) -> pd.DataFrame:
    """What is not read: reason, n [messages]."""
    talk, numbers = _of_question(data), pd.Series({"automatic": 0, "unknown": 0, "beyond": 0})
    if talk is not None:
        counted = talk.group_by("channel").aggregate(
            automatic=((row.kind != "person") & (row.direction == "in")).sum(),
            unknown=(~row.direction.notnull()).sum(),
            people=((row.kind == "person") & (row.direction == "in")).sum(),
        )
        frame = counted.to_pandas().fillna(0)
        numbers = frame.assign(beyond=(frame["people"] - MOST).clip(lower=0))[list(numbers.index)].sum()
    return pd.DataFrame({"reason": numbers.index, "n": numbers.astype(int).to_numpy()})


def _of_question(data: Data) -> Expression:
    """Mail and a help desk's messages of the question's time, each once; None where there are none."""
    talk = scope.history(data, "correspondence")
    return None if talk is None else talk.filter(scope.within(data, talk.occurred_local))


def _people(data: Data) -> list[pd.DataFrame]:
    """What people wrote to us: of each channel so many messages as are read."""
    talk = _of_question(data)
    if talk is None:
        return []
    people = talk.filter(row.direction == "in", row.kind == "person", row.body_text.notnull())
    drawn = ibis.window(group_by="channel", order_by=[row.message_id.hash(), row.occurred_local])
    people = people.mutate(place=ibis.row_number().over(drawn)).filter(row.place < MOST)
    frame = people.select(
        origin=row.channel,
        at=row.occurred_local,
        person=row.contact_key,
        request=ibis.ifelse(row.begins, row.thread_id, ibis.null("string")),
        text=row.body_text,
    ).to_pandas()
    return [_dated(frame)]


def _comments(data: Data) -> list[pd.DataFrame]:
    surveys = scope.rows(data, "surveys")
    if surveys is None:
        return []
    comments = surveys.filter(row.comment.notnull())
    frame = comments.select(at=row.responded_local, person=row.contact_key, text=row.comment).to_pandas()
    return [_dated(frame.assign(origin="survey", request=pd.Series(pd.NA, index=frame.index, dtype="str")))]


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    at = pd.to_datetime(frame["at"])
    frame = frame.assign(month=at.dt.strftime("%Y-%m"), day=at.dt.strftime("%Y-%m-%d"))
    return frame.sort_values(["day", "person", "text"], kind="stable", ignore_index=True)[list(_COLUMNS)]


def rate(rows: pd.DataFrame, marked: pd.Series, by: Sequence[str]) -> pd.DataFrame:
    """The share of marked messages of each group, with the person as the unit.

    Args:
        rows: of `Messages`.
        marked: whether a message counts.
        by: the columns that make a group.

    Returns:
        A row a group: the columns of `by`, n, people, marked [messages], value, low, high [share], effect [messages
        that say as much as one].
    """
    alone = pd.Series([f"#{place}" for place in range(len(rows))], index=rows.index, dtype=object)
    person = rows["person"].astype(object).where(rows["person"].notna(), alone)
    frame = rows[list(by)].assign(person=person, x=marked.astype(float), m=1.0)
    people = frame.groupby([*by, "person"], dropna=False)[["x", "m"]].sum().reset_index()
    people = people.assign(xx=people["x"] ** 2, mm=people["m"] ** 2, xm=people["x"] * people["m"], k=1.0)
    groups = people.groupby(list(by), dropna=False)[["k", "x", "m", "xx", "mm", "xm"]].sum().reset_index()
    rates = cluster_robust.clustered_rates(
        groups["k"], groups["x"], groups["m"], squares=(groups["xx"], groups["mm"], groups["xm"])
    )
    return groups[list(by)].assign(
        n=groups["m"].astype(int),
        people=groups["k"].astype(int),
        marked=groups["x"].astype(int),
        value=rates.value,
        low=rates.low,
        high=rates.high,
        effect=rates.design_effect,
    )


@result
class Messages(Result):
    """The customers' messages, read.

    Attributes:
        rows: a row a message: origin, month, day, person, request [the thread that it begins], and the columns of
            `reading.COLUMNS`; addresses and telephone numbers in quotes are masked.
        left_out: messages that were not read, by reason.
        engine: what read them, with its version.
        engine_name: as the setting names it.
    """

    rows: pd.DataFrame
    left_out: dict[str, int]
    engine: str
    engine_name: str

    def summary(self) -> Summary:
        """How many messages were read, of how many people."""
        n, people = len(self.rows), self.rows["person"].nunique()
        if not n:
            text = _("No customer messages were read: {why}", why=str(self._why_none()))
            return Summary("messages_read", text, {"n": 0})
        known = float((self.rows["language"] != "").mean())
        text = _(
            "{n} messages from {people} people were read; the language is known for {share} of them.",
            n=whole(n), people=whole(people), share=share(known),
        )  # fmt: skip
        return Summary("messages_read", text, {"n": n, "people": people, "language_known": known})

    def _why_none(self) -> Any:
        if self.left_out.get("unknown"):
            return message("it is unknown which messages are yours: set own_domains or own_addresses in kit.toml.")
        return message("your files contain no mailbox, no help desk messages and no survey comments.")

    def notes(self) -> list[str]:
        """What was not read, and by what the others were."""
        notes = [
            _("Read by {engine}.", engine=self.engine if self.engine_name != engines.WORDS else _("word list only"))
        ]
        out = self.left_out
        if out.get("automatic"):
            notes.append(
                _n("{n} automatic message or mailing-list e-mail was not read.",
                   "{n} automatic messages and mailing-list e-mails were not read.",
                   out["automatic"], n=whole(out["automatic"]))
            )  # fmt: skip
        if out.get("unknown"):
            notes.append(
                _n("{n} message was not read, because it is unknown whether you or a customer wrote it: set "
                   "own_domains in kit.toml.",
                   "{n} messages were not read, because it is unknown whether you or customers wrote them: set "
                   "own_domains in kit.toml.",
                   out["unknown"], n=whole(out["unknown"]))
            )  # fmt: skip
        if out.get("beyond"):
            notes.append(_("Only a random sample is read from each source with more than {n} messages.", n=whole(MOST)))
        return notes

    def table(self) -> Table:
        """Languages by where the messages come from."""
        rows = self.rows.assign(language=self.rows["language"].astype(str))
        frame = rows.groupby(["origin", "language"]).agg(n=("day", "size"), people=("person", "nunique")).reset_index()
        columns = (
            Column("origin", message("Source"), lambda name: str(ORIGINS[name])),
            Column("language", message("Language"), language_name),
            Column("n", message("Messages"), whole, number=True),
            Column("people", message("People"), whole, number=True),
        )
        title = message("What was read")
        return Table("messages_read", title, frame, columns, tuple(self.notes()), self._why_none())

    def accuracy(self, data: Data) -> Table:
        """How often the reading is right, on the labelled samples.

        Args:
            data: what `kit.open` returned: its guide.
        """
        engine, to_find = engines.engine(self.engine_name), guide_of(data)
        parts = [
            accuracy.scores(accuracy.confusion(kind, engine, to_find)).assign(kind=kind) for kind in accuracy.KINDS
        ]
        frame = pd.concat(parts, ignore_index=True)
        for name, below in (("precision", "read"), ("recall", "true")):
            low, high = proportions.proportion_interval(frame["right"], frame[below])
            frame[name] = (frame["right"] / frame[below]).where(frame[below] > 0)
            frame[f"{name}_low"], frame[f"{name}_high"] = low, high
        columns = (
            Column("kind", message("Kind"), lambda kind: str(KINDS[kind])),
            Column("label", message("Category")),
            Column("language", message("Language"), language_name),
            Column(
                "precision",
                message("Correct, of those recognised"),
                _of("precision", "read"),
                unit="share",
                number=True,
                whole_row=True,
            ),
            Column(
                "recall",
                message("Recognised, of those labelled"),
                _of("recall", "true"),
                unit="share",
                number=True,
                whole_row=True,
            ),
            Column("sample", message("Measured on")),
            Column("texts", message("Texts"), whole, number=True),
        )
        notes = (
            _(
                "Measured with {engine} on half of each sample; the other half was used to set the thresholds.",
                engine=self.engine,
            ),
            _(
                "The samples are short public texts; long, polite e-mails are recognised less well. To see how well, "
                "label some of your own messages."
            ),
            _("Anything not listed was not measured: English tone, and most themes and intents."),
        )
        empty = message("nothing was measured for this engine, or for your own word lists.")
        return Table(
            "reading_accuracy", message("How often messages are recognised correctly"), frame, columns, notes, empty
        )


KINDS = {"tone": message("tone"), "intent": message("intent"), "theme": message("theme")}


def _of(name: str, below: str) -> Any:
    def write(line: Any) -> str:
        if not line[below]:
            return str(message("never recognised"))
        written = with_interval(line[name], line[f"{name}_low"], line[f"{name}_high"])
        return _("{share} of {n}", share=written, n=whole(line[below]))

    return write


def language_name(code: str) -> str:
    """A language's name; of "" that it is not known."""
    return {"en": _("English"), "ru": _("Russian"), "zh": _("Chinese")}.get(code) or _("not known")


FIGURES = (
    Figure(
        "messages_read", message("Messages read, and people who wrote them"),
        message("messages from customers, and the people who wrote them; messages in a known language"),
        message("each message once; each person once"), "guide 3: tone and language",
        ("messages_read.n", "messages_read.people", "messages_read.language_known"),
        edge=message("automatic e-mails, mailing lists and e-mails with an unknown sender side are not read"),
    ),
    Figure(
        "reading_precision", message("Correct, of those recognised; recognised, of those labelled"),
        message("texts with the same label from the engine and from people / texts so recognised; the same / texts "
                "so labelled"),
        message("a labelled text"), "guide 3: tone and language",
        ("reading_accuracy.precision", "reading_accuracy.recall", "reading_accuracy.texts"),
        interval=WILSON,
    ),
)  # fmt: skip
