"""Figures of the image half: learning curves, cost, how sure and how right, strips of examples. Draws; computes no score."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from cosmic.facts import Facts
from cosmic.facts.images import ImageFit, ImageStudy, Stratum
from cosmic.facts.results import Reliability
from cosmic.reporting import style, words
from cosmic.reporting.dots import small

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LINES: Final = (style.NEW, style.BAD, style.SAME, style.PUBLISHED, style.INK, style.OLD)
AXES: Final = {
    "agreement": "how sure volunteers are",
    "votes": "volunteers",
    "size": "apparent size",
    "magnitude": "r magnitude",
}


def named(fit: ImageFit) -> str:
    """Return what a fit is called among others: its family, and whether validation images were trained on too."""
    name = "average of network and numbers of shape" if fit.model == "ensemble" else words.model(fit.model)
    return name + (", trained again" if fit.refit else "")


def learning(study: ImageStudy, *, width: int = 760) -> style.Picture | None:
    """Return accuracy by epoch of every network, on training and on validation images; None without any."""
    shown = [fit for fit in study.fits if fit.history]
    if not shown:
        return None

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        for at, fit in enumerate(shown):
            colour = _LINES[at % len(_LINES)]
            epochs = [one.epoch for one in fit.history]
            frame.plot(epochs, [one.accuracy for one in fit.history], color=colour, lw=1.2, ls=":")
            asked = [(one.epoch, one.validation_accuracy) for one in fit.history if one.validation_accuracy is not None]
            if asked:
                frame.plot(*zip(*asked, strict=True), color=colour, lw=1.6, marker="o", ms=3, label=named(fit))
            else:
                frame.plot([], [], color=colour, lw=1.2, ls=":", label=named(fit))
        _limit(frame, study)
        frame.set_xlabel("epoch")
        frame.set_ylabel("accuracy")
        frame.legend(frameon=False, fontsize=9)

    said = [
        f"{named(fit)}: {fit.history[-1].accuracy:.3f} on training images after {len(fit.history)} epochs"
        for fit in shown
    ]
    alt = f"Accuracy of networks by epoch. {'; '.join(said)}."
    return small(style.picture("image-epochs", width=width, height=320, alt=alt, draw=draw))


def cost(facts: Facts, study: ImageStudy, *, width: int = 760) -> style.Picture | None:
    """Return test accuracy over CPU-seconds of training, parameters and images answered a CPU-second; None without scores."""
    shown = [(fit, test) for fit in study.fits if (test := _accuracy(facts, fit)) is not None]
    measures: tuple[tuple[str, str], ...] = (
        ("cpu_s", "CPU s of training"), ("parameters", "parameters"), ("answered_images_a_cpu_s", "images answered a CPU s"),
    )  # fmt: skip
    if not shown:
        return None
    from matplotlib.ticker import NullFormatter

    def draw(figure: Figure) -> None:
        frames = figure.subplots(1, len(measures), sharey=True)
        for frame, (name, label) in zip(frames, measures, strict=True):
            for at, (fit, accuracy) in enumerate(shown):
                value = getattr(fit, name)
                if value:
                    frame.plot([value], [accuracy], "o", color=_LINES[at % len(_LINES)], ms=6, label=named(fit))
            frame.set_xscale("log")
            frame.xaxis.set_minor_formatter(NullFormatter())
            frame.set_xlabel(label)
            _limit(frame, study)
        frames[0].set_ylabel("accuracy, test images")
        handles, labels = frames[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)

    said = [f"{named(fit)} {accuracy:.3f}" for fit, accuracy in shown]
    alt = f"Accuracy on test images over cost. {'; '.join(said)}."
    return small(style.picture("image-cost", width=width, height=320, alt=alt, draw=draw))


def reliability(found: Reliability, study: ImageStudy, *, width: int = 360) -> style.Picture:
    """Return the share of right answers over confidence, beside the line of a calibrated model and the label ceiling."""

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        frame.plot([0, 1], [0, 1], color=style.OLD, lw=1)
        _limit(frame, study)
        bins = [one for one in found.bins if one.n]
        frame.plot(
            [one.confidence for one in bins], [one.right for one in bins], color=style.NEW, marker="o", ms=4, lw=1.4
        )
        frame.set_xlabel("probability of the answer")
        frame.set_ylabel("share of right answers")

    alt = (
        f"Share of right answers over the probability given: expected calibration error {found.error:.3f}, of a calibrated "
        f"model {found.expected:.3f} on {found.n} images."
    )
    return small(style.picture("image-reliability", width=width, height=300, alt=alt, draw=draw))


def strata(study: ImageStudy, *, width: int = 760) -> style.Picture | None:
    """Return the share of right answers by how sure volunteers are, how many, and apparent size and brightness."""
    kinds = [name for name in AXES if any(one.by == name and one.accuracy is not None for one in study.strata)]
    if not kinds:
        return None

    def draw(figure: Figure) -> None:
        frames = figure.subplots(1, len(kinds), squeeze=False, sharey=True)[0]
        for frame, name in zip(frames, kinds, strict=True):
            own = [one for one in study.strata if one.by == name and one.accuracy is not None]
            middle = [_middle(one) for one in own]
            for x, one in zip(middle, own, strict=True):
                if one.interval is not None:
                    frame.plot([x, x], one.interval, color=style.BAR, lw=3, solid_capstyle="butt")
            frame.plot(middle, [one.accuracy or 0.0 for one in own], color=style.NEW, marker="o", ms=4, lw=1.2)
            known = [(x, one.ceiling) for x, one in zip(middle, own, strict=True) if one.ceiling is not None]
            if known:
                frame.plot(*zip(*known, strict=True), color=style.OLD, lw=2)
            frame.set_xlabel(f"{AXES[name]} ({own[0].unit})" if own[0].unit in ("mag", "arcsec", "px") else AXES[name])
        frames[0].set_ylabel("accuracy (grey: volunteers asked again)")

    said = [
        f"{AXES[one.by]} {one.lo:g} to {one.hi:g}: {one.accuracy:.3f} (n {one.n})"
        for one in study.strata
        if one.accuracy is not None
    ]
    alt = f"Share of right answers on test images. {'; '.join(said)}."
    return small(style.picture("image-strata", width=width, height=280, alt=alt, draw=draw))


def ceiling(study: ImageStudy, *, width: int = 360) -> style.Picture | None:
    """Return how often volunteers would give the same label again, by their number."""
    limit = study.ceiling
    own = [one for one in limit.by_votes if one.accuracy is not None] if limit is not None else []
    if not own:
        return None

    def draw(figure: Figure) -> None:
        frame = figure.subplots()
        for one in own:
            if one.interval is not None:
                frame.plot([_middle(one)] * 2, one.interval, color=style.OLD, lw=3, alpha=0.5, solid_capstyle="butt")
        frame.plot(
            [_middle(one) for one in own], [one.accuracy or 0.0 for one in own], color=style.SOFT, marker="o", ms=4
        )
        frame.set_xlabel("volunteers who classified the galaxy")
        frame.set_ylabel("same label again")

    said = [f"{one.lo:g} to {one.hi:g} volunteers: {one.accuracy:.3f} (n {one.n})" for one in own]
    return small(
        style.picture("image-ceiling", width=width, height=300, alt=f"Label ceiling. {'; '.join(said)}.", draw=draw)
    )


def png(picture: NDArray[np.uint8]) -> str:
    """Return a picture, uint8, shape (s, s, 3), as the address of an image that the page holds itself."""
    from PIL import Image

    sink = io.BytesIO()
    Image.fromarray(np.asarray(picture)).save(sink, "PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(sink.getvalue()).decode()}"


def covered(picture: NDArray[np.uint8], fall: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return a picture that is bright where covering it makes the answer less sure, and dim elsewhere."""
    from PIL import Image

    share = np.clip(fall / max(float(np.abs(fall).max()), 1e-6), 0, 1)
    side = picture.shape[0]
    wide = Image.fromarray((share * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    weight = np.asarray(wide, np.float32)[:, :, None] / 255
    tint = np.array([255, 150, 40], np.float32)
    mixed = picture * (0.35 + 0.3 * weight) + tint * weight * 0.45
    return np.clip(mixed, 0, 255).astype(np.uint8)


def _middle(one: Stratum) -> float:
    return (one.lo + min(one.hi, one.lo * 2 if one.by == "votes" and one.hi > 200 else one.hi)) / 2


def _limit(frame: Axes, study: ImageStudy) -> None:
    if study.ceiling is not None and study.ceiling.corrected is not None:
        frame.axhline(study.ceiling.corrected, color=style.OLD, lw=2, alpha=0.6)


def _accuracy(facts: Facts, fit: ImageFit) -> float | None:
    test = None if fit.result is None else facts.results[fit.result].test
    return None if test is None else test.accuracy
