"""Words that name the columns of a table of listens, in the languages that programs and people write them in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def plain_word(name: str) -> str:
    """Return the name of a column in lower case, without accents, marks and what follows a "#", which may be a count.

    Examples
    --------
    >>> plain_word(" Artist_Name"), plain_word("artistName"), plain_word("Nombre d'écoutes"), plain_word("Date#ada")
    ('artist name', 'artist name', 'nombre d ecoutes', 'date')
    """
    text = name.strip().strip("\ufeff\"'")
    text = text.strip("[]% ") or text
    if text.endswith(" #"):
        text = text.replace(" #", " count")
    text = (text.lstrip("#").strip() or text) if text.startswith("#") else text.partition("#")[0]
    text = re.sub(r"(?<=[a-z])(?=[A-Z][a-z])", " ", text)
    # Most names are ASCII, and the keys of a document may be the names of many artists.
    return re.sub(r"[\s_.\-/:'’]+", " ", text.lower() if text.isascii() else _without_accents(text)).strip()


def _without_accents(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text).casefold()
    latin = "".join(each for each in letters if not "\u0300" <= each <= "\u036f")
    return unicodedata.normalize("NFC", latin).replace("ł", "l").replace("ı", "i").replace("ø", "o")


def _words(listed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(plain_word(word) for word in listed.replace("\n", "").split("|") if word.strip()))


def first_of(words: Sequence[str], known: Sequence[str]) -> int | None:
    """Index of the column that the first known word names; None where none does."""
    return next((words.index(word) for word in known if word in words), None)


def without_unit(word: str) -> str:
    """A name without a remark in brackets, and without what a spreadsheet did with it.

    Examples
    --------
    >>> without_unit("time (utc)"), without_unit("sum of plays")
    ('time', 'plays')
    """
    bare = re.sub(r"\s*[(\[].*[)\]]\s*$", "", word).strip() or word
    found = _SUM_OF.fullmatch(bare)
    return found[1] if found and found[1] in PLAYS else bare


_SUM_OF = re.compile(r"(?:sum|summe|total|somme|suma|soma|somma|som) (?:of|von|de|di|van|d) (.+)")

# Of several columns that are there, the first word of a list decides.
ARTIST = _words("""
    artist|artist name|artists|artist names|track artist|song artist|artist title|artist s|artist(s)|artist name(s)|
    artist name s|band|
    band name|performer|main artist|primary artist|creator|master metadata album artist name|interpret|
    interpreten|kunstler|kuenstler|kunstlername|musiker|artiste|artistes|nom de l artiste|nom artiste|
    interprete|artista|artistas|nombre del artista|nome do artista|nome artista|nome dell artista|artisti|
    artiest|artiesten|naam artiest|artistnamn|artister|kunstner|kunstnernavn|kunstnere|esittaja|artisti|
    wykonawca|artysta|hudebnik|umelec|eloado|sanatci|sanatci adi|исполнитель|артист|группа|виконавець|
    καλλιτεχνης|アーティスト|アーティスト名|艺人|艺术家|藝人|藝術家|歌手|演出者|아티스트|가수|
    nghe si|ca si|artis|penyanyi|ศิลปิน|कलाकार|الفنان|فنان|אמן|אומן|
    album artist|album artist name|albumartist|container artist name
""")
TRACK = _words("""
    track|title|track name|track title|song|song title|song name|name|recording|recording name|
    track description|master metadata track name|titel|lied|liedtitel|titelname|songtitel|titre|titres|
    titre du morceau|nom du titre|morceau|chanson|titulo|cancion|pista|nombre de la cancion|titolo|brano|
    canzone|musica|faixa|titulo da musica|nummer|lat|lattitel|sang|sangtitel|spor|kappale|utwor|tytul|piosenka|
    skladba|nazev|cim|sarki|parca|sarki adi|трек|песня|название|композиция|曲名|曲|タイトル|歌曲|歌名|标题|標題|제목|곡|
    τραγουδι|melodie|bai hat|lagu|เพลง|गाना|الأغنية|שיר
