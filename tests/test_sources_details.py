"""Tables that say more of the events of another table (HubSpot's warehouse): joined by the event's id, or named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kit import sources
from kit.settings import Settings
from tests import exports

if TYPE_CHECKING:
    from pathlib import Path

BARE = Settings()


HUBSPOT = """\
id,_fivetran_synced,app_id,created,email_campaign_id,sent_by_id,type,filtered_event,recipient
e1,,1,2026-01-01 10:00:00,7,s1,SENT,,anna@example.com
e2,,1,2026-01-01 10:00:01,7,s1,DELIVERED,,anna@example.com
e3,,1,2026-01-01 11:00:00,7,s1,CLICK,false,anna@example.com
e4,,1,2026-01-01 11:00:05,7,s1,STATUSCHANGE,,anna@example.com
e5,,1,2026-01-01 10:00:00,7,s2,SENT,,boris@example.com
e6,,1,2026-01-01 10:00:02,7,s2,BOUNCE,,boris@example.com
e7,,1,2026-01-01 10:00:00,7,s3,DROPPED,,carl@example.com
"""
DETAILS = {
    "email_event_click": "id,_fivetran_synced,referer,browser,location,ip_address,url,user_agent\n"
    "e3,,,,,,https://shop.example.com/,Firefox\nzz,,,,,,https://shop.example.com/,Firefox\n",
    "email_event_bounce": "id,_fivetran_synced,category,status,response\ne6,,UNKNOWN_USER,550,no such user\n",
    "email_event_dropped": "id,_fivetran_synced,drop_reason,bcc,cc,drop_message,from,reply_to,subject\n"
    "e7,,PREVIOUSLY_BOUNCED,,,,,,\n",
    "email_event_status_change": "id,_fivetran_synced,bounced,portal_subscription_status,requested_by,source,"
    "subscriptions\ne4,,,UNSUBSCRIBED,,SOURCE_RECIPIENT,[]\n",
}


def test_what_hubspot_tells_of_a_kind_of_event_elsewhere_is_joined_by_its_id(tmp_path: Path) -> None:
    exports.write(tmp_path, "email_event.csv", HUBSPOT)
    for name, text in DETAILS.items():
        exports.write(tmp_path, f"{name}.csv", text)
    loaded = sources.read(tmp_path, BARE)
    table = loaded.tables["events"].set_index("event_id")
    assert (list(loaded.tables), len(table)) == (["events"], 7)
    assert table.loc["e3", ["link_url", "user_agent"]].tolist() == ["https://shop.example.com/", "Firefox"]
    assert table.loc["e6", ["bounce_class", "mta_response"]].tolist() == ["hard", "no such user"]
    assert table.loc["e7", ["event_type", "reject_reason"]].tolist() == ["rejected", "bounced"]
    assert table.loc["e4", "event_type"] == "unsubscribed"
    assert table["occurred_at"].notna().all()
    clicks = next(log for log in loaded.files if log.file == "email_event_click.csv")
    assert (clicks.rows_read, clicks.rows_kept) == (2, 1)
    assert str(clicks.notes[-1]).startswith("1 of its 2 rows adds details to events that are in none of the files")


def test_the_real_details_are_known_and_without_their_events_nothing_is_made_of_them(shared: Path) -> None:
    for path in sorted((shared / "formats" / "dbt_hubspot").glob("email_event_*_data.csv")):
        (log,) = sources.read(path, BARE).files
        assert (log.preset, log.rows_kept, log.unmapped) == ("hubspot_event_details", 0, ()), path.name
        assert "Put the table of the events next to it" in str(log.notes[-1])


def test_the_real_events_of_hubspot_are_still_told_by_their_own_table(shared: Path) -> None:
    loaded = sources.read(shared / "formats" / "dbt_hubspot", BARE)
    # counted in email_event_data.csv: 90 openings, 4 sent, 3 delivered, 3 processed
    assert loaded.tables["events"]["event_type"].value_counts().to_dict() == {
        "opened": 90,
        "sent": 4,
        "delivered": 3,
        "queued": 3,
    }
