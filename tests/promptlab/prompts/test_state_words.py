import pytest

from promptlab.prompts.state_words import state_evidence


@pytest.mark.parametrize(
    ("text", "normal", "abnormal"),
    [
        ("a nut with a crack", (), ("crack",)),
        ("a nut with no scratches", ("scratches",), ()),
        ("a nut without any stain, dent or crack", ("stain", "dent", "crack"), ()),
        ("a nut free of scratches", ("scratches",), ()),
        ("a scratch-free nut", ("scratch",), ()),
        ("a flawless nut", ("flawless",), ()),
        ("an undamaged, unbroken nut", ("undamaged", "unbroken"), ()),
        ("a nut that is not smooth", (), ("smooth",)),
        ("a nut that is no longer smooth", (), ("smooth",)),
        ("a nut with no dents, perfect shape", ("dents", "perfect"), ()),
        ("a nut with no label and with a crack", (), ("crack",)),
        ("no rust but a deep scratch", ("rust",), ("scratch",)),
        ("a nut without rust. It is cracked", ("rust",), ("cracked",)),
        ("a stainless nut with a crackling coat", (), ()),
        ("a rotating disc, a pitcher, a ripe pear", (), ()),
        ("a nut that isn't damaged", ("damaged",), ()),
        ("a nut with nothing missing", ("missing",), ()),
        ("An UNEVEN Surface", (), ("uneven",)),
    ],
)
def test_state_evidence(text, normal, abnormal):
    found = state_evidence(text)

    assert (found.normal, found.abnormal) == (normal, abnormal)


@pytest.mark.parametrize(
    ("text", "weak", "idle"),
    [
        ("a plate with evenly spaced holes", ("holes",), ()),
        ("a plate with no holes", (), ()),
        ("a plate with no wires", (), ("no",)),
        ("a plate with no wires and without cracks", (), ("no",)),
        ("a plate without a scratch", (), ()),
    ],
)
def test_state_evidence_weak_words_and_idle_negations(text, weak, idle):
    found = state_evidence(text)

    assert (found.weak, found.idle_negations) == (weak, idle)
