"""Search over notes and chats: what is found, where, how it is shown, and what may be typed."""

from __future__ import annotations

import threading

import pytest

from assistant.search.records import Filters, Hit, Kind
from assistant.store import conversation_rows
from assistant.store.search_rows import index_anew
from tests.fakes.encoder import FakeEncoder, FakeEncoderSource
from tests.unit.indexed import RESTING, SECONDS, Indexed
from tests.unit.test_store_search import HOSTILE

BREAD = (
    "# Sourdough\n\nFeed the starter every day with flour.\n\n## Baking\n\nBake bread on Sundays."
)


@pytest.fixture
def hush() -> Indexed:
    """A small library."""
    made = Indexed()
    made.note(BREAD, "Sourdough", "food/bread", at=1_000)
    made.note("An appointment with the dentist on Monday.", "Dentist", "health", at=2_000)
    made.note("The database is encrypted with a key, and backups are.", "Vault", at=3_000)
    made.note("Crème brûlée needs a hot flame.", "Dessert", "Food", at=4_000)
    made.chat("How do I feed a sourdough starter?", "With flour and water.", title="Baking")
    made.run()
    return made


def marked(hit: Hit) -> list[str]:
    """The words that a snippet marks."""
    return [hit.snippet.text[start : start + length] for start, length in hit.snippet.marks]


def test_finds_words_and_their_forms(hush: Indexed) -> None:
    """Whatever the ending, the case and the accents; each is marked where it stands."""
    with hush:
        assert hush.titles("encrypting ")[0] == "Vault"
        assert marked(hush.first("encrypting ")) == ["encrypted"]
        assert hush.titles("CREME BRULEE")[0] == "Dessert"
        assert marked(hush.first("creme brulee ")) == ["Crème", "brûlée"]


def test_finds_the_beginning_of_a_word_while_it_is_typed(hush: Indexed) -> None:
    """Letter by letter, past its stem; not once a blank follows."""
    with hush:
        word = "appointment"
        for end in range(2, len(word) + 1):
            assert hush.titles(word[:end])[0] == "Dentist", word[:end]
        assert marked(hush.first("the dent")) == ["dentist"]
        found = hush.find("appointme ")
        assert found.understood == "appointment"


def test_mends_typing_mistakes_and_says_so(hush: Indexed) -> None:
    """Missing, wrong, swapped letters; other words stay as they are."""
    with hush:
        for typed in ("dentst", "dentisst", "dnetist", "dentizt"):
            found = hush.find(f"{typed} monday ")
            assert found.hits[0].title == "Dentist", typed
            assert found.understood == "dentist monday"
        assert hush.find("dentist monday ").understood == ""


def test_finds_nothing_for_what_is_nowhere(hush: Indexed) -> None:
    """Not the nearest of what has nothing to do with it."""
    with hush:
        for query in ("xylophone quartz", "zzz", "", "   ", "…"):
            assert hush.find(query).hits == (), query
        assert hush.find("dentist", limit=0).hits == ()


def test_hit_tells_where_it_stands(hush: Indexed) -> None:
    """Text, place, title and headings, so that it can be opened there."""
    with hush:
        hit = hush.first("sundays")
        assert BREAD[hit.start : hit.start + hit.length] == hit.text
        assert (hit.kind, hit.title, hit.at) == (Kind.NOTE, "Sourdough", 1_000)
        message = next(hit for hit in hush.find("starter").hits if hit.kind is Kind.MESSAGE)
        assert message.title == "Baking"
        assert message.conversation_id is not None
        assert message.text == "How do I feed a sourdough starter?"


def test_one_hit_for_each_note_and_several_passages_to_answer_from() -> None:
    """A list shows a note once; a question may need more of it."""
    with Indexed(FakeEncoderSource(FakeEncoder(max_tokens=24))) as hush:
        text = "\n\n".join(
            f"The lamp of room {n} is green and old and quite small." for n in range(9)
        )
        hush.note(text, "Lamps")
        hush.note("Nothing of that kind.", "Other")
        hush.run()
        assert hush.titles("green lamp").count("Lamps") == 1
        assert [hit.title for hit in hush.search.retrieve("green lamp", limit=4)] == ["Lamps"] * 4
        assert hush.search.retrieve("", limit=4) == []


def test_filters_narrow_what_is_searched(hush: Indexed) -> None:
    """By kind, tag, time, note and conversation; and together."""
    with hush:
        notes = {"Sourdough", "Dentist", "Vault", "Dessert"}
        query = "sourdough starter flour dentist key flame"
        assert set(hush.titles(query, Filters(kind=Kind.NOTE))) == notes
        assert set(hush.titles(query, Filters(kind=Kind.MESSAGE))) == {"Baking"}
        assert set(hush.titles(query, Filters(tag="food"))) == {"Sourdough", "Dessert"}
        assert set(hush.titles(query, Filters(tag="Food/Bread"))) == {"Sourdough"}
        assert hush.titles(query, Filters(tag="foo")) == []
        assert hush.titles(query, Filters(tag="health", kind=Kind.MESSAGE)) == []
        assert set(hush.titles(query, Filters(since=2_000, until=4_000))) == {"Dentist", "Vault"}
        assert set(hush.titles(query, Filters(until=100))) == {"Baking"}
        room = hush.find("flour", Filters(kind=Kind.MESSAGE)).hits[0].conversation_id
        assert set(hush.titles(query, Filters(conversation_id=room))) == {"Baking"}
        assert hush.titles(query, Filters(note_id=2)) == ["Dentist"]
        assert hush.titles(query, Filters(note_id=2, tag="food")) == []


