"""Verdicts on openings and clicks: what each rule names, and that nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import small
from small import DAY, NOON, event

import kit
from kit import counts
from kit.questions.months import machine_rules
from kit.sources.text.addresses import contact_key
from kit.store import machine_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROOT = Path(__file__).parents[1]
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
"""As Gmail's proxy writes itself since 2013; it loads a picture when the person opens the mail."""


def read(folder: Path, events: Iterable[dict[str, Any]]) -> kit.store.Data:
    small.log(folder, events)
    return kit.open(folder)


def one(data: kit.store.Data) -> dict[str, Any]:
    """The message of person 1."""
    messages = data.table("messages")
    return messages[messages["contact_key"] == contact_key("p1@example.com")].iloc[0].to_dict()


def click(after: int, link: str, agent: str | None = CHROME, person: int = 1) -> dict[str, Any]:
    about = {} if agent is None else {"useragent": agent}
    return event("click", person, at=NOON + after, url=f"https://example.com/{link}", **about)


def opening(after: int, agent: str | None, person: int = 1, at: int = NOON, **more: Any) -> dict[str, Any]:
    about = {} if agent is None else {"useragent": agent}
    return event("open", person, at=at + after, **about, **more)


class TestOpenings:
    """Machine, suspect or person: the first rule that holds."""

    @pytest.mark.parametrize(
        ("after", "agent", "flag", "verdict", "rule"),
        [
            (60, "Mozilla/5.0", True, "machine", "platform"),
            (60, CHROME, True, "machine", "platform"),
            (60, "Mozilla/5.0", False, "person", None),
            (60, "Mozilla/5.0", None, "machine", "prefetching"),
            (3600, "Mozilla/5.0", None, "machine", "prefetching"),
            (3601, "Mozilla/5.0", None, "suspect", "late prefetching"),
            (60, CHROME, None, "person", None),
            (1, GMAIL, None, "person", None),
            (5, None, None, "suspect", "loaded at delivery"),
            (5, "Fetcher 2", None, "suspect", "loaded at delivery"),
            (6, "Fetcher 2", None, "person", None),
            (5, CHROME, None, "person", None),
        ],
    )
    def test_each_rule_names_what_it_says(
        self, tmp_path: Path, after: int, agent: str | None, flag: Any, verdict: str, rule: str | None
    ) -> None:
        told = {} if flag is None else {"sg_machine_open": flag}
        row = one(read(tmp_path, [event("delivered", 1), opening(after, agent, **told)]))
        assert row["opened"]
        got = "machine" if row["opened_machine"] else "suspect" if row["opened_suspect"] else "person"
        assert (got, None if pd.isna(row["opens_rule"]) else row["opens_rule"]) == (verdict, rule)

    def test_one_opening_by_a_person_is_enough(self, tmp_path: Path) -> None:
        events = [event("delivered", 1), opening(60, "Mozilla/5.0"), opening(9000, CHROME)]
        row = one(read(tmp_path, events))
        assert (row["opened_machine"], row["opened_suspect"], row["opens_rule"]) == (False, False, "prefetching")

    def test_a_log_without_programs_and_flags_tells_nothing(self, tmp_path: Path) -> None:
        row = one(read(tmp_path, [event("delivered", 1), opening(60, None)]))
        assert (row["opened"], row["opens_told"], row["client"]) == (True, False, "unknown")


