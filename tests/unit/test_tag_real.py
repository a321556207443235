"""Tags end to end with the embedding model that comes with Hush, and no language model.

A few are accepted, and the rest fall into place.
"""

from __future__ import annotations

from assistant.embed.source import ChosenEncoder
from tests.unit.tag_bench import SECONDS, TagBench

COOKING = (
    "Whisk two eggs with sugar until pale, fold in the flour and bake for half an hour.",
    "Simmer the lentils with carrots and bay leaves, salt them only at the end.",
    "Knead the dough until it is smooth, let it rise under a cloth, shape two loaves.",
    "Fry onions slowly in butter until they are golden, add stock and grated cheese.",
    "Marinate the chicken overnight in yoghurt, garlic and lemon, then roast it hot.",
    "Blanch the beans for three minutes and put them in ice water so they stay green.",
    "A risotto wants warm broth, ladle by ladle, and stirring; parmesan comes last.",
    "Melt chocolate over hot water, stir in cream, chill the mousse for four hours.",
    "Pickle cucumbers in vinegar with dill and mustard seeds; ready after a week.",
    "Roast the pumpkin with olive oil, blend it with ginger, serve the soup hot.",
)
GARDEN = (
    "Prune the roses in March, just above a bud that faces outwards.",
    "Sow carrots in rows, thin the seedlings when they are a finger high.",
    "Slugs ate the young lettuce again; put beer traps between the beds.",
    "Turn the compost heap and keep it moist, worms do the rest until spring.",
    "Tomatoes want a sunny wall, deep watering and their side shoots pinched out.",
    "Plant tulip bulbs in autumn, three times as deep as they are thick.",
    "The apple tree has canker: cut back to healthy wood and burn the branches.",
    "Mulch the strawberry bed with straw so the fruit stays clean and dry.",
    "Divide the perennials after flowering and give a clump to the neighbours.",
    "Frost is forecast tonight: fleece over the seedlings, pots into the greenhouse.",
)
TRAVEL = (
    "The night train to Vienna leaves at nine; reserve a couchette with a window.",
    "Passport expires in June, renew it before booking the flight to Tokyo.",
    "Three days in Lisbon: tram 28, the castle, a ferry across the river.",
    "The hostel in Prague is close to the station, breakfast until ten.",
    "Pack the adapter, the rain jacket and copies of the tickets in hand luggage.",
    "Hire a car at the airport and drive along the coast to the village.",
    "The visa takes two weeks; the embassy wants a photo and the itinerary.",
    "From the summit hut it is four hours down to the bus stop in the valley.",
    "Missed connection in Zurich: the airline pays for the hotel and a new ticket.",
    "Walk the old town of Tallinn in the morning, before the cruise ships arrive.",
)
TAGS = ("cooking", "garden", "travel")
SENTENCES = (
    "Recipes: how food is cooked, baked and seasoned.",
    "The garden: plants, beds, trees, when to sow and prune.",
    "Travelling: trips, trains, flights, tickets and hotels.",
)
LEAST_RIGHT = 16  # of the 18 notes that nobody tagged
LEAST_OFFERED = 8


def test_a_few_are_accepted_and_the_rest_fall_into_place(exported_encoder: ChosenEncoder) -> None:
    """Four of each are accepted; the others wait in the review, each with its tag."""
    with TagBench(exported_encoder) as bench:
        for tag, sentence in zip(TAGS, SENTENCES, strict=True):
            bench.manager.create(tag, sentence).result(SECONDS)
        notes = {
            bench.note(text): tag
            for texts, tag in zip((COOKING, GARDEN, TRAVEL), TAGS, strict=True)
            for text in texts
        }
        bench.index()
        taught = [note for place, note in enumerate(notes) if place % 10 < 4]
        for note in taught:
            assert bench.decide(note, notes[note], accepted=True) == (notes[note],)
        rest = [note for note in notes if note not in taught]
        first = {note: bench.first(note) for note in rest}
        assert sum(first[note] == notes[note] for note in rest) >= LEAST_RIGHT
        because = bench.suggest.explain(rest[0], first[rest[0]]).result(SECONDS)
        assert {one.note_id for one in because.notes} <= {n for n in taught if notes[n] == TAGS[0]}
        report = bench.bulk.start().done.result(SECONDS)
        waiting = {one.note_id: one.tag for one in bench.bulk.waiting().result(SECONDS)}
        assert report.notes == len(notes)
        assert all(bench.tags_of(note) == () for note in rest)
        right = [note for note, tag in waiting.items() if notes[note] == tag]
        assert len(right) >= LEAST_OFFERED
        assert len(waiting) - len(right) <= 1
        bench.bulk.accept(list(waiting.items())).result(SECONDS)
        given = bench.all_tags()
        assert all(given[note] == (tag,) for note, tag in waiting.items())


def test_a_sentence_is_enough(exported_encoder: ChosenEncoder) -> None:
    """Nothing was accepted yet: what each tag is for is said, and its name says nothing."""
    with TagBench(exported_encoder) as bench:
        names = ("a", "b", "c")
        for name, sentence in zip(names, SENTENCES, strict=True):
            bench.manager.create(name, sentence).result(SECONDS)
        notes = {
            bench.note(text): name
            for texts, name in zip((COOKING, GARDEN, TRAVEL), names, strict=True)
            for text in texts
        }
        bench.index()
        right = sum(bench.first(note) == name for note, name in notes.items())
        assert right >= 24
