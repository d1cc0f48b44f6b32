"""The measurements of the epochs of a run, and how they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from embed.markup import Html, curve, details, heading, panel, table

__all__ = ["EpochRecord", "History", "epochs_in_words", "history_html", "losses"]


@dataclass(frozen=True)
class EpochRecord:
    """The measurements of one epoch.

    Attributes
    ----------
    epoch : int
        From 1.
    loss : float or None
        Mean negative log-likelihood (nats) of an example with its noise, measured during training; None without
        examples.
    held_out_loss : float or None
        The same on the held-out tokens at the end of the epoch; comparable, see :mod:`embed.training.held_out`.
    lr : float
        The learning rate at the end of the epoch.
    seconds : float
        Wall time of training, without the held-out pass.
    tokens_per_second : float
        Corpus tokens in the vocabulary, before subsampling, per second of training.
    """

    epoch: int
    loss: float | None
    held_out_loss: float | None
    lr: float
    seconds: float
    tokens_per_second: float


class History(tuple[EpochRecord, ...]):
    """The epochs of a run: a tuple that a notebook shows as a learning curve."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<History: {epochs_in_words(self)}>"

    def _repr_html_(self) -> str:
        return panel(heading(f"History: {epochs_in_words(self)}"), history_html(self))


def losses(records: Sequence[EpochRecord], of: str) -> list[tuple[int, float]]:
    """Return (epoch, loss) of the epochs that have this loss ("loss" or "held_out_loss")."""
    return [(record.epoch, getattr(record, of)) for record in records if getattr(record, of) is not None]


def epochs_in_words(records: Sequence[EpochRecord]) -> str:
    """Return the number of epochs and how the losses moved, in one line."""
    words = f"{len(records)} epoch{'s' * (len(records) != 1)}"
    for of, name in (("loss", "loss"), ("held_out_loss", "held-out loss")):
        if found := [loss for _, loss in losses(records, of)]:
            words += f", {name} {found[0]:.4g}" + (f" to {found[-1]:.4g}" if len(found) > 1 else "")
    return words


def history_html(records: Sequence[EpochRecord]) -> Html:
    """Return the learning curve, and the table of epochs behind it."""
    if not records:
        return Html("")
    lines = [("held-out", losses(records, "held_out_loss")), ("training", losses(records, "loss"))]
    rows = [
        (
            record.epoch,
            *("" if loss is None else f"{loss:.4g}" for loss in (record.loss, record.held_out_loss)),
            f"{record.lr:.4g}",
            f"{record.seconds:.1f}",
            f"{record.tokens_per_second:,.0f}",
        )
        for record in records
    ]
    head = ("epoch", "loss", "held-out loss", "lr", "seconds", "tokens/s")
    chart = curve([line for line in lines if line[1]], "epoch", "loss (nats an example)") if len(records) > 1 else ""
    return Html(f"{chart}{details('epochs', table(head, rows, texts=0))}")
