"""The game as JSON: the pages' own numbers and acts, for the same people."""
