"""Speed and memory of every export this machine can run; one file schema for computers, phones and peers."""
