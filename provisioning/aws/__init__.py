"""The only door to AWS: our words and frozen dataclasses outward, botocore inward."""
