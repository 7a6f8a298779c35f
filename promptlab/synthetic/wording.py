"""How captions speak of states: adjectives, nouns and sentences for normal and for each defect.

In sentences ``{c}`` stands for a noun. Nouns carry their article, plurals have none. Near-synonyms
share sets of defects, so that what a person would call true is not counted as false.
"""

from dataclasses import dataclass

__all__ = [
    "ABNORMAL",
    "DEFECT_WORDINGS",
    "HELD_OUT_ABNORMAL",
    "HELD_OUT_NORMAL",
    "NEGATED",
    "NEGATIONS",
    "NORMAL",
    "NOT_NORMAL",
    "Wording",
]


@dataclass(frozen=True)
class Wording:
    """One concept and the ways to say it.

    Attributes:
        states: Kinds of defect for which it is true; empty for the general concepts, whose states
            the builder knows.
        adjectives: Stand before a noun: "scratched".
        nouns: Things on the object, with article: "a scratch".
        endings: Follow a noun: "with a flaw".
        sentences: Whole captions.
    """

    states: frozenset[str]
    adjectives: tuple[str, ...]
    nouns: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()


def _split(words: str, by: str = ",") -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split(by) if word.strip())


def _about(states: str, adjectives: str, nouns: str, sentences: str) -> Wording:
    return Wording(
        frozenset(states.split()),
        _split(adjectives),
        _split(nouns),
        sentences=_split(sentences, ";"),
    )


NORMAL = Wording(
    frozenset(),
    _split(
        "flawless, perfect, unblemished, intact, undamaged, defect-free, clean, normal, good, "
        "spotless, unmarked, faultless, sound, regular, brand new, well-made, fine, unbroken, "
        "high-quality, blemish-free"
    ),
    endings=_split(
        "without flaw, without defect, without damage, without any defect, without defects, "
        "without any flaws, in perfect condition, in good condition, free of defects, "
        "with no visible damage, without scratches or stains, with no flaws, without any marks, "
        "that passed inspection, free from blemishes, with a uniform appearance, "
        "with an even surface, showing no anomalies, with a consistent texture, "
        "that looks normal, with nothing unusual, as it should be, in its normal state, "
        "of good quality, without imperfections, with no anomaly"
    ),
    sentences=_split(
        "The surface is smooth and even, with no visible marks;"
        "a smooth uniform surface without any marks;"
        "a consistent, even texture across the whole {c};"
        "the {c} is intact and complete;"
        "a regular repeating pattern with no interruption;"
        "uniform colour and an even finish on the {c};"
        "a clean {c} with sharp, well-defined edges;"
        "the {c} has a homogeneous surface;"
        "all parts of the {c} are present and correctly shaped;"
        "the surface of the {c} is unbroken and consistent;"
        "an evenly finished {c} with no spots, cracks or foreign objects;"
        "no scratches, holes or stains are visible on the {c};"
        "a {c} with a symmetrical shape and a complete outline;"
        "consistent tone with no discolored areas;"
        "the pattern of the {c} is regular and continuous;"
        "the {c} looks exactly as expected;"
        "the {c} has smooth edges and a complete shape;"
        "an evenly distributed texture without irregularities;"
        "the {c} shows uniform material with natural variation;"
        "everything about the {c} looks normal;"
        "the edges of the {c} are straight, clean and unbroken;"
        "the contour of the {c} is complete and undistorted;"
        "the colour of the {c} is even from edge to edge;"
        "the color is consistent and the finish is uniform;"
        "the {c} keeps its proper shape, with no bends or dents;"
        "every element of the {c} is in its correct place;"
        "the {c} is free of dirt, dust and foreign particles;"
        "the texture is uniform, without gaps or breaks;"
        "the {c} has a clear, regular structure and an even tone;"
        "nothing disturbs the surface of the {c};"
        "the finish of the {c} is clean and continuous;"
        "the {c} shows no signs of wear or damage;"
        "a well-formed {c} with a clean surface;"
        "only the natural texture of the {c} can be seen;"
        "the outline is crisp and nothing is missing from the {c};"
        "the {c} meets all quality requirements",
        ";",
    ),
)

