"""What Prometheus may read: requests, the queue, tokens, and how long things took."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.process_collector import ProcessCollector

from robo_runtime.serve.writer import Answer

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_RATES = (50, 100, 200, 400, 800, 1600, 3200)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """The figures of one server, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        self.requests = Counter(
            "robo_requests", "Requests answered.", ["method", "path", "status"], registry=registry
        )
        self.request_seconds = Histogram(
            "robo_request_seconds", "From request to the end of the response.", ["path"],
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.queue_seconds = Histogram(
            "robo_queue_seconds", "Wait for the model.", buckets=_SECONDS, registry=registry
        )
        self.first_token_seconds = Histogram(
            "robo_first_token_seconds", "From its turn to the first token of a choice.",
            buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self.rate = Histogram(
            "robo_tokens_per_second", "Decoding rate of a choice.", buckets=_RATES, registry=registry
        )
        self.tokens = Counter("robo_tokens", "Tokens read and written.", ["kind"], registry=registry)
        self.finished = Counter("robo_choices", "Choices by how they ended.", ["finish"], registry=registry)
        self._queue = Gauge("robo_queue_length", "Requests that wait for the model.", registry=registry)
        self._busy = Gauge("robo_model_busy", "1 while the model writes.", registry=registry)

    def watch(self, waiting: Callable[[], int], busy: Callable[[], bool]) -> None:
        """Where the gauges look when they are asked."""
        self._queue.set_function(waiting)
        self._busy.set_function(busy)

    def note(self, answer: Answer, *, cancelled: bool) -> None:
        """Count one choice that ended, perhaps because the client went away."""
        self.tokens.labels("prompt").inc(answer.prompt_tokens)
        self.tokens.labels("completion").inc(answer.tokens)
        self.finished.labels("cancelled" if cancelled else answer.finish).inc()
        self.first_token_seconds.observe(answer.first_token)
        if answer.tokens:
            self.rate.observe(answer.report["timings"]["tokens_per_second"])

    def text(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)
