"""One page of all results: speed, targets, quality, overhead, throttling, history, predictions."""
