"""Figures of customers and subscribers: coming back, staying, worth (guide 2)."""

from __future__ import annotations

from kit.metrics.figures import KAPLAN_MEIER, WILSON, Figure

_BUYER = "a person with an order in the window"
_SECOND = "a person; an occasion is a person and day"
_FADER = "Fader & Hardie (2007), doi:10.1002/dir.20074"
_AALEN = "Aalen & Johansen (1978), Scand. J. Statist. 5, 141-150"
_MODELS = "Batislam, Denizel & Filiztekin (2007); Fader, Hardie & Lee (2005), doi:10.1287/mksc.1040.0098"
_GAMMA = "Fader & Hardie (2013), brucehardie.com/notes/025"
_GREENWOOD = "95 %: Greenwood's variance as an effective number of people (Rothman 1978)"
_PERIOD = "a month or quarter, on the firm's clock"
_PREDICTION = "95 %: prediction, if times stay as they were"
_AHEAD = "so many days from as_of"
_HELD_BACK = "the last days of the log, to which no model was fitted"

REPEAT = (
    Figure(
        "repeat_purchase_rate", "Repeat purchase rate in the window",
        "people with two orders or more in the window / people with one or more in it", _BUYER, "guide 2; DEFINITIONS",
        ("repeat_rates.value", "repeat_rates.numerator", "repeat_rates.n"),
        window="the period, without one the whole log; a longer one has a higher rate by itself", interval=WILSON,
        edge="beside it on two days or more; cancelled orders are none; orders without an address are counted apart",
    ),
    Figure(
        "returning_customer_rate", "Returning-customer rate",
        "people with an order in the window and two or more ever / people with one or more in it", _BUYER,
        "guide 2; as shops count it", ("repeat_rates.value", "repeat_rates.numerator", "repeat_rates.n"),
        window="above the line up to as_of", interval=WILSON,
        edge="it rises as the log gets older, whoever comes: not to be compared between months",
    ),
    Figure(
        "cohort_repeat", "Cohort repeat", "1 - S(days) from the first occasion to the second", _SECOND, KAPLAN_MEIER,
        ("back.value", "back.days", "back_cohorts.value"),
        window="so many days from the first occasion; of a cohort, by the quarter of the first occasion",
        interval=_GREENWOOD,
        edge="who has not come yet counts for as long as was followed; quarters of fewer than 30 people are left out",
    ),
    Figure(
        "repeat_so_far", "Came so far, of all",
        "came again within so many days up to as_of / all with a first occasion", _SECOND, "guide 2; DEFINITIONS",
        ("back.naive",), edge="too low while people are young; for comparison",
    ),
    Figure(
        "repeat_people", "People of a cohort", "people with a first occasion; of them came again; followed for so long",
        _SECOND, KAPLAN_MEIER, ("back.n", "back.came", "back.at_risk", "back_cohorts.n", "back_cohorts.followed"),
        edge="followed so long: had not come again by then and were still watched; days that all were followed: those "
        "of the youngest",
    ),
)  # fmt: skip

LIST = (
    Figure(
        "list_size", "List at the start and at the end",
        "people subscribed at the first, the last moment of the period", "a person", "guide 2",
        ("list.start", "list.end", "list_growth.start", "list_growth.end"), window=_PERIOD,
        edge="who never confirmed has not joined; who left or joined without a date is in no count, and counted apart",
    ),
    Figure(
        "list_joined", "Joined", "people who joined in the period", "a person, by the joining day", "guide 2",
        ("list.joined", "list_growth.joined"), window=_PERIOD,
    ),
    Figure(
        "list_left", "Left", "people who left in the period, of those who joined in it too",
        "a person, by the leaving day", "guide 2", ("list.left", "list_growth.left"), window=_PERIOD,
        edge="who came back is there, whatever was before",
    ),
    Figure(
        "list_net", "Net growth", "end - start = joined - left", "a person", "guide 2", ("list.net", "list_growth.net"),
        window=_PERIOD,
    ),
    Figure(
        "subscriber_retention", "Subscriber retention", "subscribed at the start and still at the end / at the start",
        "a person", "guide 2; DEFINITIONS", ("list.value", "list_growth.value", "list_growth.stayed"), window=_PERIOD,
        interval=WILSON, edge="who joined meanwhile is in neither count; not told of a period that is not over",
    ),
    Figure(
        "left_by_cause", "Left by cause",
        "of those at the start, gone by unsubscribing, complaint, bounce, our own taking off", "a person", "guide 2",
        ("list.unsubscribe", "list.complaint", "list.bounce", "list.sunset", "list.not known"), window=_PERIOD,
    ),
    Figure(
        "transparent_churn", "Transparent churn", "unsubscribed, complained or bounced / at the start", "a person",
        "guide 2; DEFINITIONS", ("list.churn",), window=_PERIOD, interval=WILSON,
        edge="what the firm took off itself (retention.sunset) is not in it",
    ),
    Figure(
        "opaque_churn", "Opaque churn", "no sign in so many mails that a reader would hardly be silent / on the list",
        "a person on the list through the whole window", "guide 2; DEFINITIONS: (1 - p)^n < 5 %",
        ("silence.silent", "silence.people", "silence.undecided", "silence.value"), window="the last days up to as_of",
        interval=WILSON,
        edge="a sign is a click as people do, an order or a booking, never an opening; who got fewer mails is "
        "undecided",
    ),
    Figure(
        "subscriber_survival", "Still there after so many days", "S(days) from joining to leaving", "a person",
        KAPLAN_MEIER,
        ("staying.days", "staying.value", "staying.still there", "staying_sources.value", "projection.seen"),
        window="from joining; who joined before leaving was recorded is watched from that day (late entry)",
        interval=_GREENWOOD, edge="who is still there at as_of counts for as long as was watched",
    ),
    Figure(
        "left_after", "Gone by a cause after so many days", "cumulative incidence of the cause from joining",
        "a person", _AALEN,
        ("staying.unsubscribe", "staying.complaint", "staying.bounce", "staying.sunset", "staying.not known"),
        window="from joining, with late entry", interval="95 %: delta method, as a rate of an effective number",
        edge="the causes add up to what is missing; 1 - Kaplan-Meier of each would be too much",
    ),
    Figure(
        "still_listed", "Left by the log, still in the contacts",
        "people who unsubscribed, complained or bounced for good by the log and stand as subscribed in the contacts",
        "a person", "guide 2", ("still_listed.still_listed",), edge="they count as there",
    ),
    Figure(
        "source_people", "People of a source", "people who joined by it; of them left", "a person", "guide 2",
        ("staying_sources.n", "staying_sources.left"), edge="sources of fewer than 30 people are left out",
    ),
    Figure(
        "projected_retention", "Projected retention (sBG)", "S(t) = B(a, b + t) / B(a, b)", "a person, by whole months",
        _FADER, ("projection.month", "projection.value"), window="months of 30.4 days from joining",
        interval="95 %: how well the model is known, not that people may behave otherwise",
        edge="a discrete, contractual model; fitted to people followed for whole months",
    ),
    Figure(
        "projection_check", "Still there, in the months held back",
        "sum over people there before of S(age + months) / S(age), beside those who were still there", "a person",
        _FADER,
        (
            "projection_check.month", "projection_check.n", "projection_check.expected", "projection_check.observed",
            "projection.expected", "projection.observed",
        ),
        window="the last months, to which the model was not fitted", interval=_PREDICTION,
    ),
)  # fmt: skip

