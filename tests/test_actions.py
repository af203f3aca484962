"""A log of actions: read with its errors, marked in the months, and asked about without a word of causes."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import small

import kit
from kit import counts, sources
from kit.questions.months import actions, rates
from kit.settings import Settings
from tests import exports
from tests.pages import SAMPLE

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = pd.Timestamp("2026-12-31 23:59")
DAY = pd.Timestamp("2026-06-03")
CAUSAL = re.compile(r"because|caused|thanks to|led to|due to|effect of", re.IGNORECASE)


def log(*days: str) -> pd.DataFrame:
    names = [f"Change {number}" for number in range(1, len(days) + 1)]
    numbers = range(1, len(days) + 1)
    return actions.windows(pd.DataFrame({"number": numbers, "day": pd.to_datetime(list(days)), "what": names}))


def campaigns(rng: np.random.Generator, *, shift: float = 0.0, each: int = 7, to: str = "2026-11-30") -> pd.DataFrame:
    """A campaign every `each` days of a year, whose true rates vary by 3 points around a quarter, with those since."""
    sent = pd.date_range("2026-01-05", to, freq=f"{each}D")
    true = rng.normal(0.25 + shift * (sent >= DAY), 0.03)
    n = rng.integers(500, 3000, len(sent))
    numerator = rng.binomial(n, true)
    return pd.DataFrame({"sent_local": sent, "numerator": numerator, "n": n, "value": numerator / n}).astype(
        {"numerator": float, "n": float}
    )


def service(values: list[float], first: str = "2026-01", kpi: str = "response_time") -> pd.DataFrame:
    """Months of the service, each known to a twentieth."""
    names = pd.period_range(first, periods=len(values), freq="M").strftime("%Y-%m")
    scaled = np.log(values) if kpi == "response_time" else np.array(values)
    return pd.DataFrame({"month": names, "kpi": kpi, "n": 50, "value": values, "scaled": scaled, "se": 0.05})


# Reading


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("actions.csv", "Date,What was changed\n2026-06-03,Subject lines\n"),
        ("our_changes_2026.csv", "day;change\n2026-06-03;Subject lines\n"),
        ("Журнал изменений.csv", "Дата;Что изменили;Кто\n03.06.2026;Subject lines;Анна\n"),
        ("sub/Действия.csv", "Когда;Действие\n2026-06-03 09:00;Subject lines\n"),
    ],
)
def test_a_log_is_read_under_its_names(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    loaded = sources.read(exports.write(tmp_path, name, text), Settings(values={}))
    assert [(file.preset, file.status, file.rows_kept) for file in loaded.files] == [("actions", "read", 1)]
    row = loaded.tables["actions"].iloc[0]
    assert (str(row["day"])[:10], row["what"]) == ("2026-06-03", "Subject lines")


@pytest.mark.parametrize("name", ["transactions.csv", "interactions.csv", "stock.csv", "actions/prices.csv"])
def test_files_that_are_called_otherwise_are_no_log(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    loaded = sources.read(exports.write(tmp_path, name, "Date,Description\n2026-06-03,Coffee\n"), Settings(values={}))
    assert [file.status for file in loaded.files] == ["unrecognised"]


def test_conversions_are_no_log_whatever_their_name(tmp_path: Path) -> None:
    text = "Date,Action,Email\n2026-06-03,appointment,a@example.com\n"
    loaded = sources.read(exports.write(tmp_path, "actions.csv", text), Settings(values={}))
    assert [file.preset for file in loaded.files] == ["conversions"]


def test_an_entry_that_cannot_be_read_is_named_with_its_row(tmp_path: Path) -> None:
    text = "Date,What was changed\n2026-06-03,Subject lines\n2026-13-40,Templates\n2026-07-01,\n"
    (file,) = sources.read(exports.write(tmp_path, "actions.csv", text), Settings(values={})).files
    assert (file.rows_read, file.rows_kept) == (3, 1)
    assert [str(rejection) for rejection in file.rejections] == [
        "actions.csv, line 3, column 'Date': '2026-13-40' is not a time. Write it as 2026-11-03 09:15.",
        "actions.csv, line 4, column 'What was changed': it is empty, but every row needs it. Fill it in.",
    ]


# Judging


def test_no_change_is_seldom_decided_and_a_large_one_is_found(rng: np.random.Generator) -> None:
    def once(shift: float) -> bool:
        units = {"open_rate": campaigns(rng, shift=shift)}
        return actions.judge(log("2026-06-03"), units, as_of=AS_OF).changes["verdict"].iloc[0] in actions.DECIDED

    assert sum(once(0.0) for _ in range(100)) <= 11  # 5 % of 100 and three Monte Carlo errors
    assert sum(once(0.04) for _ in range(40)) >= 36


def test_mails_alone_would_decide_what_campaigns_do_not(rng: np.random.Generator) -> None:
    """Two large campaigns that differ are a difference of mails, and none of campaigns."""
    units = campaigns(rng).assign(n=1e6)
    units["numerator"] = (units["value"] * units["n"]).round()
    row = actions.judge(log("2026-06-03"), {"open_rate": units}, as_of=AS_OF).changes.iloc[0]
    assert row["high"] - row["low"] > 0.01
    assert (row["n_before"], row["n_since"]) == (22, 26)


def test_what_is_decided_is_said_with_interval_n_and_no_cause(rng: np.random.Generator) -> None:
    units = {"open_rate": campaigns(rng, shift=0.08), "response_time": service([600] * 5 + [590, 210] + [200] * 5)}
    found = actions.judge(log("2026-06-03"), units, as_of=AS_OF)
    rows = found.changes.set_index("kpi")
    assert rows["verdict"].to_dict() == {"open_rate": "higher", "response_time": "lower"}
    assert rows.loc["response_time", "effect"] == pytest.approx(-2 / 3, abs=0.02)
    assert rows.loc["response_time", ["n_before", "n_since"]].tolist() == [5, 5]  # June is cut, and December not near
    text = found.summary().text
    assert text.startswith("“Change 1” on 2026-06-03: open rate (raw) +")
    assert re.search(r" points \(\+\d\.\d to \+\d+\.\d\): higher since then\. ", text)
    assert text.endswith("This does not show the cause: other things changed as well.")
    assert not CAUSAL.search(f"{text} {found.table().text()}")
    assert "figures return to the usual by themselves" in found.table().text()


def test_what_is_not_decided_says_so_with_its_interval(rng: np.random.Generator) -> None:
    units = {"open_rate": campaigns(rng)[lambda frame: frame["sent_local"] < "2026-07-10"]}
    found = actions.judge(log("2026-06-03"), units, as_of=pd.Timestamp("2026-07-09 23:59"))
    expected = (
        r"“Change 1” on 2026-06-03: open rate \(raw\) [+−]\d\.\d+ points \(−\d+\.\d to \+\d+\.\d\): not decided yet\."
    )
    assert re.fullmatch(expected, found.summary().text)
    assert not found.summary().headline
    later = actions.judge(log("2026-06-03"), units, as_of=AS_OF)
    assert later.changes["verdict"].tolist() == ["undecided"]  # half a year later it is not open any more


def test_too_little_since_is_too_recent_and_too_little_before_is_too_few(rng: np.random.Generator) -> None:
    units = {"open_rate": campaigns(rng), "response_time": service([600] * 11)}
    found = actions.judge(log("2026-01-12", "2026-11-20", "2027-02-01"), units, as_of=pd.Timestamp("2026-11-30 23:59"))
    verdicts = found.changes.groupby("number")["verdict"].agg(list).to_dict()
    assert verdicts == {1: ["too few", "too few"], 2: ["too recent"] * 2, 3: ["too recent"] * 2}
    assert found.summary().text == "Nothing that was changed can be judged yet: too little came before or since."


def test_several_actions_are_adjusted_and_those_near_one_another_named(rng: np.random.Generator) -> None:
    units = {"open_rate": campaigns(rng, shift=0.02)}
    alone = actions.judge(log("2026-06-03"), units, as_of=AS_OF).changes["p"].iloc[0]
    found = actions.judge(log("2026-06-03", "2026-06-10", "2026-11-20"), units, as_of=AS_OF)
    assert found.changes["p"].iloc[0] > alone
    assert "so that they cannot be separated: 1 and 2." in found.table().text()


def test_a_side_ends_where_another_action_begins(rng: np.random.Generator) -> None:
    """What changed in June is no change of September, whose months before would else be those of spring."""
    units = {"open_rate": campaigns(rng, shift=0.1), "response_time": service([600] * 5 + [200] * 6)}
    found = actions.judge(log("2026-06-01", "2026-06-20", "2026-09-01"), units, as_of=AS_OF).changes
    rows = found.set_index(["number", "kpi"])
    assert rows["verdict"].unstack()["response_time"].tolist() == ["lower", "lower", "not decided"]
    assert rows.loc[(3, "response_time"), ["n_before", "n_since"]].tolist() == [2, 3]  # July and August
    assert rows.loc[(3, "open_rate"), "n_before"] == 11


def test_raw_rates_speak_where_people_are_not_known_on_both_sides(rng: np.random.Generator) -> None:
    raw = campaigns(rng)
    people = raw[raw["sent_local"] >= "2026-06-01"]
    found = actions.judge(log("2026-06-03"), {"open_rate_human": people, "open_rate": raw}, as_of=AS_OF)
    assert found.changes["kpi"].tolist() == ["open_rate"]
    found = actions.judge(log("2026-06-03"), {"open_rate_human": raw, "open_rate": raw}, as_of=AS_OF)
    assert found.changes["kpi"].tolist() == ["open_rate_human"]


def test_sides_that_different_sources_counted_are_not_compared(rng: np.random.Generator) -> None:
    raw = campaigns(rng)
    found = actions.judge(log("2026-06-03"), {"open_rate": raw.assign(is_logged=raw["sent_local"] >= DAY)}, as_of=AS_OF)
    assert found.changes["verdict"].tolist() == ["other source"]
    assert "counted differently" in found.table().text()
    assert found.summary().numbers["judged"] == 0
    mixed = raw.assign(is_logged=raw["sent_local"] >= DAY - pd.DateOffset(months=2))  # both sides hold the log's
    row = actions.judge(log("2026-06-03"), {"open_rate": mixed}, as_of=AS_OF).changes.iloc[0]
    assert (row["n_before"], row["n_since"]) == (9, 26)
    assert row["verdict"] in {"undecided", "higher", "lower"}


def test_actions_that_cannot_be_separated_are_said_together(rng: np.random.Generator) -> None:
    units = {"open_rate": campaigns(rng, shift=0.1)}
    text = actions.judge(log("2026-06-03", "2026-06-10", "2026-11-20"), units, as_of=AS_OF).summary().text
    assert text.startswith("“Change 1” on 2026-06-03, “Change 2” on 2026-06-10: open rate (raw) +")
    assert text.count("open rate") == 1


# The page


def test_the_samples_clicks_of_exports_and_of_its_log_are_not_compared(tmp_path: Path) -> None:
    """Until February exports tell the clicks, from March on the log."""
    folder = tmp_path / "sample"
    shutil.copytree(SAMPLE, folder)
    small.table(folder, "actions.csv", ["Date", "What was changed"], [["2026-03-01", "A"], ["2026-03-01", "A"]])
    data = kit.open(folder)
    assert [one.rows_repeated for one in data.files if one.file == "actions.csv"] == [1]
    rows = actions.compare(data, kpis="click_rate").changes.set_index("kpi")
    assert rows.loc["click_rate", "verdict"] == "other source"
    assert rows["number"].tolist() == [1] * len(rows)


@pytest.fixture
def shop(tmp_path: Path, rng: np.random.Generator) -> Path:
    rows = [
        [f"Letter {row.Index}", f"{row.sent_local:%Y-%m-%d}", int(row.n), int(row.n), int(row.numerator)]
        for row in campaigns(rng, shift=0.1).itertuples()
    ]
    small.table(tmp_path, "campaigns.csv", ["Campaign", "Date", "Sent", "Delivered", "Opened"], rows)
    changed = [["2026-09-15", "Fewer mails"], ["2026-06-03", "Subject lines"]]
    small.table(tmp_path, "actions.csv", ["Date", "What was changed"], changed)
    (tmp_path / "kit.toml").write_text('time_zone = "Europe/Berlin"\n', encoding="utf-8")
    return tmp_path


def test_actions_are_numbered_marked_and_asked_about(shop: Path) -> None:
    data = kit.open(shop)
    assert counts.action_log(data)["what"].tolist() == ["Subject lines", "Fewer mails"]
    picture = rates.by_month(data, kpis="open_rate").plot()
    assert picture.alt.endswith("Marked with numbers, the days of what was changed: 1 (2026-06-03), 2 (2026-09-15).")
    found = actions.compare(data, kpis="open_rate")
    assert found.changes["verdict"].tolist() == ["higher", "not decided"]
    assert found.summary().headline
    assert actions.compare(data).changes["kpi"].drop_duplicates().tolist()[0] == "open_rate"


def test_a_period_takes_its_actions_and_nothing_that_came_later(shop: Path) -> None:
    data = kit.open(shop, period="2026-01..2026-08")
    found = actions.compare(data, kpis="open_rate")
    assert found.changes["number"].tolist() == [1]
    assert found.changes["n_since"].tolist() == [13]
    assert actions.compare(kit.open(shop, period="2026-01..2026-05")).log.empty


def test_without_a_log_it_says_how_to_have_one(shop: Path) -> None:
    (shop / "actions.csv").unlink()
    data = kit.open(shop)
    found = actions.compare(data)
    assert "Put a file actions.csv" in found.summary().text
    assert found.table().text().startswith("What was changed\nthere is no log of actions")
    assert "Marked" not in rates.by_month(data).plot().alt
