"""What may happen in the game: every function is a verb, takes `now`, and refuses by a named exception."""
