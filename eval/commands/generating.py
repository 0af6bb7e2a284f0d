"""``eval generate``: a question set from one's own knowledge base."""

from pathlib import Path
from typing import Annotated

import typer

from eval.generate import run_generate
from rag.command_line import Config, Generator, Kb, new_app
from rag.settings import load_settings

app = new_app()


@app.command("generate")
def generate(
    out: Annotated[Path, typer.Option(metavar="FILE", help="JSONL; gone on with")],
    questions: Annotated[int, typer.Option(metavar="N", help="in all")] = 50,
    unanswerable: Annotated[float, typer.Option(metavar="SHARE", help="near misses")] = 0.3,
    seed: Annotated[int, typer.Option(metavar="N")] = 0,
    generator: Generator = None,
    kb: Kb = None,
    config: Config = None,
) -> int:
    """Make a question set from a knowledge base.

    Questions whose own passage answers them, and near misses that nothing in it answers. Read them before you
    trust figures made with them.
    """
    settings = load_settings(config, kb=kb, generator=generator)
    summary = run_generate(
        settings,
        settings.knowledge_base.path,
        out,
        questions=questions,
        unanswerable=unanswerable,
        seed=seed,
    )
    print("\n".join(summary.lines()))
    print(f"{out}; measure with: python -m eval answers --sets {out} --kb {kb or 'KB'}")
    return 0
