"""What people say around a request. No frame names a part, a number or a time, and none is in the corpus."""

from __future__ import annotations

from random import Random

_FRAMES = {
    "en": (
        "Grandma knitted a cover for my gadget, now it wants to be useful: {} Many thanks and best wishes!",
        "Would be ever so grateful for your kind assistance with the matter below.\n{}",
        "It is raining, nobody is home and I feel like tinkering, so here goes: {}",
        "{} I promised our neighbours that it works before dinner, no pressure.",
        "Hiya genius! We are stuck in the makers' club again. {} Cheers!!",
        "Quick favour before the bus leaves, please and thank you: {}",
    ),
    "es": ("Mi abuela quiere verlo funcionar: {} ¡Mil gracias de antemano!",
           "Buenas, una pequeña ayuda para el club de ciencias, por favor: {}"),
    "fr": ("Ma grand-mère veut le voir marcher : {} Mille mercis d'avance !",
           "Bonjour, un petit coup de main pour le club de sciences, s'il vous plaît : {}"),
    "pt": ("A minha avó quer ver isto a funcionar: {} Muito obrigado desde já!",
           "Olá, uma pequena ajuda para o clube de ciências, por favor: {}"),
    "hi": ("नमस्ते, हमारे विज्ञान मेले के लिए थोड़ी मदद चाहिए: {} बहुत धन्यवाद!",),
    "hi-Latn": ("namaste dost, science mele ke liye thodi madad chahiye: {} bahut dhanyavaad!",),
    "bn": ("নমস্কার, আমাদের বিজ্ঞান মেলার জন্য একটু সাহায্য দরকার: {} অনেক ধন্যবাদ!",),
    "zh": ("您好，我们科学俱乐部想请您帮个忙：{} 非常感谢！",),
    "ja": ("こんにちは、科学クラブの課題です。よろしくお願いします：{} ありがとうございます！",),
    "ar": ("مرحبا، نحتاج إلى مساعدة صغيرة لنادي العلوم من فضلك: {} شكرا جزيلا!",),
}  # fmt: skip


def frame(task: str, lang: str, rng: Random) -> str:
    """`task` in a frame of its language, a list on lines of its own; unchanged where there is none."""
    if lang not in _FRAMES:
        return task
    text = task if task.rstrip()[-1:] in ".!?。！？।؟" else f"{task.rstrip()}{_stop(lang)}"
    if "\n" in task:
        text = f"\n{task.rstrip()}\n"
    return rng.choice(_FRAMES[lang]).format(text).strip()


def _stop(lang: str) -> str:
    return {"zh": "。", "ja": "。", "hi": "।", "bn": "।"}.get(lang, ".")
