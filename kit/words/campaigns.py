"""Words of guide 1: months, campaigns beside each other, problems, subject lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from kit import kpi as registry
from kit import problems
from kit.words.form import known, month, points, share, span, whole, with_interval
from kit.words.shown import Column, Sentence, Table, listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kit.compare import Comparison, Pair
    from kit.months import Months
    from kit.problems import Findings

COUNTING = (
    "The brackets are 95 % intervals of counting error: how well the rate is known, not how much it usually moves."
)


def months_table(result: Months) -> Table:
    """The guide's month table: a row a month, a column a KPI, each with its interval and its n."""
    rates = result.rates
    kpis = list(dict.fromkeys(rates["kpi"]))
    shown = [key for key in kpis if rates.loc[rates["kpi"] == key, "value"].notna().any()]
    wide = pd.DataFrame({"month": list(dict.fromkeys(rates["month"]))})
    columns = [Column("month", "Month", month)]
    for per in dict.fromkeys(map(_per, shown)):
        key = next(name for name in shown if _per(name) == per)
        wide[per] = rates.loc[rates["kpi"] == key, "n"].to_numpy()
        columns.append(Column(per, f"Mails {per}", whole, unit="mails", number=True))
    for key in shown:
        own = rates[rates["kpi"] == key]
        for name in ("value", "low", "high"):
            wide[key if name == "value" else f"{key}_{name}"] = own[name].to_numpy()
        columns.append(
            Column(key, registry.find(key).title, _interval_of(key), unit="share", number=True, whole_row=True)
        )
    unknown = [registry.find(key).title for key in kpis if key not in shown]
    partly = [registry.find(key).title for key in shown if wide.loc[wide[_per(key)].notna(), key].isna().any()]
    notes = [COUNTING, *([f"Not known from these exports: {', '.join(unknown)}."] if unknown else [])]
    if partly:
        notes.append(
            f"“–” in {listed(partly)}: a campaign of the month does not tell it, or is too young for it to be known."
        )
    gaps = [month(name) for name in wide.loc[wide[columns[1].name].isna(), "month"]] if shown else []
    if gaps:
        notes.append(f"No mail, or not counted: {listed(gaps)}. That is a gap, not 0 %.")
    return Table("months", "KPIs by month of sending", wide, tuple(columns), tuple(notes), "No month has mail.")


def _per(key: str) -> str:
    """The count below the line."""
    return registry.find(key).per


def _interval_of(key: str) -> Any:
    return lambda row: with_interval(row[key], row[f"{key}_low"], row[f"{key}_high"])


def usual_table(result: Months) -> Table:
    """How much each KPI usually moves between months, and the change that could be seen."""
    frame = result.usual[result.usual["months"] > 0]
    columns = (
        Column("kpi", "KPI", lambda key: registry.find(key).title),
        Column("months", "Months", whole, number=True),
        Column("mean", "All months", share, unit="share", number=True),
        Column(
            "tau",
            "Usual variation (sd, points)",
            lambda value: points(value).lstrip("+"),
            unit="share",
            number=True,
        ),
        Column(
            "detectable",
            "Change that would be seen (points)",
            lambda value: points(value).lstrip("+"),
            unit="share",
            number=True,
        ),
    )
    notes = (
        "Usual variation: what remains between months after counting error. More mails do not make it smaller.",
        "A change of the last column's size would be seen four times in five.",
    )
    return Table("usual_variation", "How much months usually differ", frame, columns, notes)


def months(result: Months) -> Sentence:
    """Which month-to-month changes go beyond the usual."""
    moved = result.rates[result.rates["verdict"].isin(("up", "down"))].sort_values(["month", "kpi"])
    if result.changes == 0:
        many = result.usual["months"].max() if len(result.usual) else 0
        text = (
            f"No change is called one: {whole(many)} months are too few to tell what is usual; six are needed."
            if known(many) and many
            else "No month can be counted."
        )
        return Sentence("months_changes", text, {"months": many, "changes": 0})
    head = f"Of {whole(result.changes)} changes from one month to the next, "
    if moved.empty:
        return Sentence(
            "months_changes",
            head + "none goes beyond the usual variation between months.",
            {"changes": result.changes, "beyond": 0},
            headline=True,
            weight=40,
        )
    told = [
        f"{registry.find(row['kpi']).title.lower()} went {row['verdict']} by {points(abs(row['change'])).lstrip('+')} "
        f"points ({span(row['change_low'], row['change_high'])}) to {share(row['value'])} in {month(row['month'])}"
        for row in moved.sort_values("p").head(3).to_dict("records")
    ]
    are = "one goes" if len(moved) == 1 else f"{whole(len(moved))} go"
    text = head + f"{are} beyond the usual variation: " + "; ".join(told) + "."
    return Sentence("months_changes", text, {"changes": result.changes, "beyond": len(moved)}, headline=True, weight=70)


