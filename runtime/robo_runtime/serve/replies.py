"""Answers in OpenAI's format, whole or as server-sent events."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

from robo_runtime.serve.writer import Answer, Call, Piece

MEDIA_TYPE = "text/event-stream"
END = b"data: [DONE]\n\n"


def event(data: Any) -> bytes:
    """One server-sent event."""
    return f"data: {json.dumps(data, separators=(',', ':'))}\n\n".encode()


def usage(answers: Sequence[Answer], n: int) -> dict[str, int]:
    """Tokens read and written; a prompt answered `n` times counts once."""
    prompt = sum(answer.prompt_tokens for answer in answers if answer.index % n == 0)
    written = sum(answer.tokens for answer in answers)
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}


class Chat:
    """The replies to one chat request."""

    def __init__(self, model: str) -> None:
        self._head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "created": int(time.time()), "model": model}
        self._begun: set[int] = set()

    def whole(self, answers: Sequence[Answer], used: dict[str, int]) -> dict[str, Any]:
        """The reply that is not streamed."""
        choices = [
            {
                "index": answer.index,
                "message": {"role": "assistant", "content": answer.text, "refusal": None}
                | ({"content": None, "tool_calls": _calls(answer.calls)} if answer.calls else {}),
                "logprobs": None,
                "finish_reason": answer.finish,
                "robo": answer.report,
            }
            for answer in answers
        ]
        return {**self._head, "object": "chat.completion", "choices": choices, "usage": used}

    def piece(self, piece: Piece) -> list[dict[str, Any]]:
        """The chunks for a piece of text."""
        return [*self._begin(piece.index), self._chunk(piece.index, {"content": piece.text})]

    def end(self, answer: Answer) -> list[dict[str, Any]]:
        """The chunks that end one choice."""
        chunks = self._begin(answer.index)
        if answer.calls:
            calls = [{"index": i, **call} for i, call in enumerate(_calls(answer.calls))]
            chunks.append(self._chunk(answer.index, {"tool_calls": calls}))
        return [*chunks, self._chunk(answer.index, {}, answer.finish, robo=answer.report)]

    def usage(self, used: dict[str, int]) -> dict[str, Any]:
        """The chunk that tells the usage."""
        return {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": used}

    def _begin(self, index: int) -> list[dict[str, Any]]:
        if index in self._begun:
            return []
        self._begun.add(index)
        return [self._chunk(index, {"role": "assistant", "content": ""})]

    def _chunk(
        self, index: int, delta: dict[str, Any], finish: str | None = None, **more: Any
    ) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish, **more}
        return {**self._head, "object": "chat.completion.chunk", "choices": [choice], "usage": None}


class Completion:
    """The replies to one completion request."""

    def __init__(self, model: str) -> None:
        self._head = {
            "id": f"cmpl-{uuid.uuid4().hex}",
            "object": "text_completion",
            "created": int(time.time()),
            "model": model,
        }

    def whole(self, answers: Sequence[Answer], used: dict[str, int]) -> dict[str, Any]:
        """The reply that is not streamed."""
        choices = [self._choice(a.index, a.text, a.finish, robo=a.report) for a in answers]
        return {**self._head, "choices": choices, "usage": used}

    def piece(self, piece: Piece) -> list[dict[str, Any]]:
        """The chunks for a piece of text."""
        return [{**self._head, "choices": [self._choice(piece.index, piece.text, None)], "usage": None}]

    def end(self, answer: Answer) -> list[dict[str, Any]]:
        """The chunks that end one choice."""
        choice = self._choice(answer.index, "", answer.finish, robo=answer.report)
        return [{**self._head, "choices": [choice], "usage": None}]

    def usage(self, used: dict[str, int]) -> dict[str, Any]:
        """The chunk that tells the usage."""
        return {**self._head, "choices": [], "usage": used}

    @staticmethod
    def _choice(index: int, text: str, finish: str | None, **more: Any) -> dict[str, Any]:
        return {"index": index, "text": text, "logprobs": None, "finish_reason": finish, **more}


def _calls(calls: Sequence[Call]) -> list[dict[str, Any]]:
    return [
        {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": call._asdict()}
        for call in calls
    ]
