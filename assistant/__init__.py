"""Doorstep: cited answers for families whose child cannot get to school."""
