"""What clients may send: OpenAI's requests, and three fields of ours (`lang`, `hardware`, `board`).

Strict, as every configuration here: a key that is not known, and a parameter that would have no effect, is an
error rather than a surprise. Reference: https://platform.openai.com/docs/api-reference/chat/create.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from robo_runtime.simulate.world import World

Text = Annotated[str, Field(max_length=1 << 20)]
_LARGEST_GRAMMAR = 64 * 1024
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logit_bias": ({},),
    "logprobs": (False, 0),
    "top_logprobs": (0,),
    "suffix": ("",),
    "echo": (False,),
    "best_of": (1,),
    "modalities": (["text"],),
}
"""Parameters that this server does not have, with the values that ask for nothing."""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class StreamOptions(_Request):
    """Options of `stream`."""

    include_usage: bool = False
    include_obfuscation: bool = False


class Common(_Request):
    """What chat and completions share."""

    model: str | None = Field(None, max_length=200, description="The id of /v1/models, or nothing.")
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2, description="0, the default, takes the best token.")
    top_k: int | None = Field(None, ge=0, le=1 << 20, description="Sample among so many tokens; 0: all.")
    top_p: float | None = Field(
        None, ge=0, le=1, description="Taken at temperature 0, where it changes nothing."
    )
    seed: int | None = Field(None, ge=-(1 << 63), lt=1 << 63)
    max_tokens: int | None = Field(None, ge=1, lt=1 << 31)
    n: int | None = Field(None, ge=1, le=128)
    stop: Annotated[str, Field(min_length=1)] | list[Annotated[str, Field(min_length=1)]] | None = Field(
        None, description="Up to four sequences that end the answer."
    )
    grammar: Text | None = Field(None, description="GBNF in place of the grammar of programs.")
    lang: str | None = Field(None, max_length=200, description="Language of the request, e.g. hi.")
    hardware: str | list[str] = Field("", description='Parts at hand, e.g. "LED on pin 4".')
    board: str | None = Field(
        None, max_length=200, description="A name of configs/boards; the server's own by default."
    )
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    logit_bias: dict[str, float] | None = None
    logprobs: bool | int | None = None
    user: str | None = None
    metadata: dict[str, Any] | None = None
    store: bool | None = None
    service_tier: str | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None

    @field_validator("stop")
    @classmethod
    def _few_stops(cls, value: str | list[str] | None) -> str | list[str] | None:
        if isinstance(value, list) and len(value) > 4:
            raise ValueError(f"up to 4 stop sequences are taken, not {len(value)}")
        if value is not None and any(len(s) > 256 for s in ([value] if isinstance(value, str) else value)):
            raise ValueError("a stop sequence may have 256 characters")
        return value

    @field_validator("grammar")
    @classmethod
    def _some_grammar(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("the grammar is empty; leave the key out to get programs")
        if value is not None and len(value) > _LARGEST_GRAMMAR:
            raise ValueError(
                f"a grammar may have {_LARGEST_GRAMMAR:,} characters, this one has {len(value):,}"
            )
        return value

    @model_validator(mode="after")
    def _nothing_without_effect(self) -> Common:
        for name, neutral in _NEUTRAL.items():
            value = getattr(self, name, None)
            if value is not None and value not in neutral:
                raise ValueError(f"{name} is not supported; leave it out")
        if self.top_p not in (None, 1) and self.temperature:
            raise ValueError("top_p is not supported above temperature 0; use top_k")
        return self

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop sequences as a tuple."""
        return (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())

    @property
    def usage_wanted(self) -> bool:
        """Whether a stream ends with the usage."""
        return self.stream_options is not None and self.stream_options.include_usage


class TextPart(_Request):
    """One part of a message."""

    type: Literal["text"]
    text: Text


class Message(BaseModel):
    """One message; answers of this API may be sent back as they are, so other keys are passed over."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: Text | list[TextPart] | None = None

    @property
    def text(self) -> str:
        """The text of all parts."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class SchemaFormat(_Request):
    """The schema of `response_format`."""

    name: str = Field(min_length=1)
    description: str | None = None
    json_schema: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None


class ResponseFormat(_Request):
    """`text` is a program here, as without it."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: SchemaFormat | None = None

    @model_validator(mode="after")
    def _schema_where_needed(self) -> ResponseFormat:
        if (self.type == "json_schema") != (self.json_schema is not None):
            raise ValueError("json_schema goes with type json_schema, and with no other")
        return self


class ToolName(_Request):
    """Which function."""

    name: str = Field(min_length=1)


class ToolChoice(_Request):
    """A call of one function."""

    type: Literal["function"]
    function: ToolName


class ChatRequest(Common):
    """`POST /v1/chat/completions`."""

    messages: list[Message] = Field(min_length=1, max_length=512)
    max_completion_tokens: int | None = Field(None, ge=1, lt=1 << 31)
    response_format: ResponseFormat | None = None
    tools: list[dict[str, Any]] | None = Field(None, max_length=128)
    tool_choice: Literal["none", "auto", "required"] | ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    top_logprobs: int | None = None
    modalities: list[str] | None = None
    reasoning_effort: str | None = None
    verbosity: str | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> ChatRequest:
        shaped = self.response_format is not None and self.response_format.type != "text"
        asked = {
            "grammar": self.grammar is not None,
            "response_format": shaped,
            "tools": bool(self.tools) and self.tool_choice != "none",
        }
        if len(given := [name for name, yes in asked.items() if yes]) > 1:
            raise ValueError(f"{' and '.join(given)} each fix what is written; give one of them")
        if self.tool_choice not in (None, "none", "auto") and not self.tools:
            raise ValueError("tool_choice asks for a call, but there are no tools")
        return self


class CompletionRequest(Common):
    """`POST /v1/completions`: each prompt is a request, as a user's message is in a chat."""

    prompt: Text | Annotated[list[Text], Field(min_length=1, max_length=16)]
    suffix: str | None = None
    echo: bool | None = None
    best_of: int | None = None

    @property
    def prompts(self) -> list[str]:
        """One or more prompts."""
        return [self.prompt] if isinstance(self.prompt, str) else self.prompt


class SimulateRequest(_Request):
    """`POST /simulate`."""

    code: Text
    until: float = Field(10.0, ge=0.001, description="Virtual seconds.")
    world: dict[str, Any] = Field({}, description="Inputs, as in docs/simulator.md.")

    def inputs(self) -> World:
        """The world as the simulator takes it; raises ConfigError."""
        from robo_runtime.files import validate

        return validate(self.world, World, "world")


class BlocksRequest(_Request):
    """`POST /blocks`: a program or a workspace, to get the other one."""

    code: Text | None = None
    workspace: dict[str, Any] | None = Field(None, description="What Blockly's serializer saves.")

    @model_validator(mode="after")
    def _one(self) -> BlocksRequest:
        if (self.code is None) == (self.workspace is None):
            raise ValueError("give code or a workspace, one of them")
        return self


class CheckRequest(_Request):
    """`POST /check`."""

    code: Text
    board: str | None = None
