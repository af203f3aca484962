"""What was planted: the answers that an analysis of the exports should come to."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Totals:
    """What happened to the messages of one send; counts of messages, so of people within the send.

    Attributes:
        opened: opened by a person or a machine.
        opened_machine: opened by a machine only.
        clicked: clicked by a person or a scanner; the unsubscribe link is no click.
        clicks_unsubscribe: clicks on the unsubscribe link, which `clicks_total` leaves out.
        read: really read by a person; not every reading leaves a trace.
        clicked_human: clicked by a person.
        clicks_scanner: clicks of a scanner, the unsubscribe link among them [clicks].
        acted: did what the mail asked for *because of* the mail.
    """

    sent: int
    delivered: int
    bounced_hard: int
    bounced_soft: int
    opened: int
    opened_machine: int
    opens_total: int
    clicked: int
    clicks_total: int
    clicks_unsubscribe: int
    unsubscribed: int
    complained: int
    read: int
    clicked_human: int
    clicks_scanner: int
    acted: int


@dataclass(frozen=True, slots=True)
class SendTruth:
    """One campaign or automation.

    Attributes:
        read_rate: planned share of delivered messages that people read.
        click_rate: planned share of delivered messages that people click.
        booked_within_7_days: delivered messages whose person booked within 7 days, for whatever reason.
        problem: the planted fault: subject, offer, unsubscribes; empty for none.
    """

    source_campaign_id: str
    name: str
    subjects: tuple[str, ...]
    platform: str
    kind: str
    sent_local: str
    read_rate: float
    click_rate: float
    totals: Totals
    booked_within_7_days: int
    problem: str


@dataclass(frozen=True, slots=True)
class TestTruth:
    """One A/B test: the planned shares of reading, and how the list was split.

    Attributes:
        better: A, B, or empty where the subjects are equally good.
        planned: the planned shares of recipients.
        broken: the split that was sent is not the planned one.
    """

    source_campaign_id: str
    read_rates: tuple[float, float]
    better: str
    planned: tuple[float, float]
    broken: bool
    variants: tuple[Totals, Totals]


@dataclass(frozen=True, slots=True)
class BlockTruth:
    """The month in which one domain gave mail back."""

    month: str
    domain: str
    bounce_rate: float
    sent: int
    bounced: int


@dataclass(frozen=True, slots=True)
class LogTruth:
    """The event logs.

    Attributes:
        lines: lines of all files, the retried ones among them.
        retried: lines that repeat an earlier one.
        events: distinct events by SendGrid's name.
    """

    lines: int
    retried: int
    events: dict[str, int]


@dataclass(frozen=True, slots=True)
class OrderTruth:
    """The shop's orders, all since people joined.

    Attributes:
        rows: all orders.
        cancelled: of them no sale.
        refunded: of them given back, wholly or in part.
        anonymous: of them of nobody that the shop knows.
        won: of them brought by bulk mail, or following a first order that was.
        customers: known people with an order that is a sale.
        revenue: net of refunds, without cancelled ones [RUB].
        rate: shape and mean of the gamma distribution of orders after the first one [a person and year].
        away: the beta distribution of the chance to stay away after an order.
        gone: known people who will not order again of their own accord.
    """

    rows: int
    cancelled: int
    refunded: int
    anonymous: int
    won: int
    customers: int
    revenue: float
    rate: tuple[float, float]
    away: tuple[float, float]
    gone: list[str]


@dataclass(frozen=True, slots=True)
class DealTruth:
    """The CRM's deals: how many are won, lost and open, and what the won ones are worth [RUB]."""

    won: int
    lost: int
    open: int
    amount_won: float


@dataclass(frozen=True, slots=True)
class CostTruth:
    """What mail cost [RUB]: by kind over all months, and in the months of the holdout."""

    kinds: dict[str, float]
    since_holdout: float


