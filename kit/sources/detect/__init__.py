"""What a file is, by its content: presets, headers, first bytes; and what lies in a folder."""
