"""Figures of the sales cycle and of money (guide 2)."""

from __future__ import annotations

from kit.metrics.figures import KAPLAN_MEIER, WILSON, Figure

_PERSON = "a person; who comes back counts by the first time"
_DAYS = "funnel.days (90) from entering the first of the two stages"
_SPAN = "the time that question, mail, holdout and costs all tell of; the page names it"
_NEWCOMBE = "Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I"
_BOOTSTRAP = "95 %: the bootstrap's t, over people"
_EFRON = "guide 2; Efron & Tibshirani (1993), doi:10.1201/9780429246593"
_MARGIN = "not told without money.margin, without costs, with costs in several or other currencies, or with a cost of 0"

FUNNEL = (
    Figure(
        "stage_people", "People of a stage", "people whom the source names in the stage", _PERSON, "guide 2",
        ("stages.people",), edge="a stage that nothing tells of is left out and not shown as 0",
    ),
    Figure(
        "step_entered", "Entered", "people who entered the first of the two stages", _PERSON, "guide 2",
        ("funnel.entered", "funnel_groups.entered"), window="the months asked for, of entering",
        edge="who was first seen before all stages were recorded is left out, and counted apart",
    ),
    Figure(
        "step_followed", "Followed", "of those who entered, people whose whole window lies before as_of", _PERSON,
        "guide 2", ("funnel.n", "funnel_groups.n"), window=_DAYS,
    ),
    Figure(
        "step_conversion", "Conversion of a step, plain", "passed in time / followed", _PERSON, "guide 2; DEFINITIONS",
        ("funnel.value", "funnel_groups.value", "funnel.* → *"), window=_DAYS, interval=WILSON,
        edge="only people followed for the whole window; a skipped stage is passed at the moment of the next; under 30"
        " people a group is shown and not judged",
    ),
    Figure(
        "step_conversion_lagged", "Conversion of a step, time-lagged", "1 - S(days) of the time to the next stage",
        _PERSON, KAPLAN_MEIER, ("funnel.lagged", "funnel_groups.lagged"), window=_DAYS,
        interval="95 %: Greenwood's variance as an effective number of people (Rothman 1978)",
        edge="of all who entered, each for as long as was followed; NaN where nobody was followed so long",
    ),
    Figure(
        "step_median", "Median time between stages", "days until half of all who entered have passed", _PERSON,
        KAPLAN_MEIER, ("funnel.median", "funnel_groups.median"), window="from entering to the next stage, or to as_of",
        interval="95 %: Brookmeyer & Crowley (1982), doi:10.2307/2530286",
        edge="“not reached” where fewer than half have",
    ),
    Figure(
        "step_half", "Half of these by", "median days of those who passed in time", _PERSON, "guide 2",
        ("funnel.half",), window=_DAYS, edge="of the quick ones alone: shorter than the median of all",
    ),
    Figure(
        "step_skipped", "Skipped", "people first seen in the later stage, so that they passed the first with it",
        _PERSON, "guide 2; DEFINITIONS", ("funnel.skipped",),
    ),
    Figure(
        "stage_reached", "Of those who began", "people who came so far, one step after the other / people who began",
        "a person followed for the days of every step", "guide 2; DEFINITIONS", ("passed.n", "passed.value"),
        window="funnel.days for each step", interval=WILSON, edge="on these the steps multiply to the whole",
    ),
    Figure(
        "stage_lost", "Lost on the way",
        "people lost before the stage that loses most; people left out as seen too early", _PERSON, "guide 2",
        ("funnel.lost", "funnel.early"),
    ),
    Figure(
        "sequences", "Sequences", "automations that sent within a stage", "an automation", "guide 2",
        ("sequences.sequences",),
        edge="their people were chosen by what they did: the rates describe and are no effect",
    ),
)  # fmt: skip

