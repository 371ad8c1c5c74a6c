"""The YAML files of `configs/`: what each field means is written here, where it is declared."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, PlainValidator, TypeAdapter, ValidationError, model_validator
from robo_runtime.errors import RoboError
from robo_runtime.files import Strict, read_config
from robo_runtime.paths import configs_dir


class ModelConfig(Strict):
    """Shape of a Llama: pre-norm, rotary positions, grouped-query attention, SwiGLU, tied embeddings."""

    name: str
    """Tier: nano, tiny, small, medium, or a name of your own."""
    vocab_size: int = Field(ge=320, le=65536)
    """Rows of the embedding; equals the tokenizer's size. At most 65,536: token files are uint16."""
    hidden_size: int = Field(ge=32, multiple_of=32)
    """Width; a multiple of 32, the block of Q4_0 and Q8_0."""
    intermediate_size: int = Field(ge=32, multiple_of=32)
    """Width inside the SwiGLU."""
    layers: int = Field(ge=1)
    heads: int = Field(ge=1)
    """Query heads."""
    kv_heads: int = Field(ge=1)
    """Key and value heads; each serves heads / kv_heads query heads."""
    context: int = Field(ge=64)
    """Longest sequence in tokens, prompt and program together."""
    rope_theta: float = Field(default=10000.0, gt=0)
    norm_eps: float = Field(default=1e-5, gt=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    """After attention and feed-forward, in training only."""

    @model_validator(mode="after")
    def _heads_fit(self) -> ModelConfig:
        if self.hidden_size % self.heads or self.heads % self.kv_heads:
            raise ValueError(
                f"hidden_size {self.hidden_size} must divide by heads {self.heads}, and heads by kv_heads"
                f" {self.kv_heads}"
            )
        if self.head_dim % 2:
            raise ValueError(f"head size {self.head_dim} must be even for rotary positions")
        return self

    @property
    def head_dim(self) -> int:
        """Size of one head."""
        return self.hidden_size // self.heads

    @property
    def kv_dim(self) -> int:
        """Width of the keys (and of the values) of one layer."""
        return self.kv_heads * self.head_dim


class TokenizerConfig(Strict):
    """How the SentencePiece BPE is trained."""

    name: str
    vocab_size: int = Field(ge=320, le=65536)
    max_piece: int = Field(default=64, ge=2, le=64)
    """Longest piece in characters; pieces may span words in code."""
    sample_lines: int = Field(default=400_000, ge=100)
    """At most this many distinct lines of the corpus are used."""
    file: str = ""
    """A `tokenizer.model`, checkpoint or GGUF whose tokenizer is taken instead of training one: what a run
    that starts from that model needs."""


class Augmentation(Strict):
    """How many further versions of each authored record are made, on average; 0 switches one off."""

    paraphrase: float = Field(default=1.0, ge=0, le=20)
    """The prompt in another frame and typed by somebody else."""
    pins: float = Field(default=2.0, ge=0, le=20)
    """All pins exchanged for others that can do the same, in program, prompt, parts and checks."""
    parameters: float = Field(default=1.0, ge=0, le=20)
    """A number of the program exchanged, in prompt and checks too."""
    comments: float = Field(default=0.3, ge=0, le=20)
    """Comments put in; programs only, without a prompt."""
    functions: float = Field(default=0.2, ge=0, le=20)
    """Statements gathered in a function; programs only."""
    hardware: float = Field(default=0.0, ge=0, le=20)
    """A part exchanged for another that is switched alike."""
    style: float = Field(default=0.0, ge=0, le=20)
    """The same program in other words (`value(1)` for `on()`); programs only."""


class CorpusConfig(Strict):
    """What the corpus is made of."""

    samples: int = Field(ge=1)
    """Instruction samples of the task composer, of all languages together."""
    languages: str = "english-only"
    """A file of configs/languages/mixes."""
    seed: int = 1
    phrasings: int = Field(default=3, ge=1)
    """Prompts rendered for each verified task."""
    focus: float = Field(default=0.0, ge=0, le=1)
    """Share of the tasks that are what beginners ask for first: what a small budget learns best."""
    validation: int = Field(default=400, ge=1)
    """Samples of each held-out split kept for validation."""
    project_repeats: int = Field(default=1, ge=0)
    """How often each authored project prompt appears."""
    sketches: int = Field(default=20, ge=0)
    """Variants of each sketch of data/sketches; English."""
    augmentation: Augmentation = Augmentation()
    translation: str = ""
    """A provider of translations, `package.module:Class`; human translations need none."""


def _seconds(value: Any) -> Any:
    """'90s', '10m', '1.5h' or a number of seconds."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|h)?\s*", value)
    if not match:
        raise ValueError("expected a time such as 90s, 10m or 1.5h")
    return float(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2] or "s"]


Seconds = Annotated[float, BeforeValidator(_seconds)]

AUTO: Final = "auto"
AUTO_FIELDS = ("precision", "compile", "batch_tokens", "accumulate", "learning_rate")
"""What `auto` stands for is derived from tier, budget and machine, in `dial.py`."""


def _auto_or(kind: Any) -> PlainValidator:
    """`auto`, or what `kind` reads; said in one sentence where a union would say two."""
    adapter = TypeAdapter(kind)

    def read(value: Any) -> Any:
        if value == AUTO:
            return value
        try:
            return adapter.validate_python(value)
        except ValidationError as e:
            problem = e.errors()[0]["msg"]
            raise ValueError(f"expected auto or a value: {problem[0].lower()}{problem[1:]}") from None

    return PlainValidator(read)


_BatchTokens = Annotated[int, Field(ge=64)]
_Accumulate = Annotated[int, Field(ge=1)]
_Rate = Annotated[float, Field(gt=0)]


class TrainConfig(Strict):
    """One recipe: a tier, its data, and how it is trained."""

    name: str
    """Name of the checkpoint and of everything exported from it, e.g. robo-nano."""
    model: str
    """A file of configs/models."""
    tokenizer: str
    """A file of configs/tokenizers."""
    corpus: CorpusConfig
    budget: Seconds | None = None
    """Wall-clock limit of training; the learning rate is annealed to its end."""
    epochs: float | None = Field(default=None, gt=0)
    """Passes over the instruction data (if mixed, over all text); the first limit reached ends training."""
    max_steps: int | None = Field(default=None, ge=1)
    """Optimiser steps; the first limit reached ends training."""
    max_length: int = Field(default=512, ge=32)
    """Longer samples are dropped and counted."""
    batch_tokens: Annotated[int | Literal["auto"], _auto_or(_BatchTokens)] = 4096
    """Tokens per forward pass, padding included; auto: grows with the tokens of the run."""
    optimiser: Literal["muon", "adamw"] = "muon"
    """Muon learns far more from each token; AdamW is cheaper for each step."""
    accumulate: Annotated[int | Literal["auto"], _auto_or(_Accumulate)] = 1
    """Forward passes per optimiser step; auto: more than one where memory is short."""
    learning_rate: Annotated[float | Literal["auto"], _auto_or(_Rate)] = 2e-3
    """At its peak; auto: falls with the parameters, grows with the batch."""
    final_lr: float = Field(default=0.05, ge=0, le=1)
    """Share of the learning rate left at the end of the cosine."""
    warmup: float = Field(default=0.02, ge=0, lt=1)
    """Share of the run spent warming up."""
    weight_decay: float = Field(default=0.1, ge=0)
    schedule: Literal["cosine", "wsd"] = "cosine"
    """wsd: warm up, stay, decay (Hu et al. 2024): such a run can be lengthened (`training/schedule.py`)."""
    decay: float = Field(default=0.3, gt=0, le=1)
    """Share of the run that decays under wsd."""
    clip: float = Field(default=1.0, gt=0)
    """Largest gradient norm."""
    ema: float = Field(default=0.0, ge=0, lt=1)
    """Decay of a moving average of the weights (0.999, say) that is validated and exported; 0: none."""
    patience: int | None = Field(default=None, ge=1)
    """Validations in the last phase without a better loss after which the run ends, its decay cut short."""
    gradient_checkpointing: bool = False
    """Compute activations again in the backward pass: far less memory, a third more arithmetic."""
    pretrain: float = Field(default=0.1, ge=0, le=1)
    """Share of the run on all text with the loss on every token; the rest is instruction tuning."""
    order: Literal["pretrain-first", "mixed"] = "pretrain-first"
    """mixed: no `pretrain`, but all text from the first step on; of instructions the program alone counts."""
    packing: bool = False
    """Several samples in each row of max_length, with attention within a sample only; else padding."""
    qat: Literal["none", "q4_0"] = "q4_0"
    """Quantisation-aware training: the exported INT4 file then holds exactly the trained weights."""
    qat_start: float = Field(default=0.6, ge=0, le=1)
    """Share of the run before weights are quantised in the forward pass."""
    validate_every: float = Field(default=0.1, gt=0, le=1)
    """Share of the run between validations."""
    validate_batches: int = Field(default=16, ge=1)
    """Batches of each validation on the way; the last one takes all."""
    save_every: Seconds = 60.0
    """Seconds between resumable checkpoints."""
    precision: Literal["auto", "32-true", "bf16-mixed", "16-mixed"] = "auto"
    """auto: measured on a CPU, what the device has on a GPU."""
    compile: Annotated[bool | Literal["auto"], _auto_or(bool)] = False
    """torch.compile; needs a C++ compiler. auto: on where it can be, in runs longer than five minutes."""
    trackers: list[Literal["tensorboard", "trackio", "wandb"]] = ["tensorboard"]
    """Where the figures go besides the run folder; none where the list is empty."""
    seed: int = 1

    @model_validator(mode="after")
    def _ends(self) -> TrainConfig:
        if self.budget is None and self.epochs is None and self.max_steps is None:
            raise ValueError("nothing ends this run: give budget, epochs or max_steps")
        if self.schedule == "wsd" and self.warmup + self.decay > 1:
            raise ValueError(f"warmup {self.warmup} and decay {self.decay} are more than the whole run")
        if self.batch_tokens != AUTO and self.max_length > self.batch_tokens:
            raise ValueError(f"max_length {self.max_length} is more than batch_tokens {self.batch_tokens}")
        return self

    @property
    def pretrain_share(self) -> float:
        """Share of the run that pretrains."""
        return 0.0 if self.order == "mixed" else self.pretrain

    @cached_property
    def model_config_(self) -> ModelConfig:
        """The tier's shape."""
        return load_model_config(self.model)

    @cached_property
    def tokenizer_config(self) -> TokenizerConfig:
        """The tokenizer's recipe."""
        return load_tokenizer_config(self.tokenizer)


class ResolvedConfig(TrainConfig):
    """A recipe as it is trained: nothing is left to derive."""

    batch_tokens: _BatchTokens
    accumulate: _Accumulate
    learning_rate: _Rate
    precision: Literal["32-true", "bf16-mixed", "16-mixed"]
    compile: bool


def _find(kind: str, name: str) -> Path:
    """`name` is a file of `configs/<kind>` without its ending, or the path of a YAML file."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else configs_dir() / kind / f"{name}.yaml"
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in (configs_dir() / kind).glob("*.yaml")))
        raise RoboError(f"{path}: no such file; configs/{kind} has: {known or 'nothing'}")
    return path


def load_model_config(name: str) -> ModelConfig:
    """Read `configs/models/<name>.yaml`, or the YAML file at the path `name`."""
    return read_config(_find("models", name), ModelConfig)


def load_tokenizer_config(name: str) -> TokenizerConfig:
    """Read `configs/tokenizers/<name>.yaml`, or the YAML file at the path `name`."""
    return read_config(_find("tokenizers", name), TokenizerConfig)


def load_train_config(tier: str, /, **overrides: Any) -> TrainConfig:
    """Read `configs/training/<tier>.yaml` with command-line overrides; None leaves a field alone.

    Raises:
        RoboError: a missing file, an unknown key, a bad value, or a model and tokenizer that disagree.
    """
    from robo_runtime.files import read_data, validate

    path = _find("training", tier)
    data = read_data(path)
    if not isinstance(data, dict):
        raise RoboError(f"{path}: expected keys and values")
    for key, value in overrides.items():
        if value is not None:
            data[key] = value
    config = validate(data, TrainConfig, str(path))
    model, tokenizer = config.model_config_, config.tokenizer_config
    if model.vocab_size != tokenizer.vocab_size:
        raise RoboError(
            f"{path}: model {config.model} has vocab_size {model.vocab_size}, tokenizer {config.tokenizer}"
            f" {tokenizer.vocab_size}; they must be equal"
        )
    if config.max_length > model.context:
        raise RoboError(
            f"{path}: max_length {config.max_length} exceeds the context {model.context} of {config.model}"
        )
    return config
