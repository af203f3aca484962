"""Did the new subject line win? (guide 1, step 5)

The rule is declared before looking. The split is checked first; then each two variants are set against each other; one
is better only where the interval of the difference leaves zero out and the number of tests on the page is counted.
Everything else is "not decided", with the number of messages that would decide it. Who wants to look more than once
plans the looks, or pays for a rule that holds at any of them.
"""
