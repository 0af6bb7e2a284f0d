"""Language models in GGUF files, by llama.cpp."""