WORTH = (
    Figure(
        "customers", "Customers", "people with an order; of them bought on another day", "a person", "guide 2",
        ("value.customers", "value.repeaters", "value.days", "value_models.customers", "value_bands.n"),
        edge="from 500 on the models are fitted; one occasion a day",
    ),
    Figure(
        "expected_purchases", "Expected purchases",
        "mean of the purchases in the days to come, given frequency, recency and age",
        "a person and day with an order", _MODELS, ("value_models.value", "value.purchases"), window=_AHEAD,
        interval=_PREDICTION, edge="supposes that times stay as they were; the check on the days held back says if so",
    ),
    Figure(
        "purchases_of_new", "Purchases of a new customer",
        "mean of the purchases after the first, of one who has just bought a first time",
        "a person and day with an order", _MODELS, ("value_models.new",), window="so many days from the first purchase",
        interval="95 %: how well the model is known, not what one person does",
    ),
    Figure(
        "customer_value", "Customer value", "expected purchases x expected money a purchase (Gamma-Gamma)",
        "a person; refunds are taken off", _GAMMA, ("value.money", "value.correlation"), window=_AHEAD,
        interval=_PREDICTION,
        edge="one currency; number and mean of purchases may hardly correlate, and the correlation stands beside it",
    ),
    Figure(
        "log_likelihood", "Log-likelihood", "log of the chance of the observed histories under the model", "a person",
        _MODELS, ("value_models.loglik",), edge="of two models on the same customers the higher fits better",
    ),
    Figure(
        "purchases_fit", "Bought again so many times",
        "people with so many purchases after the first, seen and by the models", "a person", _MODELS,
        ("value_fit.times", "value_fit.observed", "value_fit.mbg", "value_fit.bg"),
        edge="the last row: so many or more",
    ),
    Figure(
        "back_test", "Back-test", "expected by the model of the days before, beside what happened",
        "a person and day with an order; money net of refunds", _MODELS,
        ("value_check.expected", "value_check.observed"), window=_HELD_BACK, interval=_PREDICTION,
    ),
    Figure(
        "drift", "Drift of the back-test", "observed / expected - 1", "a person and day with an order", _MODELS,
        ("value_check.drift",), window=_HELD_BACK,
        edge="beyond the prediction interval times have changed or the model does not fit",
    ),
    Figure(
        "purchases_each", "Purchases a customer, by expectation",
        "purchases / customers of a fifth of like expectation", "a person and day with an order", _MODELS,
        ("value_bands.expected", "value_bands.observed"), window=_HELD_BACK, interval="95 %: Student, of the observed",
    ),
    Figure(
        "order_of_customers", "Pairs in the right order (AUC)",
        "chance that one who bought stands above one who did not", "a pair of customers",
        "Hanley & McNeil (1982), doi:10.1148/radiology.143.1.7063747", ("value_rankings.value",), window=_HELD_BACK,
        interval="95 %: Hanley and McNeil", edge="half is a coin; BG/NBD's chance of being alive never ranks",
    ),
)  # fmt: skip

CUSTOMERS = (*REPEAT, *LIST, *WORTH)
