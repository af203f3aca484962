"""Statistics: numbers in, frozen results out; the only place that imports scipy and statsmodels.

Nothing here knows a table of the kit. Valid counts never raise and never warn: what cannot be
estimated answers NaN, None or "not estimable".
"""

from __future__ import annotations