_VERDICTS = {
    "better": "better than usual",
    "worse": "worse than usual",
    "as usual": "as usual",
    "too few": "too few to judge",
    "too young": "too young to judge",
    "unknown": "not judged",
}


def comparison_table(result: Comparison) -> Table:
    """Campaigns with their rate, what the others let one expect, and the verdict."""
    frame = result.rates[result.rates["value"].notna()].sort_values("value", ascending=False, ignore_index=True)
    columns = (
        Column("campaign_name", "Campaign"),
        Column("sent_local", "Sent", lambda value: pd.Timestamp(value).strftime("%Y-%m-%d")),
        Column("n", result.kpi.per.capitalize(), whole, unit="mails", number=True),
        Column("value", result.kpi.title, _row_interval, unit="share", number=True, whole_row=True),
        Column("expected", "Expected", share, unit="share", number=True),
        Column("verdict", "Verdict", _VERDICTS.__getitem__),
    )
    left = len(result.rates) - len(frame)
    notes = [
        COUNTING,
        f"{whole(result.judged)} comparisons; the verdicts hold false ones to 5 % of those flagged.",
    ]
    if left:
        notes.append(f"{whole(left)} campaigns are left out: their {result.kpi.of} or {result.kpi.per} is not known.")
    return Table("campaigns", f"Campaigns by {result.kpi.title.lower()}", frame, columns, tuple(notes))


def _row_interval(row: dict[str, Any]) -> str:
    return with_interval(row["value"], row["low"], row["high"])


def comparison(result: Comparison) -> Sentence:
    """Whether campaigns differ, and which stand out."""
    verdicts = result.rates["verdict"]
    title = result.kpi.title.lower()
    numbers = {
        "kpi": result.kpi.key,
        "judged": result.judged,
        "better": int((verdicts == "better").sum()),
        "worse": int((verdicts == "worse").sum()),
        "tau": result.spread.tau,
        "mean": result.spread.mean,
    }
    if result.judged == 0:
        text = f"Fewer than four campaigns can be judged by “{title}”, so nothing can stand out from the others."
        return Sentence("comparison", text, numbers)
    usual = (
        f"Across {whole(result.judged)} campaigns “{title}” is {share(result.spread.mean)}; "
        f"beyond counting error they usually differ by {points(result.spread.tau).lstrip('+')} points (sd)."
    )
    named = [
        f"{listed([repr_name(name) for name in result.rates.loc[verdicts == side, 'campaign_name'].head(3)])} "
        f"{'does' if numbers[side] == 1 else 'do'} {side}"
        + (f" (and {numbers[side] - 3} more)" if numbers[side] > 3 else "")
        for side in ("better", "worse")
        if numbers[side]
    ]
    rest = f" Beyond that, {', and '.join(named)}." if named else " None stands out beyond that."
    return Sentence("comparison", usual + rest, numbers, headline=True, weight=60 if named else 30)


def repr_name(name: Any) -> str:
    """A campaign's name in typographic quotes."""
    return f"“{name}”" if isinstance(name, str) else "a campaign without a name"


