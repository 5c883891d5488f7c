"""YouTube Music, as Google Takeout gives it: `watch-history.json`, whatever it is called in other languages."""

from __future__ import annotations

import json

from deepcuts.history.formats.format import Format, Head
from deepcuts.history.formats.json_records import no_listen
from deepcuts.history.formats.listen_json import json_format

NAMES = ("YouTube Music of Google Takeout (.json)",)

_WATCHED = json.dumps(
    {
        "header": "VARCHAR",
        "title": "VARCHAR",
        "titleUrl": "VARCHAR",
        "subtitles": [{"name": "VARCHAR"}],
        "details": [{"name": "VARCHAR"}],
        "time": "VARCHAR",
    }
)
# The channel of an artist that YouTube made is called "Artist - Topic", in the language of the account.
# "Release - Topic" is nobody's, and stays.
_TOPIC = (
    "Topic|Thema|Thème|Tema|Tópico|Argomento|Onderwerp|Ämne|Emne|Aihe|Temat|Téma|Konu|Subiect|Θέμα|Тема|"
    "トピック|主题|主題|주제|หัวข้อ|Chủ đề|Topik|विषय|موضوع|נושא"
)
_ROWS = f"""
    SELECT row, [CASE WHEN channel = 'Release - Topic' THEN channel
                      ELSE regexp_replace(channel, '(?i)\\s+[-–—]\\s+({_TOPIC})$', '') END] AS artists,
           r.title AS track, r.time AS time, 1.0 AS plays,
           coalesce({no_listen("r.title", "r.header")},
                    CASE WHEN filled(r.time) IS NULL THEN 'it has no time' END) AS bad,
           CASE WHEN NOT is_music THEN 'not heard in YouTube Music'
                WHEN filled(channel) IS NULL THEN 'no artist (removed, or of one''s own)' END AS dropped,
           true AS single
    FROM (SELECT *, r.subtitles[1].name AS channel,
                 coalesce(r.header = 'YouTube Music', false)
                 OR coalesce(contains(r.titleUrl, '//music.youtube.com/'), false)
                 OR coalesce(len(list_filter(r.details, lambda each: contains(each.name, 'YouTube Music'))) > 0, false)
                 AS is_music FROM raw)"""


def recognise(head: Head) -> Format | None:
    """An array of what was watched; that of YouTube Music counts, and its artist is the channel."""
    groups = [("header", "title", "time"), ("title", "titleUrl", "time")]
    return json_format(head, "YouTube Music", groups, _WATCHED, _ROWS)
