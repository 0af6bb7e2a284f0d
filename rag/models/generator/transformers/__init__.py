"""The engine on torch and transformers: a folder with safetensors, on a GPU or a CPU."""