def compared(result: Pair | None) -> Sentence:
    """Two campaigns against each other."""
    if result is None:
        return Sentence("pair", "There are not two campaigns that are old enough and whose rate is known.")
    d, title = result.difference, result.kpi.title
    counts = (
        f"{repr_name(result.name_a)} {whole(result.count_a)} of {whole(result.n_a)}, "
        f"{repr_name(result.name_b)} {whole(result.count_b)} of {whole(result.n_b)}"
    )
    numbers = {
        "difference": d.value,
        "low": d.low,
        "high": d.high,
        "p": d.p,
        "test": d.test,
        "same_age": result.same_age,
    }
    if not known(d.p):
        return Sentence("pair", f"{title}: {counts}. A difference cannot be estimated.", numbers)
    side = "not decided" if d.p >= problems.ALPHA else "higher" if d.value > 0 else "lower"
    verdict = "which is higher is not decided" if side == "not decided" else f"the second is {side}"
    age = "" if result.same_age else " One of them is too young: its numbers still grow."
    text = (
        f"{title}: {counts}. The difference is {points(d.value)} points ({span(d.low, d.high)}): "
        f"{verdict}.{age} "
        "They went out at different times, so the difference is theirs, not only the subject's or the offer's."
    )
    return Sentence("pair", text, numbers)


_SYMPTOMS = {symptom.key: symptom for symptom in problems.SYMPTOMS}


def finding_table(result: Findings) -> Table:
    """The findings: where, how large, how many mails, by which rule, and what to try."""
    frame = result.found.assign(
        cause=result.found["symptom"].map({key: symptom.cause for key, symptom in _SYMPTOMS.items()}),
        next_step=result.found["symptom"].map({key: symptom.next_step for key, symptom in _SYMPTOMS.items()}),
    )
    columns = (
        Column("name", "Where"),
        Column("symptom", "What is seen", lambda key: _SYMPTOMS[key].sign),
        Column("value", "Rate", share, unit="share", number=True),
        Column("expected", "Expected", share, unit="share", number=True),
        Column("size", "Beyond it (points)", _size, unit="share", number=True, whole_row=True),
        Column("mails", "Mails", whole, unit="mails", number=True),
        Column("cause", "Likely cause"),
        Column("next_step", "What to try"),
    )
    notes = (
        f"{whole(result.checked)} groups were checked; false ones are held to 5 % of those named.",
        "Expected: what the other groups let one expect.",
        "The brackets hold counting error and the usual variation together.",
        "A cause is likely, not proven: the next mail can tell.",
    )
    return Table("problems", "Problem areas", frame, columns, notes, "no group lies beyond the usual variation.")


def _size(row: dict[str, Any]) -> str:
    return f"{points(row['size'])} ({span(row['low'], row['high'])})"


def skipped_rules(result: Findings) -> Table:
    """The rules that could not be applied, and why."""
    columns = (
        Column("symptom", "Rule", lambda key: f"{_SYMPTOMS[key].sign}, by {_SYMPTOMS[key].unit}"),
        Column("reason", "Why it could not be applied"),
    )
    return Table(
        "rules_skipped",
        "Rules that could not be applied",
        result.skipped,
        columns,
        empty="every rule was applied.",
    )


def findings(result: Findings) -> Sentence:
    """The worst problem, in one sentence."""
    numbers: dict[str, Any] = {"checked": result.checked, "found": len(result.found)}
    if result.checked == 0:
        return Sentence("problems_found", "There is too little mail to look for problems.", numbers)
    if result.found.empty:
        text = f"No problem area: none of {whole(result.checked)} groups lies beyond the usual variation."
        return Sentence("problems_found", text, numbers, headline=True, weight=50)
    told = [
        f"{repr_name(row['name'])}: {_SYMPTOMS[row['symptom']].sign} ({share(row['value'])} instead of "
        f"{share(row['expected'])}, {whole(row['mails'])} mails)"
        for row in result.found.head(4).to_dict("records")
    ]
    many = "One problem area" if len(result.found) == 1 else f"{whole(len(result.found))} problem areas"
    text = f"{many} among {whole(result.checked)} groups checked: {'; '.join(told)}."
    return Sentence("problems_found", text, numbers, headline=True, weight=90)


_DECISIONS = {
    "a": "the first is better",
    "b": "the second is better",
    "not decided": "not decided",
    "split broken": "split is broken: not read",
    "unknown": "cannot be estimated",
}