def test_filters_hold_where_words_alone_are_searched() -> None:
    """With no vector in sight."""
    with Indexed(plan=RESTING) as hush:
        hush.note("A lamp.", "One", "a")
        hush.note("A lamp.", "Two", "b")
        hush.run()
        assert hush.titles("lamp", Filters(tag="b")) == ["Two"]


def test_remembered_filters_follow_changes() -> None:
    """What a filter lets through is remembered only until something changes."""
    with Indexed() as hush:
        first = hush.note("A green lamp.", "One", "home")
        hush.note("A green lamp.", "Two")
        hush.run()
        assert hush.titles("green", Filters(tag="home")) == ["One"]
        hush.sql("UPDATE note_tag SET note_id = 2 WHERE note_id = ?", first)
        assert hush.titles("green", Filters(tag="home")) == ["Two"]


def test_trash_and_deleted_chats_are_not_found() -> None:
    """Even where nearly everything lies there; and they are once they come back."""
    with Indexed() as hush:
        for number in range(400):
            hush.note(f"A green lamp, number {number}.", f"Lamp {number}")
        kept = hush.note("A lamp that is green as grass and more so than the others.", "Kept")
        room, _ = hush.chat("Is a lamp green?", title="Chat")
        hush.run()
        hush.sql("UPDATE note SET deleted_at = 5 WHERE id <> ?", kept)
        hush.vault.write(lambda c: conversation_rows.mark_deleted(c, room, 5)).result()
        assert hush.titles("green lamp") == ["Kept"]
        assert [hit.title for hit in hush.search.related(kept).result(SECONDS)] == []
        hush.vault.write(lambda c: conversation_rows.restore(c, room)).result()
        assert set(hush.titles("green lamp")) == {"Kept", "Chat"}


def test_private_chats_are_never_indexed() -> None:
    """They live in another vault, and nothing of them is searched."""
    with Indexed() as hush:
        private = hush.vaults.for_new(private=True)
        private.write(lambda c: conversation_rows.create(c, "Secret canary", 1).id).result()
        hush.note("Bread.", "Bread")
        hush.run()
        assert hush.find("canary").hits == ()


def test_related_notes_are_near_in_meaning(hush: Indexed) -> None:
    """Without the note itself; chats count, too."""
    with hush:
        near = hush.search.related(1, limit=2).result(SECONDS)
        assert near[0].title == "Baking"
        assert all(hit.owner_id != 1 or hit.kind is Kind.MESSAGE for hit in near)
        assert hush.search.related(999).result(SECONDS) == []


def test_words_in_too_many_passages_are_searched_all_the_same() -> None:
    """By themselves the newest passages that have all of them; beside rarer ones these decide."""
    with Indexed(plan=RESTING) as hush:
        many = "lamp island " * 300
        for number in range(14):
            hush.note(many, f"Many {number}")
        hush.note("lamp island keeper", "Newest")
        hush.run()
        assert hush.titles("lamp island ")[0] == "Newest"
        assert hush.titles("lamp keeper ") == ["Newest"]
        assert hush.titles("lam")[0] == "Newest"


def test_filters_hold_before_the_words_are_ranked() -> None:
    """However many passages elsewhere have the words, and have them more often."""
    with Indexed(plan=RESTING) as hush:
        hush.note("Somewhere in a long text about this and that there is a lamp.", "Old", "home")
        hush.chat("Which of all of these would be the best place for a lamp?", title="Chat")
        for number in range(250):
            hush.note("Lamp.", f"Lamp {number}", at=9)
        hush.run()
        assert hush.titles("lamp", Filters(tag="home")) == ["Old"]
        assert hush.titles("lamp", Filters(until=5, kind=Kind.NOTE)) == ["Old"]
        assert hush.titles("lamp", Filters(kind=Kind.MESSAGE)) == ["Chat"]


def test_filters_hold_for_words_in_too_many_passages() -> None:
    """The newest that the filter lets through, not of the newest of all those."""
    with Indexed(plan=RESTING) as hush:
        hush.note("A lamp.", "Old", "home")
        for number in range(250):
            hush.note("lamp " * 30, f"Many {number}")
        hush.run()
        assert hush.titles("lamp ", Filters(tag="home")) == ["Old"]