ABNORMAL = Wording(
    frozenset(),
    _split(
        "damaged, defective, faulty, flawed, abnormal, imperfect, bad, anomalous, ruined, "
        "blemished, spoiled, substandard, irregular, low-quality, unsound"
    ),
    _split(
        "a defect, a flaw, damage, an anomaly, a blemish, an imperfection, defects, flaws, "
        "a fault, an abnormality, visible damage, an irregularity"
    ),
    _split(
        "with flaw, with defect, with damage, with a defect, with defects, with visible damage, "
        "with an anomaly, with a flaw on it, with an irregular area, with something wrong, "
        "with a damaged region, that failed inspection, with a visible imperfection, "
        "with an abnormal spot, in bad condition, with unexpected marks, of poor quality, "
        "in damaged condition, with a local defect, showing an anomaly"
    ),
    _split(
        "an irregular area that differs from the rest of the {c};"
        "a local disturbance in the regular pattern;"
        "the {c} shows an unexpected mark;"
        "part of the {c} looks different from its surroundings;"
        "an inconsistent region on the surface;"
        "the surface of the {c} is interrupted by a defect;"
        "visible damage on the {c};"
        "something unusual is present on the {c};"
        "the {c} has a noticeable imperfection;"
        "an abnormal spot breaks the uniform texture;"
        "an uneven, damaged area on the {c};"
        "the {c} is not intact;"
        "there is a fault on the {c};"
        "unusual marks or shapes on the {c};"
        "one region of the {c} does not match the rest;"
        "the even appearance of the {c} is broken by a flaw;"
        "an anomaly is visible on the {c};"
        "the {c} does not meet quality requirements;"
        "the {c} has been damaged;"
        "a defect stands out against the {c};"
        "the {c} differs from a good one;"
        "there is clear damage to the {c};"
        "a small area of the {c} is wrong;"
        "the structure of the {c} is disturbed in one place",
        ";",
    ),
)

NOT_NORMAL = _split(
    "the {c} is not perfect;the {c} is no longer flawless;a {c} that is not in good condition;"
    "not a flawless {c};a {c} that is not free of defects;the {c} is far from perfect;"
    "this {c} is not undamaged;a {c} that did not pass inspection;the {c} does not look normal;"
    "the surface of the {c} is not clean and even;the {c} is not defect-free;"
    "the {c} is not as it should be",
    ";",
)
"""Negations of normal words: abnormal."""

NEGATIONS = _split(
    "no {n};a {c} with no {n};a {c} without {n};a {c} without any {n};the {c} is free of {n};"
    "there are no {n} on the {c};no {n} can be seen on the {c};the {c} has no {n};"
    "a photo of a {c} without {n};a close-up photo of a {c} with no {n};"
    "{c} free from {n};the {c} shows no {n};not a trace of {n} on the {c};"
    "an image of a {c} free of {n};no sign of {n} on the {c};the {c} does not have {n};"
    "neither {n} nor {m} on the {c};a {c} without {n} or {m};there are no {n} and no {m}",
    ";",
)
"""Negations of defect words, ``{n}`` and ``{m}`` plural nouns: normal."""

NEGATED = _split(
    "scratches, cracks, holes, cuts, dents, stains, particles, discolored areas, rust spots, "
    "burn marks, loose threads, glue residues, punctures, smears, creases, bent parts, "
    "distortions, missing parts, chips, wrong parts, misplaced parts, frayed fibres, bubbles, "
    "defects, flaws, marks, blemishes, spots, contaminants, broken edges, breaks, wrinkles, "
    "dark lines, foreign objects, dirt, damage, corrosion"
)

