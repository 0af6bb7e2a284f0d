"""Train the reader: the embedder's encoder, with its word embeddings as they are, on prepared groups.

transformers' Trainer does the work: a run that was stopped goes on from its last checkpoint with the same
batches, and so with the same curve.
"""

import signal
import sys
from pathlib import Path
from typing import Annotated, Any

import torch
import typer
from tqdm import tqdm

from rag.models.hardware import choose_device, choose_dtype
from rag.models.reader.input import InputMaker
from rag.models.reader.network import ReaderNetwork
from rag.models.weights import quiet_loading, resolve_model
from rag.settings import load_settings
from training.reader.batches import Example, batches_of, collate, example_of
from training.reader.groups import read_groups
from training.reader.loss import WEIGHTS, losses_of

_NEW_LAYERS_RATE = 5.0  # times the encoder's learning rate
_WARM_UP = 0.05  # of the steps
_KEPT_LAYERS = 3  # the lowest ones stay as they are: a sixth of the time is saved


def train(
    groups: Annotated[Path, typer.Argument(metavar="FILE", help="what `prepare` wrote")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="checkpoints; the last one is what was learned")],
    model: Annotated[str, typer.Option(metavar="NAME", help="the encoder")] = load_settings(
        None
    ).embedder.model,
    epochs: int = 1,
    most_tokens: Annotated[int, typer.Option(help="of a batch, padding included")] = 5000,
    learning_rate: float = 1e-4,
    save_every: Annotated[int, typer.Option(help="steps")] = 200,
    device: str = "auto",
    seed: int = 0,
) -> None:
    """Train the reader on prepared groups; the same command goes on with a run that was stopped."""
    from tokenizers import Tokenizer
    from transformers import TrainingArguments

    folder = resolve_model(model)
    maker = InputMaker(Tokenizer.from_file(str(folder / "tokenizer.json")))
    read = tqdm(read_groups(groups), desc="tokens", unit="group", file=sys.stderr)
    examples = [made for each in read if (made := example_of(each, maker)) is not None]
    torch.manual_seed(seed)
    network = new_network(folder)
    on_cpu = choose_device(device) == "cpu"
    batches = [
        batch for epoch in range(epochs) for batch in batches_of(examples, most_tokens, f"{seed} {epoch}")
    ]
    arguments = TrainingArguments(
        output_dir=str(out),
        num_train_epochs=1,  # the batches of all epochs are one list
        per_device_train_batch_size=1,
        learning_rate=learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=round(_WARM_UP * len(batches)),
        bf16=choose_dtype("auto", choose_device(device)) is torch.bfloat16,
        use_cpu=on_cpu,
        save_steps=save_every,
        save_total_limit=1,
        logging_steps=50,
        report_to=[],
        seed=seed,
        remove_unused_columns=False,
        dataloader_drop_last=False,
        dataloader_num_workers=0,
    )
    trainer = _trainer(network, arguments, batches)
    last = max(out.glob("checkpoint-*"), key=lambda each: each.stat().st_mtime, default=None)
    trainer.train(resume_from_checkpoint=str(last) if last is not None else None)
    if trainer.state.global_step < trainer.state.max_steps:
        raise KeyboardInterrupt  # the checkpoint has been written
    trainer.save_model(str(out / "learned"))


def new_network(folder: Path) -> ReaderNetwork:
    """The encoder of a folder with new layers; nothing is dropped out.

    Word embeddings and the lowest layers aren't trained.
    """
    from transformers import AutoModel

    with quiet_loading():
        encoder = AutoModel.from_pretrained(
            folder,
            dtype=torch.float32,
            attn_implementation="eager",  # a third quicker than the fused one where gradients are taken
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            local_files_only=True,
        )
    for part in (encoder.embeddings, *encoder.encoder.layer[:_KEPT_LAYERS]):
        part.requires_grad_(False)
    return ReaderNetwork(encoder, encoder.config.hidden_size)


def _trainer(network: ReaderNetwork, arguments: Any, batches: list[list[Example]]) -> Any:
    from transformers import Trainer, TrainerCallback

    class ReaderTrainer(Trainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **kwargs: Any) -> Any:
            of_tokens, of_passages = model(inputs["tokens"], inputs["mask"])
            losses = losses_of(of_tokens, of_passages, inputs)
            if self.state.global_step % 50 == 0:
                self.log({name: round(value.item(), 4) for name, value in losses.items()})
            return sum(WEIGHTS[name] * value for name, value in losses.items())

    class StopSafely(TrainerCallback):  # type: ignore[misc]
        """Ctrl-C saves before it stops."""

        def __init__(self) -> None:
            self._asked = False
            signal.signal(signal.SIGINT, self._ask)

        def _ask(self, *_: object) -> None:
            self._asked = True

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if self._asked:
                control.should_save = control.should_training_stop = True

    layers = [each for name, each in network.named_parameters() if not name.startswith("encoder.")]
    encoder = [each for each in network.encoder.parameters() if each.requires_grad]
    rate = arguments.learning_rate
    optimizer = torch.optim.AdamW(
        [{"params": encoder, "lr": rate}, {"params": layers, "lr": rate * _NEW_LAYERS_RATE}],
        weight_decay=0.01,
    )
    return ReaderTrainer(
        model=network,
        args=arguments,
        train_dataset=batches,
        data_collator=lambda rows: collate(rows[0]),
        optimizers=(optimizer, None),
        callbacks=[StopSafely()],
    )
