"""The reader: a small encoder that says of passages whether, where and how they answer a question."""

READER_ENCODER = "multilingual-e5-small"  # whose weights a reader is trained further from
