"""Words of tests: what they need, what they decided, and what may be expected of a winner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kit import abtest, metrics
from kit.show.formats import known, money, named, points, share, span, whole, with_interval
from kit.show.summary import Summary
from kit.show.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from kit.abtest import Sizes

_DECISIONS = {
    "a": "the first is better",
    "b": "the second is better",
    "not decided": "not decided",
    "go on": "go on to the next look",
    "too early": "too early",
    "too few": "too few to judge",
    "split broken": "split is broken: not read",
    "unknown": "cannot be estimated",
}


def size_table(result: Sizes, *, currency: str = "") -> Table:
    """Mails an arm for lifts of several sizes, to be read before sending."""
    form = share if result.kpi.unit == "share" else money(currency)
    columns = (
        Column("lift", "To see a lift of", lambda value: share(value, 0), unit="share", number=True),
        Column("value", f"{result.kpi.title} would be", form, unit=result.kpi.unit, number=True),
        Column("needed", "Mails an arm", whole, unit="mails", number=True),
        Column("chance", "Chance that a usual campaign shows it", lambda value: share(value, 0), "share", number=True),
    )
    notes = [f"From {form(result.base)} now; found four times in five, with 5 % false winners."] if result.base else []
    if known(result.detectable):
        notes.append(
            f"A usual campaign, cut in two halves of {whole(result.arm)}, shows a lift of "
            f"{share(result.detectable, 0)} or more."
        )
    frame = result.needed if known(result.base) else result.needed.iloc[:0]
    return Table(
        "test_sizes", "Mails that a test needs", frame, columns, tuple(notes), "the present rate is not known."
    )


def peeking(frame: pd.DataFrame) -> Summary:
    """What looking again does to a test of two equal lines; `frame` is what `abtest.peeking` returns."""
    rows = dict(zip(frame["looks"], frame["false"], strict=True))
    told = ", ".join(f"{share(false, 0)} with {whole(looks)}" for looks, false in rows.items() if looks > 1)
    text = f"Two equal lines show a “winner” in {share(rows[1], 0)} of tests with one look, {told} looks."
    return Summary("peeking", text, {f"looks_{looks}": false for looks, false in rows.items()})


def verdict_table(verdicts: pd.DataFrame, *, currency: str = "", decides: bool = True) -> Table:
    """Each test with its arms, difference, what to expect of it, and verdict.

    Args:
        verdicts: what `abtest.verdicts` returned.
        currency: of amounts.
        decides: whether this is the KPI chosen before looking; else the table says that its verdicts are hints.
    """
    columns = [
        Column("campaign_name", "Test"),
        Column("a", "Arms", _arms, whole_row=True),
        Column("sent_a", "Sent", _sent, unit="mails", number=True, whole_row=True),
        Column("value_a", "First", _arm("a", currency), unit=_unit(verdicts), number=True, whole_row=True),
        Column("value_b", "Second", _arm("b", currency), unit=_unit(verdicts), number=True, whole_row=True),
        Column("difference", "Difference", _difference(currency), unit=_unit(verdicts), number=True, whole_row=True),
    ]
    if verdicts["higher"].notna().any():
        columns.append(Column("higher", "Chance that the second is better", _chance, number=True, whole_row=True))
    columns.append(Column("decision", "Verdict" if decides else "Hint", _DECISIONS.__getitem__))
    name, title = "tests", "Tests"
    if len(verdicts):
        key = verdicts["kpi"].iloc[0]
        name, title = f"tests_{key}", f"Tests, decided by “{_title(key)}”"
        title = title if decides else f"Tests, looked at by “{_title(key)}” too"
    notes = [*([] if decides or verdicts.empty else [_HINTS]), *_notes(verdicts)]
    return Table(name, title, verdicts, tuple(columns), tuple(notes), "no campaign has two variants.")


_HINTS = (
    "Another KPI decides. Of every further one looked at, 5 % of equal tests show a difference by chance: what stands "
    "here is a hint for the next test, not a verdict."
)


def _arms(row: Mapping[Any, Any]) -> str:
    """The arms by their subject lines, by their letters where no file tells the lines."""
    return " – ".join(_arm_name(row, side) for side in "ab")


def _arm_name(row: Mapping[Any, Any], side: str) -> str:
    line = row[f"line_{side}"]
    return f"{row[side]} {named(line)}" if isinstance(line, str) else str(row[side])


def _notes(verdicts: pd.DataFrame) -> list[str]:
    if verdicts.empty:
        return []
    rate = _unit(verdicts) == "share"
    kind = "second minus first, in points" if rate else "second minus first"
    method = "Newcombe" if rate else "Welch"
    notes = [
        f"Difference: {kind}, with its {_interval(verdicts, method)}.",
        "A verdict is given only where the interval leaves zero out.",
        "A split less likely than 1 in 1,000 under the plan is broken: who got which was not drawn at random.",
    ]
    several = int(verdicts["campaign_id"].duplicated().sum())
    if several:
        notes.append(
            "Where a test has more than two arms each is set against the first, and the verdict counts that there are "
            f"several ({'Holm' if rate else 'Dunnett'}); the intervals are those of single comparisons."
        )
    kpi = metrics.find(str(verdicts["kpi"].iloc[0]))
    if kpi.denominator not in ("sent", "delivered"):
        notes.append(
            f"Who {kpi.denominator} was not drawn at random: the lines choose them. A line that is {kpi.denominator} by more people "
            "may lose here and still win more clicks of all mail."
        )
    if verdicts["higher"].notna().any():
        notes.append("The chance stands beside the verdict, it does not make it: 90 % is no proof.")
    if not rate and (verdicts[["n_a", "n_b"]] < abtest.THIN).any(axis=None):
        notes.append(f"Below {whole(abtest.THIN)} mails in an arm a single large order can turn the result.")
    if verdicts["decision"].isin(("a", "b")).any() and verdicts["expect"].isna().all():
        notes.append(
            "Winners are overstated; by how much, fewer than five tests cannot tell: expect less than measured."
        )
    return notes


def _interval(verdicts: pd.DataFrame, method: str) -> str:
    if verdicts["look"].iloc[0] == "any time":
        return "interval that holds at any look, wider than one for a single look"
    level = f"{100 * (1 - verdicts['bar'].max()):.2f}".rstrip("0").rstrip(".")
    return f"{level} % interval ({method})"


def _unit(verdicts: pd.DataFrame) -> str:
    return metrics.find(str(verdicts["kpi"].iloc[0])).unit if len(verdicts) else "share"


def _title(key: Any) -> str:
    return metrics.find(str(key)).name


def _sent(row: Mapping[Any, Any]) -> str:
    return f"{whole(row['sent_a'])} – {whole(row['sent_b'])}"


def _arm(side: str, currency: str) -> Callable[[Any], str]:
    def write(row: Mapping[Any, Any]) -> str:
        value, low, high = (row[f"{name}_{side}"] for name in ("value", "low", "high"))
        if metrics.find(row["kpi"]).unit == "share":
            return with_interval(value, low, high)
        return money(currency)(value) if known(value) else "–"

    return write


def _difference(currency: str) -> Callable[[Any], str]:
    def write(row: Mapping[Any, Any]) -> str:
        if row["decision"] == "split broken" or not known(row["difference"]):
            return "–"
        if metrics.find(row["kpi"]).unit == "share":
            return f"{points(row['difference'])} ({span(row['low'], row['high'])})"
        form = money(currency)
        return f"{form(row['difference'])} ({form(row['low'])} to {form(row['high'])})"

    return write


def _chance(row: Mapping[Any, Any]) -> str:
    """That the second is better, whichever direction is good."""
    if not known(row["higher"]):
        return "–"
    better = row["higher"] if metrics.find(row["kpi"]).better == "higher" else 1 - row["higher"]
    return "over 99%" if better > 0.99 else "under 1%" if better < 0.01 else share(better, 0)


def tests(verdicts: pd.DataFrame, *, currency: str = "") -> Summary:  # noqa: PT028  tests of subject lines, no test of code
    """What the tests decided, a manager's words."""
    numbers: dict[str, Any] = {"tests": len(verdicts)} | {
        name: int((verdicts["decision"] == name).sum()) for name in _DECISIONS
    }
    if verdicts.empty:
        return Summary("tests_verdict", "There is no test: no campaign went out in two variants.", numbers)
    rows = verdicts.to_dict("records")
    told = [_verdict(row, currency) for row in rows]
    decided = [words for words, row in zip(told, rows, strict=True) if row["decision"] in ("a", "b")]
    if len(verdicts) == 1:
        text = told[0]
    else:
        many = whole(len(decided)) if decided else "none"
        text = f"Of {whole(len(verdicts))} tests, {many} {'are' if len(decided) > 1 else 'is'} decided"
        text += f", {whole(numbers['not decided'])} not" if numbers["not decided"] else ""
        running = numbers["go on"] + numbers["too early"]
        text += f", {whole(running)} still {'runs' if running == 1 else 'run'}" if running else ""
        broken = numbers["split broken"]
        text += f", {whole(broken)} {'has' if broken == 1 else 'have'} a broken split" if broken else ""
        lost = numbers["unknown"] + numbers["too few"]
        text += f", {whole(lost)} cannot be estimated" if lost else ""
        text += ". " + " ".join(decided[:3])
    return Summary("tests_verdict", text.strip(), numbers, headline=True, weight=80 if decided else 55)


