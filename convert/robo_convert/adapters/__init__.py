"""LoRA adapters (Hu et al. 2021) of a checkpoint: as a file of their own for llama.cpp, or merged into it."""
