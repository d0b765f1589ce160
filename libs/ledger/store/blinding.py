"""Blind terms: keyed digests of words, by which enciphered texts are found without being opened.

The events say which of their texts can be found (`Events.blinded`), and the append that records them adds
the terms in its own statement. They lie in a table beside the ledger, a row for each stream and person,
and go in the transaction that destroys the key of the person: a trigger sees to that, whoever does it. The
ledger can make the table anew (`libs/ledger/streams/reblind.py`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from libs.ledger.personal import Personal
from libs.ledger.recorded import Metadata

TABLE = "blind_terms"
MOST_OF_EVENT = 200
"""Terms of one event: of a longer text the first so many different words are found."""
MOST = 500
"""Terms of one kind for a stream and a person; those of later events are left out."""

CREATE_TABLE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    subject text NOT NULL,
    stream text NOT NULL,
    kind text NOT NULL,
    terms integer[] NOT NULL,
    PRIMARY KEY (subject, stream, kind)
);
CREATE INDEX IF NOT EXISTS {TABLE}_by_term ON {TABLE} USING gin (terms);
CREATE OR REPLACE FUNCTION ledger_forget_terms() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $function$
BEGIN
    DELETE FROM public.{TABLE} WHERE subject = new.subject;
    RETURN NULL;
END
$function$;
REVOKE ALL ON FUNCTION ledger_forget_terms FROM PUBLIC;
CREATE OR REPLACE TRIGGER forget_terms AFTER INSERT OR UPDATE ON subject_keys
    FOR EACH ROW WHEN (new.destroyed_at IS NOT NULL) EXECUTE FUNCTION ledger_forget_terms();
"""
"""A trigger: an earlier release, which knows no terms, erases persons, too, and so does `mend-keys`."""

ADD = f"""
INSERT INTO {{terms}} AS t (subject, stream, kind, terms)
    SELECT u.subject, u.stream, u.kind, u.terms::integer[]
    FROM {{source}}unnest(%s, %s, %s, %s) AS u(subject, stream, kind, terms){{where}}
    ON CONFLICT (subject, stream, kind) DO UPDATE SET terms = (t.terms || ARRAY(
        SELECT n.term FROM unnest(excluded.terms) WITH ORDINALITY AS n(term, place)
        WHERE n.term <> ALL (t.terms) ORDER BY n.place
    ))[1:{MOST}]
    WHERE cardinality(t.terms) < {MOST} AND NOT excluded.terms <@ t.terms
"""


class Key(NamedTuple):
    """Whose text it is, in which stream, and for which kind of search."""

    subject: str
    stream: str
    kind: str


Terms = Mapping[Key, Sequence[int]]
"""Rows of the table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blinding:
    """What can be found of which events, for one kind of search.

    `texts`: from an event's stored name to its texts that are found; `words`: what they are found by.
    `marks`: from an event's stored name to words of ours by which it is found as they are, each of a person.
    `by_area`: the same word has other terms in another area, so nobody sees that both have it.
    """

    kind: str
    texts: Mapping[str, Callable[[Any], Iterable[Personal | None]]] = field(default_factory=dict)
    words: Callable[[Iterable[str]], Iterable[str]] = iter
    marks: Mapping[str, Callable[[Any], Iterable[Personal]]] = field(default_factory=dict)
    by_area: bool = False

    @property
    def names(self) -> AbstractSet[str]:
        """The stored names of the events that may add terms."""
        return self.texts.keys() | self.marks.keys()

    def words_of(self, name: str, event: Any) -> Iterator[tuple[str, list[str]]]:
        """Each person's words in an event, whose personal data must be open."""
        marked, said = _by_person(self.marks, name, event), _by_person(self.texts, name, event)
        for subject in dict.fromkeys((*marked, *said)):
            words = dict.fromkeys((*marked.get(subject, ()), *self.words(said.get(subject, ()))))
            if words:
                yield subject, list(words)[:MOST_OF_EVENT]

    def scope(self, area: str | None) -> str:
        """What the terms of an area (its id, or the path to it) differ by."""
        return (area or "").rpartition("/")[2] if self.by_area else ""


def _by_person(
    of: Mapping[str, Callable[[Any], Iterable[Personal | None]]], name: str, event: Any
) -> Mapping[str, Sequence[str]]:
    """What is open of the personal texts of an event."""
    found: dict[str, list[str]] = {}
    for text in of[name](event) if name in of else ():
        if text is not None and text.value is not None:
            found.setdefault(text.subject, []).append(text.value)
    return found


class Digesting(Protocol):
    """What is needed of the ledger's keys."""

    def terms(self, kind: str, scope: str, words: Iterable[str]) -> list[int]:
        """The term of each word."""
        ...


def terms_of(
    blindings: Iterable[Blinding], keys: Digesting, stream: str, name: str, event: Any, metadata: Metadata
) -> Iterator[tuple[Key, list[int]]]:
    """The terms that an event adds; in an order that says nothing of that of the words."""
    for blinding in blindings:
        for subject, words in blinding.words_of(name, event):
            terms = keys.terms(blinding.kind, blinding.scope(metadata.area), words)
            yield Key(subject, stream, blinding.kind), sorted(set(terms))


def joined(added: Iterable[tuple[Key, Sequence[int]]]) -> dict[Key, list[int]]:
    """Terms that follow each other, as the table joins them."""
    rows: dict[Key, dict[int, None]] = {}
    for key, terms in added:
        rows.setdefault(key, {}).update(dict.fromkeys(terms))
    return {key: list(terms)[:MOST] for key, terms in rows.items()}


def columns(rows: Terms) -> tuple[list[str], list[str], list[str], list[str]]:
    """The parameters of `ADD`; the terms of each row in PostgreSQL's own words."""
    return (
        [key.subject for key in rows],
        [key.stream for key in rows],
        [key.kind for key in rows],
        [literal(terms) for terms in rows.values()],
    )


def literal(terms: Iterable[int]) -> str:
    """An array in PostgreSQL's own words."""
    return f"{{{','.join(map(str, terms))}}}"