MONEY = (
    Figure(
        "attributed_revenue", "Attributed revenue", "net order value after refunds, of orders after a click",
        "an order, credited to the person's last click before it", _EFRON,
        ("attribution.revenue", "attribution.days", "returns.value"), window=f"so many days after the click; {_SPAN}",
        interval=_BOOTSTRAP,
        edge="one currency; whoever would have bought anyway is in it; openings, scanners' clicks and the link that "
        "leaves the list credit nothing",
    ),
    Figure(
        "attributed_orders", "Attributed orders and buyers", "orders after a click; people with one",
        "an order; a person", "guide 2", ("attribution.orders", "attribution.buyers"),
        window=f"so many days after the click; {_SPAN}", edge="cancelled orders are none",
    ),
    Figure(
        "attributed_share", "Of all sales", "attributed revenue / revenue of all sales", "an order", "guide 2",
        ("attribution.share", "attribution.all"), window=_SPAN,
        edge="below the line: orders of people nobody knows too; orders without an amount are in neither",
    ),
    Figure(
        "incremental_revenue", "Incremental revenue",
        "(revenue a person with mail - revenue a person of the holdout) x people with mail",
        "a person, by assignment: whether the mail came or not", _EFRON, ("returns.value",),
        window=f"since the assignment; {_SPAN}", interval=_BOOTSTRAP,
        edge="told only where there was a holdout; who stands in two arms is in no count; people reached who stand in "
        "no arm are in no incremental figure, though what they cost is",
    ),
    Figure(
        "incremental_revenue_person", "Incremental revenue a person",
        "revenue / people of the arms with mail - revenue / people of the holdout", "a person, by assignment", _EFRON,
        ("holdout.revenue", "holdout.per_person"), window=f"since the assignment; {_SPAN}", interval=_BOOTSTRAP,
        edge="of an arm: its revenue, net of refunds, and its revenue / people",
    ),
    Figure(
        "incremental_buyers", "Incremental buyers", "buyers / people with mail - buyers / people of the holdout",
        "a person, by assignment", f"guide 2; {_NEWCOMBE}", ("holdout.buyers",),
        window=f"since the assignment; {_SPAN}", interval="95 %: Newcombe",
    ),
    Figure(
        "arm_bought", "Bought, of an arm", "people with an order / people of the arm", "a person, by assignment",
        "guide 2", ("holdout.value", "holdout.persons", "holdout.mailed"), window=f"since the assignment; {_SPAN}",
        interval=WILSON, edge="beside it: people assigned, and of them those who got mail",
    ),
    Figure(
        "revenue_per_cost", "Revenue a unit of cost", "revenue / cost", "an order; a cost of the span",
        "guide 2; CIMM lexicon (TRA: incremental sales / cost)", ("returns.value",), window=_SPAN, interval=_BOOTSTRAP,
        edge="attributed and incremental side by side; also called return on investment, and it is not ROI; a cost of "
        "0 gives none and is never infinite",
    ),
    Figure(
        "profit", "Profit", "revenue x margin - cost", "an order; a cost of the span", "guide 2", ("returns.value",),
        window=_SPAN, interval=_BOOTSTRAP, edge=f"attributed and incremental side by side; {_MARGIN}",
    ),
    Figure(
        "roi", "Return on investment (ROI)", "(revenue x margin - cost) / cost", "an order; a cost of the span",
        "guide 2; CIMM lexicon (IAB: net profit / investment)",
        ("returns.value", "returns.attributed", "returns.incremental"), window=_SPAN, interval=_BOOTSTRAP,
        edge=f"attributed and incremental side by side; {_MARGIN}",
    ),
    Figure(
        "cost", "Cost", "people's hours x rate + software + sending + discounts given, as the cost file names them",
        "a row of the cost file; by its days where its period reaches beyond the span", "guide 2", ("returns.cost",),
        window=_SPAN, edge="not known where a row has no amount, no period, or another currency",
    ),
    Figure(
        "cost_per_lead", "Cost per lead", "cost / people who became leads", "a person, by first entering", "guide 2",
        ("cost_each.value", "cost_each.number", "cost_each.lead"), window=_SPAN,
        edge="fully loaded cost; nobody became one: not defined; of any other stage likewise",
    ),
    Figure(
        "cost_per_customer", "Cost per customer", "cost / people who became customers", "a person, by the first order",
        "guide 2", ("cost_each.value", "cost_each.number", "cost_each.customer"), window=_SPAN,
        edge="fully loaded cost; who became one only after the span is told apart, as “went on later”",
    ),
    Figure(
        "cost_per_extra_buyer", "Cost of a buyer brought by mail alone",
        "cost / (incremental buyers x people with mail)", "a person, by assignment", f"guide 2; {_NEWCOMBE}",
        ("cost_each.value", "cost_each.number", "cost_each.buyer brought by mail alone"), window=_SPAN,
        interval="95 %: of the incremental buyers, turned round",
        edge="no upper end where there may have been none; not told where the holdout bought as often",
    ),
    Figure(
        "went_on_later", "Went on later",
        "of those who entered the stage, people who entered the next only after the span", _PERSON,
        "guide 2; DEFINITIONS", ("cost_each.late",), window=_SPAN,
    ),
)  # fmt: skip

SALES = (*FUNNEL, *MONEY)
