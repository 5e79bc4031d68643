"""Evals of Doorstep: cases, scorers and reports, run with `python -m evals`."""
