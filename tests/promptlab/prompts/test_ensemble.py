import pytest

from promptlab.errors import PromptError
from promptlab.prompts.clean import CleaningRules, clean_lines
from promptlab.prompts.ensemble import available_static, compose, static_prompts
from promptlab.prompts.lint import leaked_name
from promptlab.prompts.nouns import category_noun
from promptlab.types import State

NORMAL, ABNORMAL = State.NORMAL, State.ABNORMAL

# The data sets' own folders, from their papers' tables; the curated bank must not hold their names.
MVTEC_FOLDERS = {
    "bottle": "broken_large broken_small contamination",
    "cable": "bent_wire cable_swap combined cut_inner_insulation cut_outer_insulation "
    "missing_cable missing_wire poke_insulation",
    "capsule": "crack faulty_imprint poke scratch squeeze",
    "carpet": "color cut hole metal_contamination thread",
    "grid": "bent broken glue metal_contamination thread",
    "hazelnut": "crack cut hole print",
    "leather": "color cut fold glue poke",
    "metal_nut": "bent color flip scratch",
    "pill": "color combined contamination crack faulty_imprint pill_type scratch",
    "screw": "manipulated_front scratch_head scratch_neck thread_side thread_top",
    "tile": "crack glue_strip gray_stroke oil rough",
    "toothbrush": "defective",
    "transistor": "bent_lead cut_lead damaged_case misplaced",
    "wood": "color combined hole liquid scratch",
    "zipper": "broken_teeth combined fabric_border fabric_interior rough split_teeth "
    "squeezed_teeth",
}
VISA = (
    "candle", "capsules", "cashew", "chewinggum", "fryum", "macaroni1", "macaroni2", "pcb1", "pcb2",
    "pcb3", "pcb4", "pipe_fryum",
)  # fmt: skip
BANKS = (*MVTEC_FOLDERS, *VISA, "mono", "metal_plate", "magnetic_tile", "cookie", "textile", "x")

# Jeong et al., CVPR 2023, supplementary material; not read from our data file.
TEMPLATES = {
    f"a {kind} photo of {article} {{}}."
    for kind in ("cropped", "close-up", "bright", "dark", "jpeg corrupted", "blurry")
    for article in ("a", "the")
} | {
    f"a photo of {article} {rest}."
    for article in ("a", "the")
    for rest in (
        "{}",
        "small {}",
        "large {}",
        "{} for visual inspection",
        "{} for anomaly detection",
    )
}
STATES = {
    NORMAL: [
        "{}", "flawless {}", "perfect {}", "unblemished {}",
        "{} without flaw", "{} without defect", "{} without damage",
    ],
    ABNORMAL: ["damaged {}", "{} with flaw", "{} with defect", "{} with damage"],
}  # fmt: skip


@pytest.mark.parametrize("state", [NORMAL, ABNORMAL])
def test_winclip_equals_the_papers_list(state):
    assert len(TEMPLATES) == 22
    expected = {t.format(s.format("metal nut")) for s in STATES[state] for t in TEMPLATES}

    texts = static_prompts("winclip", "metal_nut").texts(state)

    assert set(texts) == expected
    assert len(texts) == len(expected)  # 7 * 22 and 4 * 22, none twice


def test_compose_goes_through_templates_within_a_state_phrase():
    made = compose(
        {NORMAL: ["{}", "new {}"], ABNORMAL: ["old {}"]},
        ["a {}.", "the {}!"],
        category="metal_nut",
        noun="metal nut",
        source="mine",
    )

    assert made.texts(NORMAL) == (
        "a metal nut.", "the metal nut!", "a new metal nut.", "the new metal nut!",
    )  # fmt: skip
    assert made.texts(ABNORMAL) == ("a old metal nut.", "the old metal nut!")
    assert made.category == "metal_nut"
    assert {prompt.source for prompt in made.prompts} == {"mine"}


@pytest.mark.parametrize(
    ("category", "noun", "expected"),
    [
        ("mono", None, "a solar cell with a broken corner"),
        ("mono", "monocrystalline solar cell", "a monocrystalline solar cell with a broken corner"),
        ("metal_plate", None, "a dented metal plate"),
        ("tile", None, "a chipped tile"),
        ("magnetic_tile", None, "a magnetic tile with small round pits"),
        ("pcb3", None, "a pcb3 with a crooked pin"),
        ("printed circuit board", None, "a printed circuit board with a crooked pin"),
        ("pipe_fryum", None, "a cracked pipe fryum"),
        ("fryum", None, "a fryum with a broken ring"),
        ("cookie", None, "a crumbled cookie"),
        ("bottle", None, "a bottle with a chipped rim"),
        ("grid", None, "a grid with a snapped wire"),
        ("doormat", None, "a doormat with a stain"),
        ("engine_wiring", None, "an engine wiring with a stain"),
    ],
)
def test_curated_picks_the_bank_of_the_noun(category, noun, expected):
    made = static_prompts("curated", category, noun=noun)

    assert expected in made.texts(ABNORMAL)
    assert made.category == category


@pytest.mark.parametrize("category", BANKS)
def test_curated_bank_sizes_and_slots(category):
    made = static_prompts("curated", category)

    assert 8 <= len(made.texts(NORMAL)) <= 12
    assert 8 <= len(made.texts(ABNORMAL)) <= 16
    assert not any("{" in prompt.text for prompt in made.prompts)


@pytest.mark.parametrize("category", BANKS)
@pytest.mark.parametrize("state", [NORMAL, ABNORMAL])
def test_curated_prompts_survive_the_cleaning_that_answers_go_through(category, state):
    rules = CleaningRules(category_noun(category), state)

    assert clean_lines(static_prompts("curated", category).texts(state), rules).dropped == ()


def test_static_prompts_when_the_name_is_unknown():
    assert available_static() == ("curated", "winclip")
    with pytest.raises(
        PromptError, match=r"unknown static prompts 'winclp'; did you mean 'winclip'"
    ):
        static_prompts("winclp", "nut")


@pytest.mark.parametrize("category", [*MVTEC_FOLDERS, *VISA, "textile", "mono"])
def test_curated_bank_is_the_categorys_own(category):
    noun = category_noun(category)
    generic = {text.replace("x", noun) for text in static_prompts("curated", "x").texts(ABNORMAL)}

    assert len({*static_prompts("curated", category).texts(ABNORMAL)} & generic) < 3


@pytest.mark.parametrize("category", MVTEC_FOLDERS)
def test_curated_bank_copies_no_name_of_a_defect_folder(category):
    noun = category_noun(category)
    names = MVTEC_FOLDERS[category].split()

    for prompt in static_prompts("curated", category).prompts:
        assert leaked_name(prompt.text.replace(noun, ""), names) == "", prompt.text
