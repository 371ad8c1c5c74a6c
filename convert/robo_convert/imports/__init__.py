"""A Hugging Face Llama folder that others made becomes a checkpoint."""
