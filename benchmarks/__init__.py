"""Ratios, measured side by side in one run. Not tests: the machine decides what they print."""