DEFECT_WORDINGS: tuple[Wording, ...] = (
    _about(
        "scratch",
        "scratched, scraped, scuffed",
        "a scratch, scratches, a scratch mark, surface scratches, linear scratches, scuff marks",
        "thin bright lines scraped across the surface of the {c}; fine scratch lines on the {c};"
        "a long thin mark scraped into the surface; shallow linear marks run over the {c};"
        "the surface of the {c} has been scratched; there is a scratch on the {c}",
    ),
    _about(
        "crack",
        "cracked, fractured",
        "a crack, cracks, a hairline crack, a branching crack, a fracture line",
        "a dark jagged line splits the {c}; branching dark cracks across the surface;"
        "there is a thin dark crack running across the {c}; the {c} is split by a crack;"
        "a thin irregular fracture in the {c}; a zigzag crack spreads over the {c}",
    ),
    _about(
        "hole poke",
        "punctured, pierced",
        "a hole, holes, a puncture, a small hole, a pinhole",
        "a dark round hole in the {c}; a small dark opening where material is missing;"
        "a hole goes through the surface of the {c}; the {c} has been punctured;"
        "there is an unwanted hole in the {c}",
    ),
    _about(
        "poke",
        "poked, pricked",
        "a poke mark, a needle mark, a prick, a tiny puncture",
        "a tiny dark dot pressed into the {c}; a small pricked point on the {c};"
        "the {c} was poked with a needle; a tiny pit with a raised rim",
    ),
    _about(
        "cut",
        "slashed, sliced",
        "a cut, a slit, a knife cut, a straight cut, cuts",
        "a straight narrow slit in the {c}; a clean dark cut across the surface;"
        "the {c} has been cut with a blade; a sharp slit opens the {c}",
    ),
    _about(
        "dent",
        "dented",
        "a dent, dents, a dented area, an impression, a depression",
        "a shallow depression with shading on the {c}; the surface of the {c} is pushed inward;"
        "a rounded dent distorts the light on the {c}; the {c} was dented by a blow",
    ),
    _about("dent bubble", "bumpy", "a bump, bumps, a bulge", "a raised bump on the {c}"),
    _about(
        "stain",
        "stained, soiled",
        "a stain, stains, a liquid stain, a blotch, a water mark",
        "a dark irregular blotch on the {c}; a spilled liquid left a mark on the {c};"
        "a dirty patch with soft edges; the {c} is stained in one place",
    ),
    _about(
        "contamination",
        "contaminated",
        "contamination, a foreign particle, debris, a dirt particle, foreign particles",
        "a small foreign particle lies on the {c}; bits of debris on the surface;"
        "an unfamiliar piece of material is stuck on the {c}; specks of powder on the {c}",
    ),
    _about(
        "discoloration stain burn",
        "discolored, faded",
        "discoloration, a color defect, a colored spot, a discolored area, a faded patch",
        "a patch of a different color on the {c}; an uneven tone with a lighter or darker area;"
        "the color of the {c} changes in one region; a discoloured patch with blurred borders",
    ),
    _about(
        "rust",
        "rusty, corroded",
        "rust, rust spots, corrosion, a rust stain, a rusty area",
        "orange-brown rust on the {c}; corroded reddish patches on the metal;"
        "rust has eaten into the {c}; rough brown corrosion on the surface",
    ),
    _about(
        "burn",
        "burnt, scorched",
        "a burn, a burn mark, a scorch mark, a burnt area",
        "a blackened scorched area on the {c}; a dark patch with brown edges left by heat;"
        "the {c} was burnt in one place; heat has blackened the {c}",
    ),
    _about(
        "thread",
        "",
        "a loose thread, a fiber, a hair, a fibre, a stray hair",
        "a thin curly thread lies on the {c}; a hair on the surface of the {c};"
        "a loose fiber strand on the {c}; a curled fibre casts a fine shadow on the {c}",
    ),
    _about(
        "glue",
        "",
        "glue, glue residue, a glue strip, an adhesive blob, a glue drop",
        "a shiny translucent glue blob on the {c}; glossy adhesive residue on the surface;"
        "a drop of glue has dried on the {c}",
    ),
    _about(
        "smear",
        "smeared, smudged",
        "a smear, a print smear, a smudge mark, a blurred area, a wiped streak",
        "a blurred smeared area on the {c}; the print on the {c} is smudged;"
        "a rubbed and blurry region; streaks where the {c} was wiped",
    ),
    _about(
        "crease",
        "creased, wrinkled, folded",
        "a crease, a fold, wrinkles, a crease line, a fold line",
        "a fold line runs across the {c}; the {c} is wrinkled;"
        "soft light and dark crease lines on the {c}; the {c} has been folded and pressed",
    ),
    _about(
        "bent",
        "bent, warped",
        "a bend, a bent part, warping",
        "the {c} is bent out of shape; a warped outline; one end of the {c} is bent to the side",
    ),
    _about(
        "bent twist",
        "deformed, misshapen, distorted",
        "a deformation, a distortion, a distorted region",
        "the shape of the {c} is deformed; the pattern of the {c} is distorted;"
        "the {c} has lost its proper shape",
    ),
    _about(
        "twist",
        "twisted, swirled",
        "a twisted area, a swirl, a twist",
        "the pattern is twisted in one place; a swirled, deformed area on the {c}",
    ),
    _about(
        "missing",
        "incomplete",
        "a missing part, a missing piece, a missing corner",
        "a piece of the {c} is missing; the {c} is incomplete; part of the {c} has been lost;"
        "one end of the {c} is gone and the background shows",
    ),
    _about(
        "missing chip",
        "chipped",
        "a broken edge, a broken part, missing material, a chipped edge",
        "the edge of the {c} is broken off; a chunk is broken out of the {c};"
        "material has come off the edge of the {c}",
    ),
    _about(
        "chip",
        "flaky",
        "a chip in the surface, a chipped area, a broken-out flake",
        "a chipped area with rough edges; a flake has broken out of the {c};"
        "a rough fracture surface shows on the {c}",
    ),
    _about(
        "swap",
        "",
        "a foreign patch, the wrong material, a patch of different texture",
        "a patch of a different texture on the {c}; a region made of the wrong material;"
        "part of the {c} was replaced by another material",
    ),
    _about(
        "misplaced swap",
        "misaligned, wrongly assembled",
        "a misplaced part, a misalignment, a wrong part",
        "a part of the {c} is in the wrong place; a patch of the {c} does not fit its place",
    ),
    _about(
        "misplaced",
        "misplaced",
        "a shifted piece, a rotated patch, a wrong placement",
        "a misaligned pattern region; a rotated patch that does not fit;"
        "a piece of the {c} has been moved",
    ),
    _about(
        "frayed",
        "frayed, fuzzy",
        "frayed threads, pulled threads, fraying, torn fibers",
        "frayed threads stick out of the {c}; fibres are pulled out of the weave;"
        "the {c} is worn and its threads are loose",
    ),
    _about(
        "bubble",
        "bubbly, blistered",
        "bubbles, air bubbles, blisters, a bubble, a blister",
        "small round bubbles on the {c}; raised blisters with shiny highlights;"
        "trapped air lifts the surface of the {c}",
    ),
    _about(
        "hole crack cut chip missing",
        "broken",
        "a break, breakage, structural damage",
        "the {c} is physically broken; the material of the {c} has given way",
    ),
    _about("cut frayed crack", "torn", "a tear", "the material of the {c} is torn"),
    _about(
        "stain contamination discoloration rust burn glue smear",
        "dirty, spotted, impure",
        "spots, unwanted spots, surface contamination, dirt, dirty patches",
        "spots of a different color on the {c}; the surface of the {c} is dirty;"
        "dark or coloured spots on the surface",
    ),
    _about(
        "scratch crack cut thread crease",
        "",
        "a thin line defect, an unexpected line, line marks",
        "an unexpected line across the {c}; a thin line that does not belong to the pattern",
    ),
    _about(
        "contamination thread glue swap",
        "",
        "a foreign object, foreign material, something foreign",
        "something that does not belong lies on the {c}; a foreign object on the {c}",
    ),
    _about(
        "bent twist dent crease",
        "uneven",
        "a change of shape, a shape defect",
        "the {c} is no longer flat and straight",
    ),
)

HELD_OUT_NORMAL = _split(
    "immaculate {c};pristine {c};unspoiled {c};exemplary {c};a {c} of acceptable quality;"
    "the {c} appears healthy and undisturbed;even, seamless grain throughout;"
    "there is nothing wrong with this {c};an ideal example of a {c};"
    "a {c} ready to be shipped to the customer;the inspector accepts this {c};"
    "the {c} looks just like the reference",
    ";",
)
HELD_OUT_ABNORMAL = _split(
    "marred {c};impaired {c};deficient {c};botched {c};a {c} of unacceptable quality;"
    "an oddity disrupts the {c};{c} exhibiting deterioration;the {c} should be rejected;"
    "a peculiar area spoils this {c};a {c} that must be scrapped;"
    "the inspector refuses this {c};the {c} deviates from the reference",
    ";",
)