def verdict_words(verdicts: pd.DataFrame, *, currency: str = "") -> Table:
    """Each test's verdict in words."""
    frame = verdicts[["campaign_name", "decision", "needed"]].assign(
        words=[_verdict(row, currency) for row in verdicts.to_dict("records")]
    )
    columns = (Column("words", "What the tests say"),)
    return Table("test_words", "In words", frame, columns, empty="no campaign has two variants.")


def _verdict(row: Mapping[Any, Any], currency: str = "") -> str:
    write = _WORDS.get(row["decision"], _winner)
    young = " It is young: the faster line may not be the better one in the end." if row["young"] else ""
    return f"{named(row['campaign_name'])}: {write(row, currency)}{young}"


def _unknown(row: Mapping[Any, Any], currency: str) -> str:  # noqa: ARG001  the decisions' writers are called alike
    return "cannot be estimated; a count is missing, or an arm has nobody or nothing to count."


def _broken(row: Mapping[Any, Any], currency: str) -> str:  # noqa: ARG001  as above
    sent = f"{whole(row['sent_a'])} against {whole(row['sent_b'])} sent"
    return f"the split is broken ({sent}), so the two groups are not alike and the test is not read."


def _early(row: Mapping[Any, Any], currency: str) -> str:  # noqa: ARG001  as above
    return f"too early: {share(row['part'], 0)} of planned n. It is judged when all are sent, not before."