def test_words_are_found_while_another_edition_is_built() -> None:
    """Its passages have the same words, and are newer."""
    with Indexed(plan=RESTING) as hush:
        for number in range(14):
            hush.note("lamp island " * 300, f"Many {number}")
        hush.run()
        hush.sql("INSERT INTO edition (encoder, state) VALUES ('another', 'building')")
        hush.sql(
            "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n"
            " WHERE value < 2500) INSERT INTO passage"
            " (edition_id, note_id, seq, start, length, hash, context, text)"
            " SELECT e.id, 1, value, 0, 9, x'00', '', 'lamp island' FROM n, edition e"
            " WHERE e.encoder = 'another'"
        )
        assert len(hush.titles("lamp island ")) == 14


def test_words_that_are_gone_mend_no_mistake() -> None:
    """A word of a note that was deleted for good is not shown again as what was meant."""
    with Indexed(plan=RESTING) as hush:
        gone = hush.note("The zebra stands here.", "Gone")
        hush.note("A lamp stands here.", "Lamp")
        hush.run()
        assert hush.find("zebar").understood == "zebra"
        hush.sql("DELETE FROM note WHERE id = ?", gone)
        hush.run()
        found = hush.find("zebar stands")
        assert [hit.title for hit in found.hits] == ["Lamp"]
        assert found.understood == ""


def test_frequent_words_are_known_from_a_sample() -> None:
    """So that thousands of places are not read to find out; they are searched all the same."""
    with Indexed(plan=RESTING) as hush:
        hush.note("lamp keeper", "Newest")
        hush.run()
        hush.sql(
            "WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n"
            " WHERE value < 6000) INSERT INTO passage"
            " (edition_id, note_id, seq, start, length, hash, context, text)"
            " SELECT edition_id, note_id, value, 0, 9, x'00', '', 'lamp ' || (value % 7)"
            " FROM n, passage WHERE passage.id = 1"
        )
        with Indexed(plan=RESTING, vault=hush.vault) as again:
            again.run()
            assert again.indexer.serving is not None
            assert again.indexer.serving.frequent.share(["lamp"]) == 1
            assert again.indexer.serving.frequent.of == 6_001
            assert again.indexer.serving.frequent.share(["keeper"]) == 0
            assert again.titles("keeper lamp ") == ["Newest"]
            assert again.titles("lamp ") == ["Newest"]


def test_long_notes_have_related_ones() -> None:
    """Although hundreds of their own passages are nearer."""
    with Indexed() as hush:
        text = "\n\n".join(f"# {number}\n\n{'The green lamp. ' * 50}" for number in range(300))
        long = hush.note(text, "Lamps")
        hush.note("Some green lamp of another kind stands in the hall.", "Other")
        hush.run()
        assert [hit.title for hit in hush.search.related(long).result(SECONDS)] == ["Other"]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
def test_whatever_is_typed_is_text(hush: Indexed, query: str) -> None:
    """No query language, no error, no end of time."""
    with hush:
        hush.find(query)
        hush.find(f"dentist {query[:50]}", Filters(tag=query[:50]))
        hush.search.retrieve(query)


def test_embeds_for_whoever_compares_texts(hush: Indexed) -> None:
    """One row a text, of unit length."""
    with hush:
        found = hush.search.embed(["one", "two"])
        assert found is not None
        assert found.shape == (2, 384)
        assert (found**2).sum(axis=1) == pytest.approx(1.0)


def test_search_that_nobody_waits_for_any_more_is_not_begun(hush: Indexed) -> None:
    """A later letter makes the earlier ones moot."""
    with hush:
        source = hush.source
        assert isinstance(source, FakeEncoderSource)
        source.encoder.gate.clear()
        hush.search.search("dentist")
        second = hush.search.search("dentists")
        assert second.cancel()
        source.encoder.gate.set()
        assert hush.titles("dentist")[0] == "Dentist"


def test_searches_on_several_threads_do_not_disturb_each_other(hush: Indexed) -> None:
    """The window's and the worker's."""
    with hush:
        wrong: list[str] = []

        def ask(query: str, title: str) -> None:
            found = [hush.search.retrieve(query)[0].title for _ in range(30)]
            wrong.extend(one for one in found if one != title)

        pairs = [("dentist appointment", "Dentist"), ("hot flame", "Dessert")]
        threads = [threading.Thread(target=ask, args=pair) for pair in pairs]
        for thread in threads:
            thread.start()
        for _ in range(30):
            hush.find("database key")
        for thread in threads:
            thread.join(SECONDS)
        assert wrong == []


def test_scrubbing_forgets_words_that_are_nowhere_any_more() -> None:
    """What was deleted for good mends no typing mistake."""
    with Indexed() as hush:
        gone = hush.note("The canary sings.", "Bird")
        hush.note("Bread.", "Bread")
        hush.run()
        hush.sql("DELETE FROM note WHERE id = ?", gone)
        hush.vault.write(index_anew).result()
        assert hush.sql("SELECT term FROM passage_term ORDER BY term") == [("bread",)]
        assert hush.sql("SELECT term FROM passage_word_counts") == [("bread",)]
