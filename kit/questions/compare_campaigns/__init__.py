"""Which campaign did better, beyond chance? (guide 1, step 3)

Forty campaigns that are all equal still differ in their rates, and real ones vary for a hundred small reasons. So a
campaign stands out only beyond the usual variation between campaigns, not merely beyond the margin of error, and the
page's number of comparisons is taken into account.
"""

from kit.questions.compare_campaigns import every_campaign, side_by_side

__all__ = ["every_campaign", "side_by_side"]
