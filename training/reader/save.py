"""Save what the reader learned in the form that the program loads."""

from pathlib import Path
from typing import Annotated

import typer
from safetensors.numpy import load_file

from rag.errors import TrainingError
from rag.models.reader.saved import save_learned
from rag.models.weights import resolve_model, weights_digest
from rag.settings import load_settings

LICENCE = "that of the training sets, which `data` names; the encoder's own"


def save(
    run: Annotated[Path, typer.Argument(metavar="DIR", help="what `train` wrote")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="a .safetensors file")],
    model: Annotated[str, typer.Option(metavar="NAME", help="the encoder")] = load_settings(
        None
    ).embedder.model,
    groups: Annotated[
        Path | None, typer.Option(metavar="FILE", help="what it was trained on, for the card")
    ] = None,
) -> None:
    """Save the trained layers of a run, in 8 bits, with a card."""
    weights = run / "learned" / "model.safetensors"
    if not weights.exists():
        weights = max(
            run.glob("checkpoint-*/model.safetensors"), key=lambda each: each.stat().st_mtime, default=weights
        )
    if not weights.exists():
        raise TrainingError(f"{run} holds no run of `python -m training reader train`; name its --out")
    folder = resolve_model(model)
    before = load_file(folder / "model.safetensors")
    learned = {
        name: values
        for name, values in load_file(weights).items()
        if (known := before.get(name.removeprefix("encoder."))) is None
        or not (known.astype(values.dtype) == values).all()
    }
    card = {"encoder": weights_digest(folder), "licence": LICENCE}
    if groups is not None:
        described = groups.with_suffix(".card.json")
        card["data"] = described.read_text(encoding="utf-8") if described.exists() else groups.name
    save_learned(out, learned, card)
    numbers = sum(each.size for each in learned.values())
    typer.echo(f"{out}: {numbers / 1e6:.1f} million numbers, {out.stat().st_size / 1e6:.1f} MB")
