"""Autograded coursework on nbgrader: release, collect, judge, record, explain."""