class TestClicks:
    """Raw, strict and strictest."""

    @pytest.mark.parametrize(
        ("clicks", "stays", "rules"),
        [
            ([(640, "a"), (647, "b")], "strictest", ()),
            ([(40, "a"), (47, "b")], "strict", ("soon",)),
            ([(3, "a")], "raw", ("at delivery",)),
            ([(-2, "a")], "raw", ("at delivery",)),
            ([(6, "a")], "strict", ("soon",)),
            ([(600, "a")], "strict", ("soon",)),
            ([(601, "a")], "strictest", ()),
            ([(40, "a"), (41, "b"), (42, "c")], "raw", ("burst",)),
            ([(640, "a"), (641, "b"), (643, "c")], "strictest", ()),
            ([(640, "a"), (640, "a"), (640, "a"), (641, "b")], "strictest", ()),
            ([(40, "a"), (41, "b"), (42, "c"), (43, "d")], "raw", ("every link", "burst")),
            ([(1, "a"), (2, "b"), (3, "c"), (900, "a")], "strict", ("burst", "at delivery")),
        ],
    )
    def test_each_rule_names_what_it_says(
        self, tmp_path: Path, clicks: Sequence[tuple[int, str]], stays: str, rules: Sequence[str]
    ) -> None:
        # `stays`: up to which strength the person is a clicker.
        # Person 2 clicked four links, an hour apart: so many does the mail have. Person 1 opened it as well.
        others = [click(3600 * n, link, person=2) for n, link in enumerate("abcd", 1)]
        opened = [event("delivered", 1), event("delivered", 2), opening(30, CHROME)]
        data = read(tmp_path, [*opened, *others, *(click(*one) for one in clicks)])
        row = one(data)
        assert row["clicked"]
        kept = {"raw": (False, False), "strict": (True, False), "strictest": (True, True)}
        assert (row["clicked_human"], row["clicked_strictest"]) == kept[stays]
        named = () if pd.isna(row["clicks_rule"]) else tuple(row["clicks_rule"].split(", "))
        assert named == rules

    def test_a_scanner_is_known_by_its_name(self, tmp_path: Path) -> None:
        row = one(read(tmp_path, [event("delivered", 1), click(900, "a", "Barracuda Sentinel (EE)")]))
        assert (row["clicked"], row["clicked_human"], row["clicks_rule"]) == (True, False, "scanner")

    def test_who_clicks_soon_in_nearly_every_mail_is_a_gateway(self, tmp_path: Path) -> None:
        # Person 1: four mails, each clicked within minutes; person 2 the same and one left alone; person 3 got three.
        def mail(person: int, number: int, *, clicks: bool) -> list[dict[str, Any]]:
            at, name = NOON + number * DAY, f"c{number}"
            sent = event("delivered", person, campaign=name, at=at)
            about = {"useragent": f"{CHROME} {person}", "url": "https://example.com/a"}
            return [sent, event("click", person, campaign=name, at=at + 90, **about)] if clicks else [sent]

        events = [one for number in range(4) for one in mail(1, number, clicks=True)]
        events += [one for number in range(4) for one in mail(2, number, clicks=number < 3)]
        events += [one for number in range(3) for one in mail(3, number, clicks=True)]
        messages = read(tmp_path, events).table("messages").set_index("contact_key")
        rules = {
            person: messages.loc[contact_key(f"p{person}@example.com"), "clicks_rule"].dropna() for person in (1, 2, 3)
        }
        assert set(rules[1]) == {"every mail, soon"}
        assert set(rules[2]) == set(rules[3]) == {"soon"}
        assert not messages.loc[contact_key("p1@example.com"), "clicked_human"].any()
        assert not messages["clicked_strictest"].any()

    @pytest.mark.parametrize(
        ("people", "late", "rule"), [(7, 0, "gateway's browser, soon"), (4, 0, "soon"), (7, 2, "soon")]
    )
    def test_a_browser_that_clicks_soon_for_many_is_a_gateways(
        self, tmp_path: Path, people: int, late: int, rule: str
    ) -> None:
        # Each person got eight mails and clicks three of them, so that nobody clicks nearly every mail.
        events = []
        for person in range(people):
            for number in range(8):
                at, name = NOON + number * DAY, f"c{number}"
                events.append(event("delivered", person, campaign=name, at=at))
                if number < 5 - 2 * (people > 4):
                    after = 5000 if (person, number) < (0, late) else 30 + person
                    about = {"useragent": CHROME, "url": "https://example.com/a"}
                    events.append(event("click", person, campaign=name, at=at + after, **about))
        rules = read(tmp_path, events).table("messages")["clicks_rule"].dropna()
        assert set(rules) == {rule}


def test_a_gateway_is_named_and_its_person_stays_a_clicker(tmp_path: Path) -> None:
    """A gateway clicks every link within 5 s, a hidden one too; people click as people do (CHECKS, C2)."""
    small.settings(tmp_path, "[machines]", 'hidden_links = ["/pixel-link"]')
    links = ("a", "b", "c", "pixel-link")
    scan = [click(1 + n % 3, link, person=person) for person in (1, 2) for n, link in enumerate(links)]
    people = [click(40, "a", person=3), click(55, "b", person=3), click(4000, "a", "Mozilla/5.0 Firefox/1", person=2)]
    read_by = [opening(35, CHROME, person=person) for person in (2, 3)]
    events = [*(event("delivered", person) for person in (1, 2, 3)), *read_by, *scan, *people]
    data = read(tmp_path, events)
    assert len(data.table("events")) == len(events)  # nothing is deleted
    row = counts.messages(data, []).iloc[0]
    # The third person's clicks come within a minute: people's, unless one counts by the strictest reading.
    assert (row["clicked"], row["clicked_human"], row["clicked_strictest"]) == (3, 2, 1)
    assert row["clicks_total"] == len(scan) + len(people)
    first = one(data)["clicks_rule"].split(", ")
    assert first == ["every link", "burst", "at delivery"]
    named = machine_rules.count(data).set_index("rule")["messages"]
    assert named[["every link", "burst", "at delivery"]].to_list() == [2, 2, 2]
    hidden = machine_events.clicks(keyed(data), data.settings).to_pandas()
    assert len(hidden) == len(scan) + len(people)
    assert hidden[hidden["link_url"].str.endswith("pixel-link")]["machine_rule"].str.startswith("hidden link").all()
    assert hidden.loc[~hidden["is_machine"].astype("boolean").fillna(value=True), "machine_rule"].isna().all()