""")
TIME = _words("""
    uts|unixtime|unix time|unix timestamp|epoch|timestamp|time stamp|time ms|timestamp ms|utc time|ts|time|
    date time|datetime|date|played at|listened at|scrobbled at|scrobble time|scrobble date|played on|
    date played|play date utc|play date|last played date|last played|entry date|end time|event start timestamp|
    event end timestamp|when|created at|started at|start time|played|listened on|datum|zeit|uhrzeit|zeitpunkt|
    zeitstempel|abgespielt am|gehort am|wiedergegeben am|zuletzt gespielt|heure|horodatage|ecoute le|
    date d ecoute|date de lecture|date et heure|fecha|hora|fecha y hora|fecha de reproduccion|
    ultima reproduccion|data|ora|data e ora|data e hora|ultimo ascolto|tijd|tijdstip|afgespeeld op|dato|tid|
    tidspunkt|tidpunkt|spelad|paivays|paivamaara|aika|czas|data odtworzenia|cas|datum a cas|tarih|zaman|дата|
    время|дата и время|когда|日時|日付|再生日時|时间|日期|播放时间|날짜|시간|
    month|year month|monat|mois|mes|mese|maand|manad|maned|miesiac|mesic|ay|месяц|年月|月
""")
# When a track was played last, which says nothing of how often.
LAST_PLAYED = frozenset(
    _words("""
    last played|last played date|last play|lastplayed|lastplay|zuletzt gespielt|ultima reproduccion|ultimo ascolto|
    lu pour la derniere fois|derniere lecture|senast spelad|laatst afgespeeld
""")
)
PLAYS = _words("""
    plays|view count|views|playcount|play count|play counts|number of plays|total plays|times played|n plays|num plays|
    nr of plays|no of plays|user playcount|user plays|my plays|track play count|play cnt|playcnt|listen count|
    played count|plays count|
    listens|listen counts|scrobbles|scrobble count|count of track|count of tracks|count of song|count of artist|
    count of title|anzahl von titel|anzahl von kunstler|streams|stream count|total streams|count|counts|times|
    frequency|freq|weight|hits|how often|amount|total listens|total scrobbles|artist playcount|cnt|wiedergaben|
    anzahl|anzahl wiedergaben|anzahl der wiedergaben|wiedergabezahl|abspielungen|zahler|zaehler|haufigkeit|
    gespielt|mal gespielt|aufrufe|ecoutes|lectures|nombre|nombre d ecoutes|nombre de lectures|nb ecoutes|
    nb lectures|compteur|reproducciones|escuchas|veces|numero de reproducciones|reproducoes|execucoes|
    numero de reproducoes|contagem|riproduzioni|ascolti|numero di ascolti|conteggio|volte|aantal|
    aantal keer afgespeeld|keer afgespeeld|weergaven|afspeeltelling|aantal keer|antal|antal spelningar|
    spelningar|uppspelningar|afspilninger|antal afspilninger|avspillinger|antall|antall avspillinger|
    soittokerrat|kuuntelut|kuuntelukerrat|odtworzenia|liczba odtworzen|liczba|pocet|pocet prehrani|prehrani|
    lejatszasok|dinlenme|dinlenme sayisi|calma sayisi|прослушивания|прослушиваний|количество|
    количество прослушиваний|воспроизведения|再生回数|再生数|回数|播放次数|次数|播放数|播放次數|次數|재생 횟수|횟수|
    redari|ascultari|αναπαραγωγες|ακροασεις|прослуховування|прослуховувань|luot phat|luot nghe|jumlah putar|
    jumlah diputar|จำนวนครั้งที่เล่น|مرات التشغيل|عدد مرات التشغيل|השמעות|מספר השמעות
""")
# Plays of the person whose table it is, where the plays of everybody stand beside them.
OWN_PLAYS = _words("""
    user playcount|userplaycount|user play count|user plays|userplays|user scrobbles|my plays|my playcount|
    my play count|my scrobbles|my listens|your plays|your playcount|your scrobbles|personal plays|meine wiedergaben|
    mes ecoutes|
    mis reproducciones|le mie riproduzioni|minhas reproducoes
""")
PLAYS += OWN_PLAYS
# Names of columns of artists whose cells may name several.
ARTISTS = frozenset(
    _words("""
    artists|artist names|artist s|artist(s)|artist name s|artist name(s)|artistes|artistas|
    artisti|artiesten|artister|kunstnere|interpreten
""")
)
# Words that also count something else: what is called plays goes before them.
WEAK_PLAYS = frozenset(
    _words("""
    view count|views|count|counts|times|frequency|freq|weight|hits|how often|amount|cnt|anzahl|mal gespielt|aufrufe|
    zahler|zaehler|haufigkeit|nombre|compteur|veces|contagem|conteggio|volte|aantal|antal|antall|liczba|pocet|
    количество|回数|次数|횟수