def _few(row: Mapping[Any, Any], currency: str) -> str:  # noqa: ARG001  as above
    return f"fewer than {whole(abtest.FEW)} in an arm did it; a rule for any moment cannot judge so few."


def _on(row: Mapping[Any, Any], currency: str) -> str:
    at = f", at {share(row['part'], 0)} of planned n" if known(row["part"]) else ""
    text = f"not decided yet in “{_title(row['kpi'])}” ({row['look']}{at}); {_apart(row, currency)}"
    return f"{text} Go on, and judge again {'when you like' if row['look'] == 'any time' else 'at the next look'}."


def _open(row: Mapping[Any, Any], currency: str) -> str:
    return f"not decided in “{_title(row['kpi'])}”; {_apart(row, currency)} {_need(row)}"


def _apart(row: Mapping[Any, Any], currency: str) -> str:
    if metrics.find(row["kpi"]).unit == "share":
        return f"{_arm_name(row, 'b')} is {span(row['low'], row['high'])} points from {_arm_name(row, 'a')}."
    form = money(currency)
    return f"{_arm_name(row, 'b')} is {form(row['low'])} to {form(row['high'])} from {_arm_name(row, 'a')}."


def _need(row: Mapping[Any, Any]) -> str:
    lift = share(row["worthwhile"], 0)
    more = row["needed"] - min(row["n_a"], row["n_b"]) if known(row["needed"]) else 0
    if more <= 0:
        return f"There were enough mails to see a lift of {lift}."
    return f"To see a lift of {lift} each arm needs {whole(row['needed'])}, {whole(more)} more than it had."


def _winner(row: Mapping[Any, Any], currency: str) -> str:
    sides = ("b", "a") if row["decision"] == "b" else ("a", "b")
    winner, loser = (_arm_name(row, side) for side in sides)
    low, high = sorted((abs(row["low"]), abs(row["high"])))
    rate = metrics.find(row["kpi"]).unit == "share"
    form = (lambda value: points(value).lstrip("+")) if rate else money(currency)
    unit = " points" if rate else ""
    text = f"{winner} is better than {loser} by {form(low)} to {form(high)}{unit} in “{_title(row['kpi'])}”."
    if not known(row["expect"]):
        return text
    if row["expect"] == 0:
        return f"{text} All tests together differ by no more than luck: expect little of it."
    digits = 1 if abs(row["difference"]) >= 0.01 else 2
    sign = (lambda value: points(value, digits)) if rate else form
    return f"{text} From now on expect {sign(row['expect'])}, not {sign(row['difference'])}{unit}: part of it was luck."


_WORDS = {
    "unknown": _unknown,
    "split broken": _broken,
    "too early": _early,
    "too few": _few,
    "go on": _on,
    "not decided": _open,
}
