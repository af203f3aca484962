"""What came in, and which questions can it answer? (notebook 00)"""
