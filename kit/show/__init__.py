"""What a result shows: summaries, tables and pictures, with numbers and dates as the reader's language writes them."""