def test_table(verdicts: pd.DataFrame) -> Table:
    """Each subject-line test with its arms, difference, lift and verdict."""
    columns = (
        Column("campaign_name", "Test"),
        Column("a", "Arms", lambda row: f"{row['a']} – {row['b']}", whole_row=True),
        Column(
            "sent_a",
            "Sent",
            lambda row: f"{whole(row['sent_a'])} – {whole(row['sent_b'])}",
            unit="mails",
            number=True,
            whole_row=True,
        ),
        Column("value_a", "First", _arm("a"), unit="share", number=True, whole_row=True),
        Column("value_b", "Second", _arm("b"), unit="share", number=True, whole_row=True),
        Column("difference", "Difference (points)", _difference, unit="share", number=True, whole_row=True),
        Column("decision", "Verdict", _DECISIONS.__getitem__),
    )
    notes = (
        "Difference: second minus first, with its 95 % interval (Newcombe).",
        "A verdict is given only where the interval leaves zero out.",
        "A split less likely than 1 in 1,000 under the plan is broken: who got which was not drawn at random.",
    )
    title = "Subject-line tests"
    if len(verdicts):
        title += f", decided by “{registry.find(verdicts['kpi'].iloc[0]).title.lower()}”"
    return Table("tests", title, verdicts, columns, notes, "no campaign has two variants.")


def _arm(side: str) -> Any:
    return lambda row: with_interval(row[f"value_{side}"], row[f"low_{side}"], row[f"high_{side}"])


def _difference(row: dict[str, Any]) -> str:
    if row["decision"] == "split broken" or not known(row["difference"]):
        return "–"
    return f"{points(row['difference'])} ({span(row['low'], row['high'])})"


def tests(verdicts: pd.DataFrame) -> Sentence:
    """What the tests decided, a manager's words."""
    numbers: dict[str, Any] = {"tests": len(verdicts)} | {
        name: int((verdicts["decision"] == name).sum()) for name in _DECISIONS
    }
    if verdicts.empty:
        return Sentence("tests_verdict", "There is no test: no campaign went out in two variants.", numbers)
    told = [_test_words(row) for row in verdicts.to_dict("records")]
    decided = [
        words for words, row in zip(told, verdicts.to_dict("records"), strict=True) if row["decision"] in ("a", "b")
    ]
    if len(verdicts) == 1:
        text = told[0]
    else:
        open_tests, broken = numbers["not decided"], numbers["split broken"]
        text = f"Of {whole(len(verdicts))} tests, {whole(len(decided))} {'is' if len(decided) == 1 else 'are'} decided"
        text += f", {whole(open_tests)} not" if open_tests else ""
        text += f", {whole(broken)} {'has' if broken == 1 else 'have'} a broken split" if broken else ""
        text += ". " + " ".join(decided[:3])
    return Sentence("tests_verdict", text.strip(), numbers, headline=True, weight=80 if decided else 55)


def test_sentences(verdicts: pd.DataFrame) -> Table:
    """Each test's verdict in words."""
    frame = verdicts[["campaign_name", "decision", "needed"]].assign(
        words=[_test_words(row) for row in verdicts.to_dict("records")]
    )
    columns = (Column("words", "What the tests say"),)
    return Table("test_words", "In words", frame, columns, empty="no campaign has two variants.")


def _test_words(row: Mapping[Any, Any]) -> str:
    name, title = repr_name(row["campaign_name"]), registry.find(row["kpi"]).title.lower()
    arms = {"a": row["a"], "b": row["b"]}
    decision = row["decision"]
    if decision == "unknown":
        return f"{name}: cannot be estimated, a count is missing or nobody is in an arm."
    if decision == "split broken":
        return (
            f"{name}: the split is broken ({whole(row['sent_a'])} against {whole(row['sent_b'])} sent), "
            "so the two groups are not alike and the test is not read."
        )
    if decision == "not decided":
        most = min(row["n_a"], row["n_b"])
        more = row["needed"] - most if known(row["needed"]) else float("nan")
        need = (
            f"To see a lift of a tenth each arm needs {whole(row['needed'])}, {whole(more)} more than it had."
            if known(more) and more > 0
            else "There were enough mails to see a lift of a tenth."
        )
        apart = f"{arms['b']} is {span(row['low'], row['high'])} points from {arms['a']}"
        return f"{name}: not decided in “{title}”; {apart}. {need}"
    winner, loser = (arms["b"], arms["a"]) if decision == "b" else (arms["a"], arms["b"])
    low, high = sorted((abs(row["low"]), abs(row["high"])))
    by = f"{points(low).lstrip('+')} to {points(high).lstrip('+')} points"
    return f"{name}: {winner} is better than {loser} by {by} in “{title}”."
