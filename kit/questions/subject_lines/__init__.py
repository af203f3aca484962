"""Did the new subject line win? (guide 1, step 5)

The rule is declared before looking: the split is checked first; then each variant is set against the first one; B is
better, or A is, only where the interval of the difference leaves zero out. Everything else is "not decided", with the
number of messages that would decide it. Who wants to look more than once plans the looks, or pays for a rule that
holds at any of them.
"""
