"""Compiled loops of clouds larger than memory. Unchecked, GIL released; what they add up are whole numbers."""
