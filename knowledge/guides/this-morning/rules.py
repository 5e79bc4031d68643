"""What the this-morning guide computes: a first step that starts from where the child is."""

from __future__ import annotations

from assistant.guide import Answers


def _step_from(answers: Answers, place: str) -> bool:
    return answers.get("small-step") == "one-step" and answers.get("where") == place


def step_from_bed(answers: Answers) -> bool:
    """A step today, from bed (page cannot-leave-the-house-or-car: start from where the child is)."""
    return _step_from(answers, "in-bed")


def step_from_door(answers: Answers) -> bool:
    """A step today, from the door (page cannot-leave-the-house-or-car)."""
    return _step_from(answers, "at-door")


def step_from_car(answers: Answers) -> bool:
    """A step today, from the car or the bus stop (page cannot-leave-the-house-or-car)."""
    return _step_from(answers, "in-car")
