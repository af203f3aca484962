"""Reading what people write, offline: their own words, the language, what it is about and in which tone.

Texts in, frames out; nothing here knows the tables. `reading.read` puts it together.
"""
