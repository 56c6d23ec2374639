"""Data sets: names to tensors on a device, and shuffled batches of them."""

from vaekit.data.dataset import Batch, Dataset
from vaekit.data.names import names_to_tokens, tokens_to_names
from vaekit.data.registry import load_dataset

__all__ = ["Batch", "Dataset", "load_dataset", "names_to_tokens", "tokens_to_names"]