def keyed(data: kit.store.Data) -> Any:
    events = data.expression("events")
    return events.mutate(key=events.message_id, ref=events.source_campaign_id)


class TestClients:
    """A person's program, by the other mails."""

    def classes(self, folder: Path, fetched: Sequence[bool], gap: int = 7, *lines: str) -> list[str]:
        """The client at each of a person's mails, `gap` days apart; which of them a machine opened."""
        if lines:
            small.settings(folder, *lines)
        events = []
        for number, machine in enumerate(fetched):
            at = NOON + number * gap * DAY
            events.append(event("delivered", 1, campaign=f"c{number}", at=at))
            if machine:
                events.append(opening(60, "Mozilla/5.0", at=at, campaign=f"c{number}"))
        # Another person's opening shows that this log tells programs.
        events += [event("delivered", 2, campaign="c0"), opening(900, CHROME, person=2, campaign="c0")]
        messages = read(folder, events).table("messages")
        own = messages[messages["contact_key"] == contact_key("p1@example.com")]
        return own.sort_values("sent_at")["client"].to_list()

    def test_never_by_the_mail_itself(self, tmp_path: Path) -> None:
        got = self.classes(tmp_path, [True, False, False, False])
        assert got == ["trackable", "prefetching", "prefetching", "prefetching"]

    def test_trackable_only_from_three_other_mails_on(self, tmp_path: Path) -> None:
        assert self.classes(tmp_path, [False] * 3) == ["unknown"] * 3
        (tmp_path / "log.ndjson").unlink()
        assert self.classes(tmp_path, [False] * 4) == ["trackable"] * 4

    def test_the_window_is_a_setting(self, tmp_path: Path) -> None:
        # 100 days apart, a window of 180 days: one mail on each side.
        assert self.classes(tmp_path, [False] * 5, 100) == ["unknown"] * 5
        (tmp_path / "log.ndjson").unlink()
        lines = ("[clients]", "window_days = 400", "min_sends = 4")
        assert self.classes(tmp_path, [False] * 5, 100, *lines) == ["trackable"] * 5

    def test_a_prefetching_of_long_ago_no_longer_tells(self, tmp_path: Path) -> None:
        # Mails a month apart; the machine's is 210 days before the last.
        got = self.classes(tmp_path, [True] + [False] * 7, 30)
        assert got == ["trackable"] + ["prefetching"] * 6 + ["trackable"]


@pytest.fixture(scope="module")
def truth() -> dict[str, Any]:
    return json.loads((ROOT / "tests/truth.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def messages() -> pd.DataFrame:
    """The delivered messages of the sample's logs."""
    messages = kit.open(ROOT / "data/sample").table("messages")
    return messages[messages["delivered"]]


class TestSample:
    """The sample against what was planted in it."""

    def test_people_are_classified_as_planted(self, messages: pd.DataFrame, truth: dict[str, Any]) -> None:
        prefetching = messages["contact_key"].isin({contact_key(one) for one in truth["prefetching"]})
        told = messages["client"] != "unknown"
        assert ((messages["client"] == "prefetching") == prefetching)[told].all()
        assert told.mean() > 0.9

    def test_scanners_are_found_and_no_person_is_taken_for_one(
        self, messages: pd.DataFrame, truth: dict[str, Any]
    ) -> None:
        scanned, disguised = (
            messages["contact_key"].isin({contact_key(one) for one in truth[kind]}) for kind in ("scanned", "bots")
        )
        named = messages["clicks_rule"].notna() & (messages["clicks_rule"] != "soon")
        assert (named == scanned)[~disguised].all()
        doubted = messages[messages["clicks_rule"] == "soon"]
        assert len(doubted) > 0
        # A doubt takes nothing away (the one who did not click followed the link for leaving, soon after delivery).
        assert (doubted["clicked_human"] == doubted["clicked"]).all()
        identified = messages.assign(id=messages["campaign_id"].str.partition(":")[2])
        own, of_others = (rows.groupby("id")["clicked_human"].sum() for rows in (identified, identified[~disguised]))
        planted = {
            one["source_campaign_id"]: one["totals"]["clicked_human"]
            for one in (*truth["campaigns"], *truth["automations"])
            if one["platform"] == "sendgrid"
        }
        # A gateway that clicks as a person does passes for one; its person may have clicked as well.
        assert own.keys().equals(of_others.keys())
        assert own.keys().symmetric_difference(list(planted)).empty
        assert all(of_others[one] <= people <= own[one] for one, people in planted.items())
        assert of_others.sum() >= 0.97 * sum(planted.values())
