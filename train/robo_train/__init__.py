"""Corpus, tokenizer, model and training: authored sources in, a Hugging Face checkpoint out."""
