"""Names of people, where something around them says so. Pure.

There is no list of first names: too many words are names. So a name that stands alone in a
sentence is not found, and the person is told so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from assistant.redaction.records import Found, Sort
from assistant.redaction.words import Rule, rule

_CAPITAL: Final = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢİĶĹĻŁŃŅŇŐŒŘŚŞŠŤŪŮŰŹŻŽ"
_LETTERS: Final = "A-Za-zÀ-ÖØ-öø-žḀ-ỹ"
# A word as names have it: Anna, Müller-Lüdenscheidt, O'Brien, McDonald, d'Artagnan, J.
_WORD: Final = (
    rf"(?:[dDlL]['’])?[{_CAPITAL}](?:[{_LETTERS}]{{1,24}}(?:['’\-][{_LETTERS}]{{1,24}}){{0,3}}"
    rf"|['’][{_LETTERS}]{{2,24}}|\.)"
)
_PARTICLE: Final = (
    r"(?:von(?: der| dem| den)?|vom|van(?: der| den| de)?|zu|zum|zur|de(?: la| las| los)?|del|della"
    r"|du|des|da|das|do|dos|di|le|la|y|e|bin|ben|al|el|ter|ten|af|av)"
)
_GAP: Final = "[ \u00a0]"
_NAME: Final = rf"{_WORD}(?:{_GAP}(?:{_PARTICLE}{_GAP})?{_WORD}){{0,3}}"
_FULL: Final = rf"{_WORD}(?:{_GAP}(?:{_PARTICLE}{_GAP})?{_WORD}){{1,3}}"
# As in a header or a list: "Schmidt, Anna".
_LISTED: Final = rf"(?:{_WORD},{_GAP}?{_WORD}(?:{_GAP}{_WORD}){{0,2}}|{_NAME})"
_ENDS: Final = rf"(?![{_LETTERS}0-9])"

# Words with a capital that follow a greeting, a title or a field and are no names.
_NO_NAMES: Final = frozenset(
    """
    a all alle allemaal amie amies amigos and any anonymous at bank board both bureau chat chief
    class client clients colleague colleagues collègue collègues colega colegas committee community
    companion concern crew customer customers damen data der die das dear dev developer developers
    direction director doctor docteur doktor echo el ella engineering equipo everybody everyone
    everything family familie famille familia fellow folks for freunde friend friends from good
    group guest guests guys ha hausverwaltung hello help herr herren hi hiring home house hr i ich
    in information internet interessent it je kolleg kollege kollegen kollegin kolleginnen kunde
    kunden kundin la ladies landlord le les liebe los ma madam madame mademoiselle mama maman mamá
    management manager mein meine members mesdames messieurs mi mister mitglied mitglieder mom
    monsieur mr mrs ms mum my nachbar nachbarin nachbarn neighbour neighbours neighbor neighbors no
    none not null nobody office on one our papa papá parent parents partner patient please
    président présidente professor queue quality recruiter redaktion resident residents santa sales
    señor señora señores señoras señorita sir sirs siri alexa cortana claude chatgpt service
    shareholder staff student students subscriber support systems team teammates tenant tenants the
    there they this to tous toutes todos todas und unknown usuario user users utilisateur valued we
    welcome world welt monde mundo writer you your zusammen zusammenarbeit mailbox inbox newsletter
    noreply monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch
    donnerstag freitag samstag sonntag lundi mardi mercredi jeudi vendredi samedi dimanche lunes
    martes miércoles jueves viernes sábado domingo january february march april may june july
    august september october november december januar februar märz mai juni juli oktober dezember
    janvier février mars avril juin juillet août septembre octobre novembre décembre enero febrero
    marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre yes ja oui sí new
    dr prof neu
    ag bank corp foundation gmbh hospital hotel inc institut institute klinik krankenhaus llc
    ltd
    school schule stiftung universidad universität university université verein verlag
    english german french spanish deutsch français español british american european
    """.split()  # noqa: SIM905 # as a list it would be three times as long
)
# Of these a part of a name is not looked for elsewhere by itself: they are words as well.
_ALSO_WORDS: Final = frozenset(
    """
    angel art august autumn baker bell best bill bird black blue bond brook brown bush cook crystal
    dawn day dean don drew earl faith fall field fischer fish ford forest fox frank frei frost
    gamble gene glass glen grace grant gray green grey groß guy hall hand heath hill hope hunter
    iris jack jahn jane jean joy jung june kaiser kaufmann king klein knight koch kraft krug lang
    lake lane law lee light lily long love major mark marsh mason may meister miles miller moon
    neumann nick north olive page paris park parker patience pearl penny petit pilot pool pope
    porter power price prince ray read reich reed rich richter rob robin rock rose roth ruby sage
    sand schneider schön schuster schwarz shepherd short sky smart smith sonntag south stark star
    stein stern stone storm sue summer summers swift taylor temple tischler victor victoria violet
    wagner walker wall ward waters weber weiß west white will wise wolf wood woods young
    """.split()  # noqa: SIM905 # as above
)
# Before "@": nobody's name.
_ROLES: Final = frozenset(
    """
    abuse account accounts admin bar bewerbung billing booking buchhaltung career careers
    commercial contact contacto contact.us dev dienst empfang facturacion facture feedback guest
    hallo hello help helpdesk help.desk hola info information it jobs kasse kontakt kundenservice
    legal mail mailer marketing me media news newsletter noreply no-reply notifications office
    order orders post postmaster praxis press privacy reply sales schule secretariat sekretariat
    service shop spam staff support team test tickets ventas verwaltung webmaster work world
    """.split()  # noqa: SIM905 # as above
)

_TITLES: Final = (
    "mr mrs ms miss mx dr prof professor sir lady herr herrn frau fräulein mme mlle monsieur "
    "madame mademoiselle me m señor señora señorita sr sra srta don doña dra"
)
_GREETINGS: Final = (
    "dear hi hello hey hiya morning evening afternoon liebe lieber hallo moin servus grüezi cher "
    "chère bonjour bonsoir salut coucou hola querida querido estimada estimado buenas días tardes"
)
_CLOSINGS: Final = (
    "regards wishes best cheers thanks thank sincerely faithfully truly yours love hugs xx grüße "
    "grüßen grüsse grüssen gruß gruss mfg lg vg kg bg cordialement amicalement salutations bises "
    "bisous affectueusement bientôt vous saludos saludo abrazo abrazos atentamente besos "
    "cordialmente gracias dank danke merci"
)
_FIELDS: Final = (
    "name patient patientin kunde kundin customer client contact ansprechpartner ansprechpartnerin "
    "nom prénom vorname nachname familienname nombre apellido apellidos surname firstname lastname "
    "fullname tenant mieter mieterin vermieter landlord insured versicherter versicherte employee "
    "mitarbeiter mitarbeiterin attendees teilnehmer participants author autor auteur assignee "
    "reporter reviewer signed unterzeichner empfänger recipient destinataire destinatario sender "
    "absender expéditeur remitente from to cc bcc von an kontoinhaber inhaber titulaire titular "
    "inhaberin geschäftsführerin empfängerin apologies present anwesend présents asistentes holder "
    "beneficiary bénéficiaire paciente cliente madre padre mère père mutter vater mother father "
    "guardian spouse applicant candidate bewerber bewerberin geschäftsführer customer_name à para "
    "de"
)
_KIN: Final = (
    "wife husband partner spouse son daughter brother sister mother father mum mom dad boyfriend "
    "girlfriend fiancé fiancée uncle aunt cousin nephew niece grandmother grandfather grandma "
    "grandpa auntie granny boss colleague neighbour neighbor friend roommate flatmate landlord "
    "landlady doctor dentist lawyer therapist coworker manager teacher ex frau mann sohn tochter "
    "bruder schwester mutter vater freund freundin onkel tante cousine neffe nichte oma opa "
    "großmutter großvater chef chefin kollege kollegin nachbar nachbarin vermieter vermieterin "
    "hausarzt hausärztin lehrer lehrerin épouse époux femme mari fils fille frère sœur soeur mère "
    "père copain copine ami amie oncle neveu nièce voisin voisine patron patronne collègue médecin "
    "propriétaire mujer esposa esposo marido hijo hija hermano hermana madre padre novio novia tío "
    "tía primo prima sobrino sobrina abuela abuelo jefe jefa compañero compañera vecino vecina "
    "amigo amiga médico"
)
# Of these only "my boss Anna" is followed by a name for sure.
_KIN_ALSO: Final = (
    "partner boss colleague friend doctor dentist lawyer therapist coworker manager teacher ex "
    "frau mann vater chef chefin lehrer lehrerin patron patronne collègue médecin propriétaire "
    "mujer jefe jefa médico father mother mère père madre padre mutter landlord landlady"
)
_ROLE_NOUNS: Final = (
    "customer client patient patientin passenger tenant employee witness defendant applicant "
    "candidate user student kunde kundin mieter mieterin mitarbeiter mitarbeiterin zeuge zeugin "
    "schüler schülerin bewerber bewerberin cliente paciente pasajero pasajera passager passagère "
    "patiente témoin locataire élève alumno alumna landlord landlady vermieter vermieterin friend"
)
_MINE: Final = (
    "my our his her their mein meine meinem meinen meiner unser unsere unserem ihr ihre sein seine "
    "mon ma mes notre son sa leur mi nuestro nuestra su sus"
)

_OF_KIN: Final = "|".join(sorted(set(_KIN.split()), key=len, reverse=True))

RULES: Final[tuple[Rule, ...]] = (
    rule(
        Sort.NAME,
        _TITLES,
        rf"(?:(?i:Prof|Dr|Dra|Mr|Mrs|Ms|Mx|Mme|Mlle|Me|Sr|Sra|Srta)\.?|M\.|(?i:herrn?|frau|fräulein"
        rf"|monsieur|madame|mademoiselle|miss|sir|lady|señor[a]?|señorita|professor)|Don|Doña)"
        rf"(?:{_GAP}(?:Prof\.|Dr\.|med\.|rer\.|nat\.|phil\.|h\.|c\.|jur\.|Dipl\.-Ing\.)){{0,4}}"
        rf"{_GAP}(?P<it>(?:{_PARTICLE}{_GAP})?{_NAME}){_ENDS}",
    ),
    rule(
        Sort.NAME,
        _GREETINGS,
        rf"(?i:[{_LETTERS}]+)(?:{_GAP}(?i:there|my|mes|meine?))?{_GAP}(?P<it>{_NAME}){_ENDS}"
        rf"(?={_GAP}?(?:[,!:;.?\n–—-]|$|(?:and|und|et|y|&){_GAP}))",
    ),
    rule(
        Sort.NAME,
        _CLOSINGS,
        rf"(?i:[{_LETTERS}]+)[ \t]*[,!.]?"
        rf"(?:[ \t]+(?i:aus|from|de|depuis|desde|nach)[^\n]{{1,30}})?[,!.]?[ \t]*\r?\n"
        rf"(?:[ \t]*\r?\n){{0,2}}[ \t]*[-–—]?[ \t]*(?P<it>{_NAME}){_ENDS}"
        rf"(?=[ \t]*(?:[,.|(]|\r?\n|$))",
    ),
    rule(
        Sort.NAME,
        _CLOSINGS,  # on one line: "Thanks, Anna" at its end
        rf"(?i:[{_LETTERS}]+)[,!]?[ \t]+[-–—]?[ \t]?(?P<it>{_NAME}){_ENDS}[.!]?[ \t]*(?=\r?\n|$)",
    ),
    rule(
        Sort.NAME,
        "my name full mein ich i me mi je this here hier soy call llamo",
        rf"(?:(?i:my(?: full)? name(?:['’]s| is)|mein name (?:ist|lautet)|ich hei(?:ß|ss)e"
        rf"|je m['’]appelle|mon nom est|me llamo|mi nombre es|i am called|call me|name is|here is)"
        rf"{_GAP}(?P<it>{_NAME})){_ENDS}",
    ),
    rule(
        Sort.NAME,
        "i this ich je soy hier ici here",
        rf"(?:(?i:i am|i['’]m|this is|ich bin|je suis|soy|hier ist|hier spricht|hier schreibt|ici"
        rf"|here is){_GAP}(?P<it>{_FULL})){_ENDS}",
    ),
    rule(
        Sort.NAME,
        "mon ma m nom",
        rf"(?i:mon nom est|ma patiente|nom complet ?:){_GAP}(?P<it>{_NAME}){_ENDS}",
    ),
    rule(
        Sort.NAME,
        _FIELDS,
        rf"(?i:[{_LETTERS}_]+)(?:\([ei]n\))?(?:{_GAP}?(?i:name|by|complet|completo|to))?"
        rf"[\"']?[ \t]*[:=][ \t]*"
        rf"[\"'“„«]?{_GAP}?(?:(?i:herrn?|frau|mr|mrs|ms|dr|mme|m|sr|sra)\.?{_GAP})?(?P<it>{_LISTED}){_ENDS}"
        rf"(?={_GAP}?(?:[,;|<>(\[\"'”“»/\n\r\t.]|[-–—]|$|(?:and|und|et|y){_GAP}|{_GAP}{{2}}))",
    ),
    rule(
        Sort.NAME,  # Customer Beatriz Monteiro, Passenger Eleanor Vance
        _ROLE_NOUNS,
        rf"(?i:[{_LETTERS}]+){_GAP}(?P<it>{_FULL}){_ENDS}",
    ),
    rule(
        Sort.NAME,  # Oma Elfriede, uncle Bob, wife Ngozi
        " ".join(sorted({*_KIN.split()} - {*_KIN_ALSO.split()})),
        rf"(?i:[{_LETTERS}]+),?{_GAP}(?P<it>{_NAME}){_ENDS}",
    ),
    rule(
        Sort.NAME,
        _MINE,
        rf"(?i:[{_LETTERS}]+){_GAP}(?:[{_LETTERS}-]{{2,20}}{_GAP})?(?i:{_OF_KIN}),?{_GAP}(?P<it>{_NAME}){_ENDS}",
    ),
)

_BEFORE_ADDRESS: Final = re.compile(rf"(?P<it>{_LISTED})[\"”]?[ \t]{{0,3}}<\Z")
# One name of a list is a full one, or joined by "and": "Hi Anna, London is" has but one.
_FOLLOWING: Final = re.compile(
    rf"(?:,{_GAP}?(?P<comma>)|;{_GAP}?(?P<semicolon>)|{_GAP}(?:and|und|et|y|&|\+){_GAP}"
    rf"(?:(?i:liebe[r]?|dear|chère?|querid[oa]){_GAP})?)"
    rf"(?P<it>(?(comma){_FULL}|{_NAME})){_ENDS}(?={_GAP}?(?:[,;.:!)\n]|$|(?:and|und|et|y|&){_GAP}))"
)
_LONGEST_LIST: Final = 60
_POSSESSIVE: Final = re.compile("['’]s\\Z")
_PARTS: Final = re.compile(r"[._+\-]")
_LONGEST_NAME: Final = 110
_SHORTEST_PART: Final = 3
_NAME_WORD: Final = re.compile(rf"[{_LETTERS}]+(?:['’\-][{_LETTERS}]+)*")


def is_name(text: str) -> bool:
    """Whether what a rule found can be one: none of its words says otherwise."""
    words = _NAME_WORD.findall(text)
    return bool(words) and words[0].lower() not in _NO_NAMES and any(len(one) > 1 for one in words)


def trimmed(text: str, found: Found) -> Found | None:
    """A name up to the first word that is none; None where nothing is left."""
    end = found.end
    for word in _NAME_WORD.finditer(text, found.start, found.end):
        if word[0].lower() in _NO_NAMES:
            end = word.start()
            break
    name = _POSSESSIVE.sub("", text[found.start : end].rstrip(" \u00a0,-–"))
    if not is_name(name):
        return None
    return Found(found.start, found.start + len(name), Sort.NAME)


def listed_after(text: str, found: Found) -> Iterator[Found]:
    """Names that follow a name in a list: "Ingrid Solberg, Chen Wei and Rob Tanner"."""
    end = found.end
    for _ in range(_LONGEST_LIST):
        following = _FOLLOWING.match(text, end)
        if following is None:
            return
        name = trimmed(text, Found(*following.span("it"), Sort.NAME))
        if name is None or name.end != following.end("it"):
            return
        yield name
        end = name.end


def parts_of(name: str) -> Iterator[str]:
    """First and last name of a full one, where they are looked for by themselves."""
    words = _NAME_WORD.findall(name)
    if len(words) > 1:
        for word in (words[0], words[-1]):
            is_long = len(word) >= _SHORTEST_PART
            if is_long and word[0].isupper() and word.lower() not in _ALSO_WORDS | _NO_NAMES:
                yield word


def beside_addresses(
    text: str, addresses: Sequence[Found], words: Sequence[re.Match[str]]
) -> Iterator[Found]:
    """Names that an e-mail address bears out: before it in a header, or made of its words."""
    said: set[str] = set()
    for address in addresses:
        before = text[max(0, address.start - _LONGEST_NAME) : address.start]
        header = _BEFORE_ADDRESS.search(before)
        if header is not None:
            shift = address.start - len(before)
            yield Found(header.start("it") + shift, header.end("it") + shift, Sort.NAME)
        said.update(_said_by(text[address.start : address.end]))
    if said:
        for word in words:
            if word[0].lower() in said and word[0][0].isupper():
                yield Found(*word.span(), Sort.NAME)


def _said_by(address: str) -> Iterator[str]:
    """The words of a name that an address has before its ``@``."""
    local = address.partition("@")[0].lower()
    words = [word for word in _PARTS.split(local) if word.isalpha()]
    if len(words) > 1 and local not in _ROLES and not set(words) & _ROLES:
        yield from (word for word in words if len(word) >= _SHORTEST_PART)
