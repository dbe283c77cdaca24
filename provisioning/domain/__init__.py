"""Verbs on sandboxes: keyword-only, told the time, refusing with named exceptions."""
