"""Compiled sweeps of the half-turn of theta, which only the population loss uses. Unchecked."""
