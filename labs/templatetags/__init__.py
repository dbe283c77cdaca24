"""Template tags of the project's look."""
