"""What the published scores of each task measured, and what an observer without a spectrum can expect. Words alone, no figures."""

from __future__ import annotations

from typing import Final

MEASURED: Final = {
    "superclass": "The study gave its models the spectroscopic redshift. The survey's pipeline fits class and redshift "
    "together, and lets a star be only near zero redshift and a quasar only far from it, so that score measures how well a "
    "model reads an answer that it was given. It also left out every object whose class was in doubt. Without the leak are "
    "left brightness and three colours; brightness still carries how each class was selected.",
    "star": "The study kept only stars whose type agrees with that of the best ELODIE template, and gave its models that "
    "template's colour, temperature and metallicity. Its score measures how well a model reads the type off the template "
    "that defined it. Rows without ELODIE values have the other features here, which is another and harder question.",
    "galaxy": "Labels come from volunteers who looked at images; the study's models saw a redshift, a brightness and three "
    "colours. Colours tell old from young stars and so lean towards smooth or spiral, and say nothing of bars, arms or "
    "roundness. Its figure for the network is of training rows after SMOTE, not of test rows.",
}
"""What the published score of a task measured."""
EXPECT: Final = {
    "superclass": "An observer with images alone can expect the figure without a spectrum.",
    "star": "An observer with images alone can expect the figure without a spectrum, for as many letters as the rows have.",
    "galaxy": "An observer with a table alone can expect little more than the largest class; shapes need images.",
}
"""What follows for someone who has no spectrum."""


def measured(task: str) -> str:
    """Return what the published score of a task measured; nothing for a task that the study has not."""
    return MEASURED.get(task, "")


def expect(task: str) -> str:
    """Return what an observer without a spectrum can expect."""
    return EXPECT.get(task, "")


_STARS: Final = {
    "O": "the hottest stars, ionised helium", "B": "hot, neutral helium", "A": "strongest hydrogen lines",
    "F": "hydrogen and ionised calcium", "G": "like the Sun, ionised calcium", "K": "cooler, neutral metals",
    "M": "coolest of the main letters, titanium oxide", "C": "carbon stars", "D": "white dwarfs", "d": "brown dwarfs, L and T",
}  # fmt: skip
_GALAXIES: Final = {
    "Er": "smooth, round", "Ee": "smooth, between round and cigar", "Ec": "smooth, cigar-shaped",
    "Ser": "disk seen edge-on, round bulge", "Seb": "disk seen edge-on, boxy bulge", "Sen": "disk seen edge-on, no bulge",
    "Sa": "spiral or disk, dominant bulge", "Sb": "spiral or disk, obvious bulge",
    "Sc": "spiral or disk, bulge just noticeable", "Sd": "spiral or disk, no bulge",
    "SBa": "barred, dominant bulge", "SBb": "barred, obvious bulge", "SBc": "barred, bulge just noticeable",
    "SBd": "barred, no bulge",
}  # fmt: skip
_CLASSES: Final = {
    "galaxy": "a galaxy",
    "quasar": "a quasar: an active nucleus outshines its galaxy",
    "star": "a star of ours",
}
MEANING: Final = {"superclass": _CLASSES, "star": _STARS, "galaxy": _GALAXIES}
"""What the labels of a task are (Willett et al. 2013 for galaxies)."""


def meaning(label: str, task: str) -> str:
    """Return what a label is in a few words; nothing where none are known."""
    return MEANING.get(task, {}).get(label, "")
