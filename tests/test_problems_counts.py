"""What the problem finder counts: history beside the question, hours, pace, answers of servers, mail never sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import small
from small import DAY, NOON

import kit
from kit.questions.find_problems import bounce_reasons, findings, frequency, groups, refused, rules

if TYPE_CHECKING:
    from pathlib import Path

HOUR = 3_600


def sent(person: int, campaign: str = "c1", at: int = NOON) -> list[dict[str, object]]:
    return [small.event("delivered", person, campaign=campaign, at=at)]


class TestGroups:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        rows = [
            {"Title": name, "Unique Id": f"00000000{number}a", "Send Date": when, "Audience": listed}
            for number, (name, when, listed) in enumerate(
                [
                    ("one", "Jan 05, 2026 12:00 pm", "A"),
                    ("two", "Feb 05, 2026 12:00 pm", "A"),
                    ("three", "Feb 12, 2026 9:00 am", "B"),
                ]
            )
        ]
        small.mailchimp(tmp_path, rows)
        return tmp_path

    def test_without_a_period_everything_is_asked_for(self, folder: Path) -> None:
        got = groups.groups(kit.open(folder), ["list_name"])
        assert got[["list_name", "sent", "asked"]].to_numpy().tolist() == [["A", 200, True], ["B", 100, True]]

    def test_a_period_marks_its_own_mail_and_leaves_the_rest_as_a_yardstick(self, folder: Path) -> None:
        got = groups.groups(kit.open(folder, "2026-02"), ["list_name"])
        assert got[["list_name", "sent", "asked"]].to_numpy().tolist() == [
            ["A", 100, False],
            ["A", 100, True],
            ["B", 100, True],
        ]

    def test_a_count_that_one_month_lacks_stays_unknown(self, folder: Path) -> None:
        got = groups.groups(kit.open(folder, "2026-02"), ["list_name"])
        assert got["opened_machine"].isna().all()

    def test_the_hour_of_an_export_is_its_campaigns(self, folder: Path) -> None:
        small.settings(folder, 'time_zone = "Europe/Berlin"')
        got = groups.hours(kit.open(folder))
        assert got.groupby("part")["sent"].sum().to_dict() == {
            "12 to 15 h": 200,
            "9 to 12 h": 100,
        }

    def test_without_a_time_zone_no_hour_is_known(self, folder: Path) -> None:
        assert groups.hours(kit.open(folder)).empty

    def test_every_unit_has_its_counts_and_the_rules_run_on_them(self, folder: Path) -> None:
        told = groups.by_unit(kit.open(folder))
        assert set(rules.UNITS) < set(told)
        result = findings.judge(told)
        assert result.areas.empty
        assert len(result.skipped) > 10


class TestLog:
    def test_the_hour_of_a_log_is_that_of_each_mail(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "Europe/Moscow"')  # noon in UTC is 15 h there
        small.log(tmp_path, [*sent(1), *sent(2), *sent(3, at=NOON - 6 * HOUR)])
        got = groups.hours(kit.open(tmp_path)).groupby("part")["delivered"].sum()
        assert got.to_dict() == {"15 to 18 h": 2, "9 to 12 h": 1}

    def test_mails_are_counted_before_a_mail_and_not_by_the_calendar(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "UTC"')
        events = [one for n in range(4) for one in sent(1, f"c{n}", NOON + 3 * n * DAY)]
        events += [*sent(2, "c3", NOON + 9 * DAY), small.event("unsubscribe", 1, campaign="c3", at=NOON + 10 * DAY)]
        small.log(tmp_path, events)
        got = frequency.pressure(kit.open(tmp_path))
        week = got[got["days"] == 7].set_index("level")
        # person 1 on days 0, 3, 6 and 9: one, two, three, three in seven days; person 2 one
        assert week["mails"].to_dict() == {"1": 2, "2": 1, "3 or more": 2}
        assert week["unsubscribed"].to_dict() == {"1": 0, "2": 0, "3 or more": 1}
        month = got[got["days"] == 28].set_index("level")
        assert month[["mails", "people", "received"]].to_numpy().tolist() == [[3, 2, 4], [2, 1, 7]]

    def test_the_servers_answers_are_told_without_addresses(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "UTC"')
        reasons = ["550 5.1.1 <p1@example.com> unknown", "550 5.1.1 <p2@example.com> unknown", "554 blocked"]
        events = [small.event("bounce", n + 1, type="bounce", reason=told) for n, told in enumerate(reasons)]
        small.log(tmp_path, events)
        got = refused.server_answers(kit.open(tmp_path))
        assert got[["domain", "answer", "mails"]].to_numpy().tolist() == [
            ["example.com", "550 5.1.1 <•••@example.com> unknown", 2],
            ["example.com", "554 blocked", 1],
        ]

    def test_bounces_are_told_by_domain_and_reason(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "UTC"')
        told = [
            ("bounce", "5.1.1", "550 5.1.1 <p1@example.com> unknown"),
            ("bounce", "5.1.1", "550 5.1.1 <p2@example.com> unknown"),
            ("blocked", "5.7.1", "554 5.7.1 taken for spam, call +49 30 1234567890"),
            ("bounce", "4.2.2", "452 4.2.2 over quota"),
            ("bounce", "4.3.2", "451 4.3.2 Please try again later"),
            ("bounce", "5.0.0", ""),
        ]
        events = [
            small.event("bounce", n + 1, type=kind, status=status, reason=text)
            for n, (kind, status, text) in enumerate(told)
        ]
        small.log(tmp_path, [*events, *(one for n in range(7, 21) for one in sent(n))])
        got = bounce_reasons.count(kit.open(tmp_path))
        rows = got.reasons.set_index("reason")
        assert rows[["mails", "sent", "hard", "soft"]].to_numpy().tolist()[0] == [2, 20, 2, 0]
        assert {name: tuple(rows.loc[name, ["mails", "hard", "soft"]]) for name in rows.index} == {
            "unknown address": (2, 2, 0), "blocked": (1, 0, 1), "full": (1, 0, 1), "temporary": (1, 0, 1),
            "not told": (1, 1, 0),
        }  # fmt: skip
        assert rows.loc["unknown address", "value"] == pytest.approx(0.1)
        assert rows.loc["unknown address", "answer"] == "550 5.1.1 <•••@example.com> unknown"
        assert rows.loc["blocked", "answer"] == "554 5.7.1 taken for spam, call •••"
        assert got.summary().text.startswith(
            "6 messages bounced. Most frequent: example.com: unknown address, 2 of 20 messages (10.0%)"
        )
        assert len(got.table().cells()) == 5

    def test_what_the_platform_held_back_is_counted_by_its_reason(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "UTC"')
        events = [small.event("dropped", n, reason="Bounced Address") for n in (1, 2)]
        small.log(tmp_path, [*events, small.event("dropped", 3, reason="Unsubscribed Address"), *sent(4)])
        got = refused.never_sent(kit.open(tmp_path))
        assert got.reasons["mails"].tolist() == [2, 1]
        assert got.reasons["people"].tolist() == [2, 1]
        assert len(got.table().cells()) == 2

    def test_a_period_narrows_what_is_told(self, tmp_path: Path) -> None:
        small.settings(tmp_path, 'time_zone = "UTC"')
        events = [small.event("dropped", 1, reason="Bounced Address"), *sent(4), *sent(5, "c2", NOON + 60 * DAY)]
        small.log(tmp_path, [*events, small.event("unsubscribe", 4, at=NOON + HOUR)])
        late = kit.open(tmp_path, "2026-03")
        assert refused.not_sent(late).empty
        assert frequency.pressure(late).groupby("days")["mails"].sum().to_dict() == {7: 1, 28: 1}

    def test_without_a_log_there_is_nothing_to_tell(self, tmp_path: Path) -> None:
        small.mailchimp(tmp_path, [{}])
        data = kit.open(tmp_path)
        assert refused.server_answers(data).empty
        assert refused.not_sent(data).empty
        assert bounce_reasons.count(data).summary().text == (
            "We cannot see why e-mails bounced: no event log contains bounces."
        )
        assert bounce_reasons.count(data).table().cells() == []
        assert frequency.pressure(data).empty


def test_a_campaign_that_is_too_young_is_left_out_and_said(tmp_path: Path) -> None:
    small.settings(tmp_path, "as_of = 2026-03-10T12:00:00")
    dates = [f"Mar 0{day}, 2026 12:00 pm" for day in range(1, 10)]
    rows = [{"Title": f"mail {n}", "Unique Id": f"00000000{n}a", "Send Date": when} for n, when in enumerate(dates)]
    small.mailchimp(tmp_path, rows)
    told = groups.by_unit(kit.open(tmp_path))
    assert sorted(told["immature"]["campaign_name"]) == ["mail 7", "mail 8"]  # three days are the rule
    assert len(told["campaign"]) == 7
    assert "2 campaigns are too recent to judge and are left out." in findings.judge(told).table().notes


def test_a_campaign_that_is_too_young_and_of_another_month_is_not_said(tmp_path: Path) -> None:
    small.settings(tmp_path, "as_of = 2026-03-10T12:00:00")
    rows = [{"Title": "old"}, {"Title": "new", "Unique Id": "00000000ab", "Send Date": "Mar 09, 2026 12:00 pm"}]
    small.mailchimp(tmp_path, rows)
    assert findings.find(kit.open(tmp_path, "2026-03")).immature == 1
    assert findings.find(kit.open(tmp_path, "2026-01")).immature == 0
