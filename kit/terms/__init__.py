"""Entries of printed figures whose questions have no room of their own yet."""

from kit.terms.abtests import ABTESTS

REMAINING = ABTESTS
