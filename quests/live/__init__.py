"""Live updates: nudges (topic and version) through Redis to open browsers; never content."""