@dataclass(frozen=True, slots=True)
class HoldoutTruth:
    """The holdout: both arms from the assignment to `as_of`, and what mail caused; mailed people first.

    Orders are those of known people that were not cancelled; revenue is net of refunds [RUB].

    Attributes:
        orders_caused: of the mailed people's orders, those that none of the mail since the assignment would have
            brought; `revenue_caused` is theirs, `margin_caused` the part of it that is left.
        buyers_caused: mailed people who bought and without mail would not have.
    """

    experiment: str
    assigned_local: str
    people: tuple[int, int]
    orders: tuple[int, int]
    revenue: tuple[float, float]
    buyers: tuple[int, int]
    orders_caused: int
    revenue_caused: float
    buyers_caused: int
    margin_caused: float


@dataclass(frozen=True, slots=True)
class StepTruth:
    """One step of the sales cycle, of people who were followed for long enough.

    Attributes:
        people: who entered the stage that it starts from.
        passed: of them, who entered the next within the days.
    """

    step: str
    people: int
    passed: int


@dataclass(frozen=True, slots=True)
class FunnelTruth:
    """The sales cycle: shares planted, and what came of them for those who joined since the exports begin.

    Attributes:
        days: a step counts within so many days.
        asks: share of people who ask for an estimate at all, by where they joined.
        asks_days: the median from joining to the estimate; `won_days` from there to winning it [days].
        won: share of estimates that are won in the end.
    """

    days: int
    asks: dict[str, float]
    asks_days: float
    won: float
    won_days: float
    steps: tuple[StepTruth, ...]


@dataclass(frozen=True, slots=True)
class RetentionTruth:
    """Subscribers month by month.

    Attributes:
        months: month -> subscribed at its start, of them still so at its end.
        left: cause -> people who left in the months of the exports, after joining: unsubscribed, complained, bounced.
        joined: who joined in these months.
    """

    months: dict[str, tuple[int, int]]
    left: dict[str, int]
    joined: int


@dataclass(frozen=True, slots=True)
class DeskTruth:
    """Requests to the service, those of the tickets and those of the shared inbox.

    Attributes:
        requests: all of them; `conversations` of them in the shared inbox, of so many `messages`.
        unanswered: not answered yet, the forgotten and the settled among them.
        settled: closed without an answer.
        working_hours: planted medians of the first answer before and since `improves_from` [working hours].
        hours: what came of them by the clock on the wall, later answers and the forgotten included, without the
            settled [h].
        team: who answers, and how much longer than the middle one it takes.
        meanings: message of the shared inbox -> language, intent, theme and tone, with blanks between.
    """

    requests: int
    conversations: int
    messages: int
    unanswered: int
    settled: int
    improves_from: str
    working_hours: tuple[float, float]
    hours: tuple[float, float]
    team: dict[str, float]
    meanings: dict[str, str]


@dataclass(frozen=True, slots=True)
class MailTruth:
    """The mailboxes.

    Attributes:
        messages: different ones; `copies`: those that the other box holds, too.
        kinds: in, out, internal, automatic or bulk -> different messages.
        unlinked: customers' answers that name no message before them: only the subject tells their thread.
        requests: conversations that a customer began; `unanswered`: of them not answered yet.
        working_hours: planted medians of the first answer before and since `improves_from` [working hours].
        worsening: the customer whose tone turns bad at `worse_from`.
        meanings: Message-ID -> language, intent, theme and tone of what a customer began with.
    """

    messages: int
    copies: int
    kinds: dict[str, int]
    unlinked: int
    requests: int
    unanswered: int
    working_hours: tuple[float, float]
    improves_from: str
    worsening: str
    worse_from: str
    meanings: dict[str, str]


@dataclass(frozen=True, slots=True)
class SurveyTruth:
    """The surveys of satisfaction and of recommending, before and since the service answers sooner.

    Attributes:
        csat: asked, answered; `nps`: the same.
        satisfied: planted shares of 4 and 5 of 5.
        net: planted promoters minus detractors [share].
        comments: theme and tone -> comments.
    """

    csat: tuple[int, int]
    nps: tuple[int, int]
    satisfied: tuple[float, float]
    net: tuple[float, float]
    comments: dict[str, int]


@dataclass(frozen=True, slots=True)
class LiftTruth:
    """People, and those of them who came: because of the mail, or in the arm without it by themselves."""

    people: int
    came: int


