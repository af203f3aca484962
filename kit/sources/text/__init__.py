"""From bytes to cells and values: encodings, archives, workbooks, numbers, times, addresses."""
