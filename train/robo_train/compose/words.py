"""Slots that are said by a phrase rule of their own: directions, colours, "active low"."""

from __future__ import annotations

from robo_runtime.files import Strict

from robo_train.compose.phrases import Grammar, Voice


class Words(Strict):
    """A choice that must be said once; `{slot:form}` is said by `<rule>_<form>`, `{slot}` by `<rule>`."""

    rule: str

    def spoken(self, grammar: Grammar, form: str, voice: Voice) -> str:
        """See the class."""
        return grammar.say("_".join(filter(None, (self.rule, form))), {}, voice)
