"""The corpus: authored projects, documents, the registry and the task composer, as unified records."""