@dataclass(frozen=True, slots=True)
class WinBackTruth:
    """The test of the win-back mail.

    Attributes:
        held: people without mail, and those who came within `days` all the same.
        mailed: people with mail, and those whom only the mail brought within `days`; likewise of each level of what
            was drawn (offers, subjects, calls) and of what people were before (segments, reasons).
        reason_offers: "reason|offer" likewise.
        null: levels of subjects and reason_offers that were to bring nobody; all `calls` bring alike.
    """

    experiment: str
    assigned_local: str
    days: int
    held: LiftTruth
    mailed: LiftTruth
    offers: dict[str, LiftTruth]
    subjects: dict[str, LiftTruth]
    calls: dict[str, LiftTruth]
    segments: dict[str, LiftTruth]
    reasons: dict[str, LiftTruth]
    reason_offers: dict[str, LiftTruth]
    null: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListTruth:
    """What is wrong with the list.

    Attributes:
        bad_source: the source of sign-ups that brings bad addresses; people who joined by it: all, and of them bounced.
        roles: addresses that several people read.
        mistyped: addresses whose domain is one slip away from a large one of the list.
        second: addresses that are another spelling of one that is on the list, too.
    """

    bad_source: str
    bad_source_people: int
    bad_source_bounced: int
    roles: tuple[str, ...]
    mistyped: tuple[str, ...]
    second: tuple[str, ...]

    @property
    def added(self) -> int:
        """Addresses that should be checked; they joined last."""
        return len(self.roles) + len(self.mistyped) + len(self.second)


@dataclass(frozen=True, slots=True)
class ActionTruth:
    """One entry of the firm's log of changes, and the KPI that it changed; "" for none."""

    day: str
    what: str
    changes: str


@dataclass(frozen=True, slots=True)
class BusinessTruth:
    """The firm's own files.

    Attributes:
        contacts: status -> people; `contacts_twice`: of them on two rows.
        win_back, listed, actions: only of a firm whose faults are planted.
    """

    contacts: dict[str, int]
    contacts_twice: int
    appointments: int
    appointments_caused: int
    reviews: int
    orders: OrderTruth
    deals: DealTruth
    costs: CostTruth
    holdout: HoldoutTruth
    funnel: FunnelTruth
    retention: RetentionTruth
    desk: DeskTruth
    mail: MailTruth
    surveys: SurveyTruth
    win_back: WinBackTruth | None = None
    listed: ListTruth | None = None
    actions: tuple[ActionTruth, ...] = ()


@dataclass(frozen=True, slots=True)
class ReceiverTruth:
    """What receivers report.

    Attributes:
        mails: by the address of the net; `aligned`: addresses whose mails are.
        bad_days: days on which Gmail's spam rate was above 0.30 %; `unwanted`: the campaign that went out on the first.
    """

    mails: dict[str, int]
    aligned: tuple[str, ...]
    bad_days: tuple[str, ...]
    unwanted: str


@dataclass(frozen=True, slots=True)
class WebTruth:
    """The site: sessions by the campaign that they came from, and the campaign whose landing page did not load."""

    sessions: dict[str, int]
    broken_page: str


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that was planted.

    Attributes:
        world: how campaigns, people, days and clocks vary (`worlds`).
        as_of: the moment at which the exports were taken, on the firm's clock.
        campaigns: bulk mail, in order of sending; the test send is not among them.
        test_sends: ids of test sends.
        corrections: ids of corrected second sends.
        young: ids of campaigns that `as_of` is too early for.
        prefetching: addresses whose mail a machine opens.
        scanned: addresses behind a scanner that clicks every link.
        bots: addresses behind a gateway that clicks as a person does.
    """

    seed: int
    world: str
    as_of: str
    campaigns: tuple[SendTruth, ...]
    automations: tuple[SendTruth, ...]
    tests: tuple[TestTruth, ...]
    block: BlockTruth
    test_sends: tuple[str, ...]
    corrections: tuple[str, ...]
    young: tuple[str, ...]
    log: LogTruth
    business: BusinessTruth
    web: WebTruth
    receivers: ReceiverTruth
    prefetching: tuple[str, ...]
    scanned: tuple[str, ...]
    bots: tuple[str, ...]

    def to_json(self) -> str:
        """The same as JSON, keys in a fixed order."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"
