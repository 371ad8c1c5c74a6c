"""A Modelfile, so that `ollama create` takes an export folder as it is."""

from __future__ import annotations

from robo_convert.checkpoint import Checkpoint
from robo_convert.gguf_file import END_OF_TURN

_TEMPLATE = '''\
# ollama create {name} -f Modelfile && ollama run {name} "blink the LED on pin 2"
# Ollama has no option for robot.gbnf, so its answers are not held to the kit's functions as those of robo and
# llama.cpp are (llama-cli --grammar-file robot.gbnf). It adds <bos> itself.
FROM ./{model}
TEMPLATE """{prompt}"""
PARAMETER temperature 0
PARAMETER num_ctx {context}
PARAMETER stop "{stop}"
LICENSE {licence}
'''
_PROMPT = "{{ if .System }}[SYSTEM]{{ .System }}[/SYSTEM]{{ end }}[USER]{{ .Prompt }}[/USER][CODE]"


def modelfile(model: str, source: Checkpoint) -> str:
    """The Modelfile of one model file (https://docs.ollama.com/modelfile)."""
    if source.training.imported:
        return f"FROM ./{model}\nPARAMETER num_ctx {source.shape.context}\n"
    return _TEMPLATE.format(
        name=source.name,
        model=model,
        prompt=_PROMPT,
        context=source.shape.context,
        stop=END_OF_TURN,
        licence=source.training.licence,
    )