""")
)
LISTENERS = frozenset(
    _words("""
    listeners|listener count|number of listeners|horer|auditeurs|oyentes|ouvintes|ascoltatori|
    luisteraars|слушатели
""")
)
# Who listened, in a table that may be of several people.
LISTENER = _words("""
    user|username|user name|user id|userid|uid|listener|listener id|benutzer|
    benutzername|nutzer|utilisateur|nom d utilisateur|usuario|utente|gebruiker|anvandare|bruker|bruger|kayttaja|
    uzytkownik|    uzivatel|kullanici|пользователь|用户|ユーザー|사용자
""")
# What tells a play that was cut off: a mark, the reason of its end, how long it was heard, and a private session.
SKIPPED = _words("skipped|skip|was skipped|is skipped|ubersprungen|passe|saltada|saltato|overgeslagen")
REASON_END = _words("reason end|end reason|end reason type")
HEARD_MS = _words("""
    ms played|msplayed|played ms|milliseconds played|ms listened|listened ms|stream duration ms|
    play duration milliseconds|play duration ms|duration played ms
""")
HEARD_SECONDS = _words("""
    seconds played|played seconds|sec played|s played|listening time|listened seconds|seconds listened|horzeit|hordauer|
    temps d ecoute|duree d ecoute|tiempo de escucha|tempo di ascolto|tempo de audicao|luistertijd
""")
PRIVATE = _words("incognito mode|incognito|private session|private")
EVENT = ("event", "event type", "action", "action type", "activity", "activity type")
LISTENED = frozenset(
    {"scrobble", "scrobbled", "listen", "listened", "play", "played", "play_end", "stream", "streamed"}
)
# Columns that say that a date is that of something else than a listen.
CONCERTS = frozenset(
    _words("""
    venue|tour|tour name|setlist|festival|ticket|ticket price|headliner|support act|
    veranstaltungsort|spielstatte|lieu du concert|salle
""")
)
# Numbers beside artists that are no plays of theirs, and would make a profile of nothing.
NOT_PLAYS = _words("""
    rank|ranking|rang|rango|platz|place|position|pos|posicion|posizione|posicao|plats|plass|sija|miejsce|место|
    順位|排名|no|nr|nº|#|index|idx|row|line|year|jahr|annee|ano|anno|ar|vuosi|rok|год|年|年份|release year|decade|born|
    founded|formed|id|artist id|artistid|mbid|artist mbid|uri|url|isrc|spotify id|number|num|track number|
    track no|disc number|numero|duration|length|dauer|lange|duree|duracion|durata|duracao|duur|längd|seconds|
    minutes|hours|sekunden|minuten|stunden|ms played|ms|time played|minutes played|hours played|listening time|
    play time|playtime|play duration|total time|size|popularity|popularitat|popularite|popularidad|rating|stars|
    score|bewertung|note|listeners|horer|auditeurs|oyentes|followers|fans|monthly listeners|subscribers|albums|
    tracks|songs|bpm|bitrate|bit rate|sample rate|age|percent|percentage|share|%|skips|skip count
""")
# Of a name of several words, one of these says the same.
UNITS = frozenset(
    _words("""
    rank|year|id|mbid|minutes|minuten|minutos|mins|hours|stunden|horas|heures|seconds|
    sekunden|ms|duration|rating
""")
)
# What a column may hold in place of artists, if its name is none of the words above.
_OTHERS = _words("""
    album|albums|album title|album name|release|releases|record|disc|compilation|genre|genres|tag|tags|style|mood|
    country|countries|land|pays|pais|paese|city|region|day|days|weekday|day of week|hour|hour of day|minute|week|
    quarter|
    wochentag|stunde|tag|jour|heure|dia|giorno|season|device|devices|platform|player|client|app|source|service|os|
    playlist|playlists|podcast|podcasts|show|episode|station|radio|channel|label|format|language|key|mode|tempo|
    category|type|status|version|artist uri|artist url|artist ids|track id|song id|album id|gatunek|жанр|альбом|
    アルバム|ジャンル|专辑|專輯|流派|앨범|장르
""")
NOT_ARTISTS = frozenset(
    {*_OTHERS, *TRACK, *TIME, *PLAYS, *NOT_PLAYS, *LISTENER, *LISTENERS, *CONCERTS} - {"name", "", *ARTIST}
)
