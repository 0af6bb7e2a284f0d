"""What trainings of low-rank additions share: making them, the learning rate's course, saving, going on."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import nn

from rag.errors import TrainingError
from rag.models.generator.transformers.adapted_linear import AdaptedLinear, Switch

Learned = dict[str, nn.Parameter]
_MATRICES = (
    *("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj"),
    *("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"),
)


def adapted_names(layers: int, first: int) -> Iterator[str]:
    """The names of the matrices that are added to, of so many layers from ``first`` on."""
    for layer in range(first, layers):
        for matrix in _MATRICES:
            yield f"model.layers.{layer}.{matrix}"


def add_low_rank(model: nn.Module, names: Iterable[str], rank: int) -> Learned:
    """Add to the named linear layers of a model, in place; what is learned, by name. They add nothing yet."""
    learned: Learned = {}
    switch = Switch(on=True)
    for name in names:
        matrix = model.get_submodule(name)
        assert isinstance(matrix, nn.Linear)
        down = torch.randn(rank, matrix.in_features) / matrix.in_features**0.5
        up = torch.zeros(matrix.out_features, rank)
        adapted = AdaptedLinear(matrix, down.requires_grad_(True), up.requires_grad_(True), switch)
        model.set_submodule(name, adapted)
        learned[f"{name}.down"], learned[f"{name}.up"] = adapted.down, adapted.up
    return learned


def set_rate(optimizer: torch.optim.AdamW, rate: float, step: int, steps: int, warm_up: int) -> None:
    """The learning rate of a step: up in ``warm_up`` steps, then down along a line."""
    for group in optimizer.param_groups:
        group["lr"] = rate * min(1.0, (step + 1) / warm_up) * max(0.02, 1 - step / steps)


def save(
    out: Path,
    learned: Learned,
    optimizer: torch.optim.AdamW,
    facts: Mapping[str, str],
    done: int,
    dtype: torch.dtype,
) -> None:
    """Write what was learned in ``done`` steps, and beside it (``.state``) what going on needs."""
    kept = {**facts, "done": str(done)}
    save_file({name: value.detach().to(dtype).contiguous() for name, value in learned.items()}, out, kept)
    whole = {f"value {name}": value.detach().contiguous() for name, value in learned.items()}
    for name, value in learned.items():
        whole[f"first {name}"] = optimizer.state[value]["exp_avg"]
        whole[f"second {name}"] = optimizer.state[value]["exp_avg_sq"]
    save_file(whole, _state(out), kept)


def load(file: Path, learned: Learned) -> None:
    """Begin with what was learned before, as `save` wrote it.

    Raises:
        TrainingError: that adds to other matrices.
    """
    with safe_open(file, "pt") as before:
        if set(before.keys()) != set(learned):
            raise TrainingError(
                f"{file} adds to other matrices than are to be trained; choose another --start"
            )
        for name, value in learned.items():
            value.data.copy_(before.get_tensor(name))


def resume(out: Path, learned: Learned, optimizer: torch.optim.AdamW, facts: Mapping[str, str]) -> int:
    """Load an interrupted run of the same kind, and tell how many steps it had done.

    Raises:
        TrainingError: the run that was interrupted is of another kind.
    """
    state = _state(out)
    if not state.exists():
        return 0
    with safe_open(state, "pt") as file:
        found = dict(file.metadata())
        done = int(found.pop("done"))
        if found != facts:
            raise TrainingError(
                f"{state} is of another kind of run: {found}; delete it or choose another --out"
            )
        for name, value in learned.items():
            value.data.copy_(file.get_tensor(f"value {name}"))
            optimizer.state[value] = {
                "step": torch.tensor(float(done)),
                "exp_avg": file.get_tensor(f"first {name}"),
                "exp_avg_sq": file.get_tensor(f"second {name}"),
            }
    return done


def _state(out: Path) -> Path:
    return out.with_suffix(out.suffix + ".state")
