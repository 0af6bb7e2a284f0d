"""The reader: a small encoder that says of passages whether, where and how they answer a question."""

from pathlib import Path

READER_ENCODER = "multilingual-e5-small"  # whose weights the shipped reader was trained further from
SHIPPED_READER = Path(__file__).with_name("reader.safetensors")
