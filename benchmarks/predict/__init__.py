"""How fast a model will decode on a machine nobody has measured: a model of time, its fit and its check."""
