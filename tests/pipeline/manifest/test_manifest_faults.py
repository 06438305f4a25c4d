"""Wrong manifests: each must be told where it is wrong, what was found, and what would be right."""

# ruff: noqa: E501  (a table reads better with one case a line)

import os
import re

import pytest

# Two lines that are right; what is wrong comes behind them, from line 3 on.
RIGHT = "album: {title: T, artist: A}\ntracks: [a.wav]\n"
# One line that is right; the tracks come behind it, the first on line 3.
ALBUM = "album: {title: T, artist: A}\ntracks:\n"
# Three lines that are right; the one stage of the default chain comes behind `[{` on line 4, from column 12 on.
STAGE = RIGHT + "defaults:\n  chain: [{"

# text, line:column, path, what the message says (all of it must be found, in this order)
CASES = [
    # keys
    ("albun: {title: T}\ntracks: [a.wav]", "1:1", "albun", 'unknown key "albun" did you mean "album"?'),
    ("album: {titel: T, artist: A}\ntracks: [a.wav]", "1:9", "album.titel", 'did you mean "title"?'),
    ("album: {title: T}\ntracks: [a.wav]", "1:8", "album.artist", "artist is missing"),
    ("album: {title: T, artist: }\ntracks: [a.wav]", "1:26", "album.artist", "artist is missing"),
    ("album: {title: T, artist: A}\n", "1:1", "tracks", "tracks is missing write a list of mixes"),
    ("album: {title: T, artist: A}\ntracks:\n", "2:8", "tracks", "tracks is missing"),
    ("album: {title: T, artist: A}\ntracks: []", "2:9", "tracks", "the list is empty"),
    (RIGHT + "level:\n  targte: -9", "4:3", "level.targte", 'did you mean "target_lufs"?'),
    (RIGHT + "level:\n  xyz: -9", "4:3", "level.xyz", "known here: target_lufs, match, measure, ceiling_dbtp"),
    (RIGHT + "level:\n  Target-LUFS: -9", "4:3", "level.Target-LUFS", 'did you mean "target_lufs"?'),
    (RIGHT + "stores: {}", "3:1", "stores", 'unknown key "stores" known here: deadwax, album, session'),
    (RIGHT + "level: {<off>: 1}", "3:9", "level.<off>", 'unknown key "<off>"'),
    (RIGHT + "defaults:\n  limiter: {<settings>: 1}", "4:13", "defaults.limiter.<settings>", "unknown key"),
    (RIGHT + "deliver: {vinyl: {ddp: true}}", "3:19", "deliver.vinyl.ddp", "nothing can be set here"),
    (RIGHT + "deliver: {cd: {dpp: true}}", "3:16", "deliver.cd.dpp", 'did you mean "ddp"?'),
    (RIGHT + "deliver: {cd: {gaps: behind}}", "3:22", "deliver.cd.gaps", '"behind" is none of the choices write before, after or none'),
    (RIGHT + "deliver: {cd: {copies: maybe}}", "3:24", "deliver.cd.copies", "write no, yes or scms"),
    (RIGHT + "deliver: {cd: {profile: 90}}", "3:25", "deliver.cd.profile", 'there is no profile "90" there are 80, 77, 74'),
    (RIGHT + "deliver: {cd: {offsets: {start_sectors: 751}}}", "3:41", "deliver.cd.offsets.start_sectors", "751 is out of range write a number between 0 and 750"),
    (RIGHT + "deliver: {cd: {text: {second: {language: xx}}}}", "3:42", "deliver.cd.text.second.language", "is not a language code"),
    (RIGHT + "deliver: {cd: {text: {second: {language: zxx}}}}", "3:42", "deliver.cd.text.second.language", 'CD-Text has no code for "zxx"'),
    (RIGHT + "deliver: {cd: {text: {second: {language: de, titles: [a, b]}}}}", "3:54", "deliver.cd.text.second.titles", "there are 2 titles for 1 track write one for each"),
    ("album: {title: T, artist: A}\ntracks: [{mix: a.wav, disc: 2}]", "2:29", "tracks[0].disc", "there is no disc 1 before disc 2 write 1"),
    ("album: {title: T, artist: A}\ntracks: [a.wav, {mix: a.wav, disc: 3}]", "2:36", "tracks[1].disc", "there is no disc 2 before disc 3 write 2"),
    ("album: {title: T, artist: A}\ntracks: [a.wav, {mix: a.wav, disc: 2}, {mix: a.wav, disc: 1}]", "2:59", "tracks[2].disc", "disc 1 comes behind disc 2 discs keep the running order"),
    ("album: {title: T, artist: A}\ntracks: [{mix: a.wav, disc: 100}]", "2:29", "tracks[0].disc", "write a number between 1 and 99"),
    ("album: {title: T, artist: A, hidden: none.wav}\ntracks: [a.wav]", "1:38", "album.hidden", "there is no file"),
    ("album: {title: T, artist: A, hidden: {gap: 2}}\ntracks: [a.wav]", "1:38", "album.hidden.mix", "mix is missing"),
    (RIGHT + "level: {match: off, match: album}", "3:21", "level.match", "written twice it is on line 3 already"),
    # single values
    (RIGHT + "deadwax: 2", "3:10", "deadwax", '"2" is no version write 1'),
    (RIGHT + "session: {rate: 44101}", "3:17", "session.rate", "44101 is none write auto, 44100, 48000"),
    (RIGHT + "session: {rate: high}", "3:17", "session.rate", '"high" is none of the choices'),
    (RIGHT + "session: {dither: [tpdf]}", "3:19", "session.dither", "found a list write shaped_light, shaped, tpdf or none"),
    (RIGHT + "level: {target_lufs: loud}", "3:22", "level.target_lufs", '"loud" is not a number between -60 and 0'),
    (RIGHT + "level: {target_lufs: -9 LUFS}", "3:22", "level.target_lufs", '"-9 LUFS" is not a number'),
    (RIGHT + "level: {target_lufs: '-9,5'}", "3:22", "level.target_lufs", "with a point: -9.5"),
    (RIGHT + "level: {target_lufs: 1}", "3:22", "level.target_lufs", "1 is out of range between -60 and 0"),
    (RIGHT + "level: {target_lufs: -61}", "3:22", "level.target_lufs", "-61 is out of range"),
    (RIGHT + "level: {target_lufs: nan}", "3:22", "level.target_lufs", "nan is out of range"),
    (RIGHT + "level: {target_lufs: -.inf}", "3:22", "level.target_lufs", "not a number"),
    (RIGHT + "level: {target_lufs: [-9]}", "3:22", "level.target_lufs", "found a list where a number belongs"),
    (RIGHT + "level: {ceiling_dbtp: -20.5}", "3:23", "level.ceiling_dbtp", "between -20 and 0"),
    (RIGHT + "level: {match: trakcs}", "3:16", "level.match", '"trakcs" is none write tracks, album or off'),
    (RIGHT + "level: -14", "3:8", "level", 'found "-14" where a mapping belongs {target_lufs: -14}'),
    (RIGHT + "vinyl: {rpm: 78}", "3:14", "vinyl.rpm", "78 is none of the choices write 33 or 45"),
    (RIGHT + "vinyl: {format: 12}", "3:17", "vinyl.format", "write 12in, 10in or 7in"),
    (RIGHT + "vinyl: {limiter: of}", "3:18", "vinyl.limiter", '"of" is neither yes nor no'),
    (RIGHT + "vinyl: {notes: [x]}", "3:16", "vinyl.notes", "found a list where text belongs"),
    (RIGHT + 'vinyl: {notes: "a\\x07"}', "3:16", "vinyl.notes", "control character"),
    # album
    ("album: {title: T, artist: [A]}\ntracks: [a.wav]", "1:27", "album.artist", "found a list where text"),
    ("album: {title: '', artist: A}\ntracks: [a.wav]", "1:16", "album.title", "empty text"),
    ('album: {title: "T\\nU", artist: A}\ntracks: [a.wav]', "1:16", "album.title", '"T\\nU" has a line break'),
    ("album: T\ntracks: [a.wav]", "1:8", "album", 'found "T" where a mapping belongs {title: Night Ferry'),
    ("album: {title: T, artist: A, upc: 4006381333930}\ntracks: [a.wav]", "1:35", "album.upc", "it must be 1"),
    ("album: {title: T, artist: A, upc: 036000291453}\ntracks: [a.wav]", "1:35", "album.upc", "003600029145 it must be 2"),
    ("album: {title: T, artist: A, upc: 12345}\ntracks: [a.wav]", "1:35", "album.upc", "12 digits of a UPC or the 13"),
    ("album: {title: T, artist: A, upc: 000000000000}\ntracks: [a.wav]", "1:35", "album.upc", "not a UPC"),
    ("album: {title: T, artist: A, date: 2026-02-30}\ntracks: [a.wav]", "1:36", "album.date", "no day in the calendar"),
    ("album: {title: T, artist: A, date: 2026}\ntracks: [a.wav]", "1:36", "album.date", "such as 2026-12-04"),
    ("album: {title: T, artist: A, language: xx}\ntracks: [a.wav]", "1:40", "album.language", '"xx" is not a language'),
    ("album: {title: T, artist: A, language: en-US}\ntracks: [a.wav]", "1:40", "album.language", "such as en"),
    ("album: {title: T, artist: A, explicit: 1}\ntracks: [a.wav]", "1:40", "album.explicit", "neither yes nor no"),
    ("album: {title: T, artist: A, genre: [a, {b: c}]}\ntracks: [a.wav]", "1:41", "album.genre[1]", "found a mapping where text"),
    ("album: {title: T, artist: A, genre: ['']}\ntracks: [a.wav]", "1:38", "album.genre[0]", "empty text"),
    ("album: {title: T, artist: A, credits: [x]}\ntracks: [a.wav]", "1:39", "album.credits", "{producer: A. Name}"),
    ("album: {title: T, artist: A, credits: {mixer: {}}}\ntracks: [a.wav]", "1:47", "album.credits.mixer", "a mapping where a list"),
    ("album: {title: T, artist: A, artwork: art/covr.png}\ntracks: [a.wav]", "1:39", "album.artwork", 'did you mean "art/cover.png"?'),
    # mixes
    ("album: {title: T, artist: A}\ntracks: a.wav", "2:9", "tracks", 'found "a.wav" where a list belongs'),
    (ALBUM + "  - mixes/01 Departur.wav", "3:5", "tracks[0]", 'no file "mixes/01 Departur.wav" "mixes/01 Departure.wav"?'),
    (ALBUM + "  - mix: mixes/02 breakwater.WAV", "3:10", "tracks[0].mix", 'did you mean "mixes/02 Breakwater.wav"?'),
    (ALBUM + "  - mix: mixes", "3:10", "tracks[0].mix", '"mixes" is a folder'),
    (ALBUM + "  - mix: ''", "3:10", "tracks[0].mix", "empty name"),
    (ALBUM + "  - mix: nowhere/x.wav", "3:10", "tracks[0].mix", 'there is no folder "nowhere"'),
    (ALBUM + "  - mix: mixes\\01 Departure.wav", "3:10", "tracks[0].mix", "/ instead of"),
    (ALBUM + "  - mix: mixes/qqqqqqq", "3:10", "tracks[0].mix", "start at the manifest's folder"),
    (ALBUM + '  - mix: "a\\0.wav"', "3:10", "tracks[0].mix", "there is no file"),
    (ALBUM + f"  - mix: {'x' * 5000}", "3:10", "tracks[0].mix", "there is no file"),
    (ALBUM + "  - title: T", "3:5", "tracks[0].mix", "mix is missing"),
    (ALBUM + "  - [a.wav]", "3:5", "tracks[0]", "found a list where a mapping belongs write a mix, or"),
    # tracks
    (ALBUM + "  - {mix: a.wav, isrc: GB-AYE-26-0001}", "3:24", "tracks[0].isrc", "is not an ISRC such as GBAYE2600001"),
    (ALBUM + "  - {mix: a.wav, isrc: [x]}", "3:24", "tracks[0].isrc", "found a list where text belongs"),
    (ALBUM + "  - {mix: a.wav, isrc: GBAYE2600001}\n  - {mix: a.wav, isrc: gb-aye-26-00001}", "4:24", "tracks[1].isrc", "GBAYE2600001 is the code of track 1 already"),
    (ALBUM + "  - {mix: a.wav, trim: {start: 3, end: 3}}", "3:40", "tracks[0].trim.end", "the end (3 s) is not behind the start"),
    (ALBUM + "  - {mix: a.wav, trim: {start: 3:75}}", "3:32", "tracks[0].trim.start", '"3:75" is not a time minutes (3:41.5)'),
    (ALBUM + "  - {mix: a.wav, trim: {start: -1}}", "3:32", "tracks[0].trim.start", '"-1" is not a time'),
    (ALBUM + "  - {mix: a.wav, trim: {start: [1]}}", "3:32", "tracks[0].trim.start", "found a list where a time"),
    (ALBUM + "  - {mix: a.wav, fade_in: 8}", "3:27", "tracks[0].fade_in", "{seconds: 0.02}"),
    (ALBUM + "  - {mix: a.wav, fade_out: {seconds: 8, curve: round}}", "3:48", "tracks[0].fade_out.curve", "linear, equal_power, s_curve or exponential"),
    (ALBUM + "  - {mix: a.wav, level: {offset_lu: 25}}", "3:37", "tracks[0].level.offset_lu", "between -24 and 24"),
    (ALBUM + "  - {mix: a.wav, index: 1:30}", "3:25", "tracks[0].index", 'a list of times such as ["1:30"]'),
    (ALBUM + "  - {mix: a.wav, index: [3, 2]}", "3:29", "tracks[0].index[1]", "not behind the one before (3 s)"),
    (ALBUM + "  - {mix: a.wav, trim: {start: 5}, index: [4]}", "3:44", "tracks[0].index[0]", "not behind the start (5 s)"),
    (ALBUM + "  - {mix: a.wav, trim: {end: 5}, index: [5]}", "3:42", "tracks[0].index[0]", "not before the trim's end"),
    # what follows
    (ALBUM + "  - {mix: a.wav, then: {gpa: 3}}\n  - a.wav", "3:25", "tracks[0].then.gpa", 'did you mean "gap"?'),
    (ALBUM + "  - {mix: a.wav, then: {}}\n  - a.wav", "3:24", "tracks[0].then.gap", "gap is missing"),
    (ALBUM + "  - {mix: a.wav, then: {gap: 1, crossfade: 2}}\n  - a.wav", "3:24", "tracks[0].then", "not by both"),
    (ALBUM + "  - {mix: a.wav, then: {segue: 1}}\n  - a.wav", "3:24", "tracks[0].then", "write then: segue"),
    (ALBUM + "  - {mix: a.wav, then: [gap]}\n  - a.wav", "3:24", "tracks[0].then", "found a list write segue, {gap: 2.0}"),
    (ALBUM + "  - {mix: a.wav, then: seque}\n  - a.wav", "3:24", "tracks[0].then", '"seque" is none write segue'),
    (ALBUM + "  - {mix: a.wav, then: {crossfade: 0}}\n  - a.wav", "3:36", "tracks[0].then.crossfade", "more than 0"),
    (ALBUM + "  - {mix: a.wav, then: {gap: 90000}}", "3:30", "tracks[0].then.gap", '"90000" is not a time'),
    (ALBUM + "  - {mix: a.wav, then: segue}", "3:24", "tracks[0].then", "no track follows this segue"),
    (ALBUM + "  - {mix: a.wav, then: {crossfade: 2}}", "3:24", "tracks[0].then", "no track follows this crossfade"),
    # cuts
    (ALBUM + "  - {mix: a.wav, title: T, cuts: [{title: A, at: 0}]}", "3:18", "tracks[0].title", "no title of its own move it to a cut"),
    (ALBUM + "  - {mix: a.wav, isrc: GBAYE2600001, cuts: [{title: A, at: 0}]}", "3:18", "tracks[0].isrc", "no isrc of its own"),
    (ALBUM + "  - {mix: a.wav, cuts: [{at: 0}]}", "3:25", "tracks[0].cuts[0].title", "title is missing"),
    (ALBUM + "  - {mix: a.wav, cuts: [{title: A}]}", "3:25", "tracks[0].cuts[0].at", "at is missing"),
    (ALBUM + "  - {mix: a.wav, cuts: {title: A}}", "3:24", "tracks[0].cuts", "found a mapping where a list {title: Harbour, at: 0}"),
    (ALBUM + "  - {mix: a.wav, cuts: [A]}", "3:25", "tracks[0].cuts[0]", 'found "A" where a mapping belongs {title: Harbour'),
    (ALBUM + "  - {mix: a.wav, cuts: [{title: A, at: 2}, {title: B, at: 2}]}", "3:59", "tracks[0].cuts[1].at", "not behind the one before"),
    (ALBUM + "  - {mix: a.wav, trim: {end: 9}, cuts: [{title: A, at: 0}, {title: B, at: 9}]}", "3:75", "tracks[0].cuts[1].at", "not before the trim's end (9 s)"),
    (ALBUM + "  - {mix: a.wav, trim: {start: 1}, cuts: [{title: A, at: 0}]}", "3:32", "tracks[0].trim.start", "the first cut is the start"),
    (ALBUM + "  - {mix: a.wav, cuts: [{title: A, at: 0, index: [7]}, {title: B, at: 5}]}", "3:51", "tracks[0].cuts[0].index[0]", "in the next track (5 s)"),
    (ALBUM + "  - {mix: a.wav, cuts: [{title: A, at: 0, isrc: GBAYE2600001}, {title: B, at: 5, isrc: GBAYE2600001}]}", "3:88", "tracks[0].cuts[1].isrc", "code of track 1"),
    # chains
    (RIGHT + "defaults:\n  chain: glue", "4:10", "defaults.chain", "found \"glue\" where a list or [] for none"),
    (RIGHT + "defaults:\n  chain: [glue]", "4:11", "defaults.chain[0]", 'found "glue" where a mapping {glue: {}}'),
    (RIGHT + "defaults:\n  chain: [{gleu: {}}]", "4:12", "defaults.chain[0].gleu", 'did you mean "glue"?'),
    (RIGHT + "defaults:\n  chain: [{}]", "4:11", "defaults.chain[0]", "names no stage one of repair, tone, glue, multiband, deess, eq, linear_eq, saturate, tape, clip, stereo, limiter, plugin, output"),
    (RIGHT + "defaults:\n  chain: [{glue: {}, clip: {}}]", "4:11", "defaults.chain[0]", "2 stages: glue, clip its own dash"),
    (RIGHT + "defaults:\n  chain: [{glue: {threshold: 1}}]", "4:19", "defaults.chain[0].glue.threshold", '"threshold_db"?'),
    (RIGHT + "defaults:\n  chain: [{glue: {ratio: 99}}]", "4:26", "defaults.chain[0].glue.ratio", "99 is out of range between 1 and 20"),
    (RIGHT + "defaults:\n  chain: [{glue: {ratio: }}]", "4:25", "defaults.chain[0].glue.ratio", "found nothing where a number"),
    (RIGHT + "defaults:\n  chain: [{glue: 5}]", "4:18", "defaults.chain[0].glue", 'found "5" where a mapping'),
    (RIGHT + "defaults:\n  chain: [{eq: []}]", "4:16", "defaults.chain[0].eq", "the list is empty"),
    (RIGHT + "defaults:\n  chain: [{eq: }]", "4:11", "defaults.chain[0]", "names no stage"),
    (RIGHT + "defaults:\n  chain: [{eq: {type: bell}}]", "4:16", "defaults.chain[0].eq", "a mapping where a list"),
    (RIGHT + "defaults:\n  chain: [{eq: [bell]}]", "4:17", "defaults.chain[0].eq[0]", "write a band such as {type: bell"),
    (RIGHT + "defaults:\n  chain: [{eq: [{type: bell}]}]", "4:17", "defaults.chain[0].eq[0].freq_hz", "freq_hz is missing"),
    (RIGHT + "defaults:\n  chain: [{eq: [{type: bel, freq_hz: 99}]}]", "4:24", "defaults.chain[0].eq[0].type", "write bell, low_shelf"),
    (RIGHT + "defaults:\n  chain: [{eq: [{type: low_pass, freq_hz: 99, slope_db_per_octave: 13}]}]", "4:68", "defaults.chain[0].eq[0].slope_db_per_octave", "13 is none write 6, 12, 18 or 24"),
    (RIGHT + "defaults:\n  chain: [{eq: [{type: low_pass, freq_hz: 99, gain_db: 3}]}]", "4:17", "defaults.chain[0].eq[0]", "gain_db has no meaning for a low_pass"),
    # the other stages
    (STAGE + "repair: {delcick: yes}}]", "4:21", "defaults.chain[0].repair.delcick", 'unknown key "delcick" did you mean "declick"?'),
    (STAGE + "repair: {dc: maybe}}]", "4:25", "defaults.chain[0].repair.dc", '"maybe" is neither yes nor no write yes or no, on or off'),
    (STAGE + "repair: {dc: [yes]}}]", "4:25", "defaults.chain[0].repair.dc", "a list is neither yes nor no"),
    (STAGE + "repair: {mains_hz: 55}}]", "4:31", "defaults.chain[0].repair.mains_hz", "55 is none of the choices write 50 or 60"),
    (STAGE + "repair: {declick_threshold: 3}}]", "4:40", "defaults.chain[0].repair.declick_threshold", "3 is out of range between 4 and 20"),
    (STAGE + "tone: }]", "4:17", "defaults.chain[0].tone.toward", "toward is missing write album, or name a recording"),
    (STAGE + "tone: {strength: 0.5}}]", "4:18", "defaults.chain[0].tone.toward", "toward is missing"),
    (STAGE + "tone: {toward: }}]", "4:26", "defaults.chain[0].tone.toward", "toward is missing write album"),
    (STAGE + "tone: {toward: albun}}]", "4:27", "defaults.chain[0].tone.toward", 'there is no file "albun" did you mean "album"?'),
    (STAGE + "tone: {toward: Album}}]", "4:27", "defaults.chain[0].tone.toward", 'did you mean "album"?'),
    (STAGE + "tone: {toward: mixes/01 departure.wav}}]", "4:27", "defaults.chain[0].tone.toward", 'did you mean "mixes/01 Departure.wav"?'),
    (STAGE + "tone: {toward: [album]}}]", "4:27", "defaults.chain[0].tone.toward", "found a list where text belongs write album"),
    (STAGE + "tone: {toward: mixes}}]", "4:27", "defaults.chain[0].tone.toward", '"mixes" is a folder'),
    (STAGE + "tone: {toward: album, stength: 1}}]", "4:34", "defaults.chain[0].tone.stength", 'did you mean "strength"?'),
    (STAGE + "tone: {toward: album, max_db: 7}}]", "4:42", "defaults.chain[0].tone.max_db", "between 0 and 6"),
    (STAGE + "tone: album}]", "4:18", "defaults.chain[0].tone", 'found "album" where a mapping belongs {toward: album}'),
    (STAGE + "glue: {auto_release: maybe}}]", "4:33", "defaults.chain[0].glue.auto_release", "neither yes nor no"),
    (STAGE + "glue: {on: middle}}]", "4:23", "defaults.chain[0].glue.on", '"middle" is none write stereo, mid, side, left or right'),
    (STAGE + "multiband: {crossovers_hz: [120, x]}}]", "4:45", "defaults.chain[0].multiband.crossovers_hz[1]", '"x" is not a number between 20 and 20000'),
    (STAGE + "multiband: {crossovers_hz: [10, 800, 5000]}}]", "4:40", "defaults.chain[0].multiband.crossovers_hz[0]", "10 is out of range between 20"),
    (STAGE + "multiband: {crossovers_hz: 120}}]", "4:39", "defaults.chain[0].multiband.crossovers_hz", "where a list belongs [120, 800, 5000]"),
    (STAGE + "multiband: {crossovers_hz: [800, 120, 5000]}}]", "4:23", "defaults.chain[0].multiband", "must ascend"),
    (STAGE + "multiband: {crossovers_hz: [120]}}]", "4:23", "defaults.chain[0].multiband", "bands must be 2, one more than there are crossovers_hz (got 4)"),
    (STAGE + "multiband: {bands: {ratio: 2}}}]", "4:31", "defaults.chain[0].multiband.bands", "a mapping where a list belongs [{ratio: 1.5}"),
    (STAGE + "multiband: {crossovers_hz: [120], bands: [{}, 2]}}]", "4:58", "defaults.chain[0].multiband.bands[1]", 'found "2" where a mapping {threshold_db: -24'),
    (STAGE + "multiband: {crossovers_hz: [120], bands: [{}, {rato: 2}]}}]", "4:59", "defaults.chain[0].multiband.bands[1].rato", 'did you mean "ratio"?'),
    (STAGE + "multiband: {crossovers_hz: [120], bands: [{ratio: 99}, {}]}}]", "4:62", "defaults.chain[0].multiband.bands[0].ratio", "99 is out of range"),
    (STAGE + "multibnd: {}}]", "4:12", "defaults.chain[0].multibnd", 'did you mean "multiband"?'),
    (STAGE + "deess: {rang_db: 3}}]", "4:20", "defaults.chain[0].deess.rang_db", 'did you mean "range_db"?'),
    (STAGE + "eq: [{type: bell, freq_hz: 300, gain_db: -3, ratio: 3}]}]", "4:17", "defaults.chain[0].eq[0]", "ratio has no meaning without threshold_db"),
    (STAGE + "linear_eq: }]", "4:11", "defaults.chain[0]", "names no stage"),
    (STAGE + "linear_eq: []}]", "4:23", "defaults.chain[0].linear_eq", "the list is empty"),
    (STAGE + "linear_eq: {type: bell}}]", "4:23", "defaults.chain[0].linear_eq", "a mapping where a list belongs [{type: high_shelf"),
    (STAGE + "linear_eq: [bell]}]", "4:24", "defaults.chain[0].linear_eq[0]", "write a band such as {type: high_shelf"),
    (STAGE + "linear_eq: [{type: low_pass, freq_hz: 99, slope_db_per_octave: 13}]}]", "4:75", "defaults.chain[0].linear_eq[0].slope_db_per_octave", "write 6, 12, 18 or 24"),
    (STAGE + "linear_eq: [{type: bell, freq_hz: 999}, {type: bell, freq_hz: 300, gain_db: 1, threshold_db: -20}]}]", "4:52", "defaults.chain[0].linear_eq[1]", "threshold_db must be left out (got -20) put a dynamic band into an eq"),
    (STAGE + "linear_eq: [{type: bell, freq_hz: 999, q: 5}, {type: bell, freq_hz: 100, q: 4.1, gain_db: 1}]}]", "4:58", "defaults.chain[0].linear_eq[1]", "q must be at most 4 below 200 Hz (got 4.1 at 100 Hz) into an eq"),
    (STAGE + "tape: {speed_ips: 20}}]", "4:18", "defaults.chain[0].tape", "speed_ips must be 7.5, 15 or 30 (got 20)"),
    (STAGE + "tape: {speed_ips: fast}}]", "4:30", "defaults.chain[0].tape.speed_ips", '"fast" is not a number'),
    (STAGE + "stereo: {widths: [0.8, 3], crossovers_hz: [200]}}]", "4:35", "defaults.chain[0].stereo.widths[1]", "3 is out of range between 0 and 2"),
    (STAGE + "stereo: {widths: 0.8}}]", "4:29", "defaults.chain[0].stereo.widths", "where a list belongs [0.8, 1]"),
    (STAGE + "stereo: {widths: [0.8, 1]}}]", "4:20", "defaults.chain[0].stereo", "one less than widths, so 1 (got 0)"),
    (STAGE + "stereo: {mono_below_hz: 20}}]", "4:36", "defaults.chain[0].stereo.mono_below_hz", "between 40 and 300"),
    (STAGE + "limiter: {ceiling_dbtp: 1}}]", "4:36", "defaults.chain[0].limiter.ceiling_dbtp", "between -24 and 0"),
    (STAGE + "limiter: off}]", "4:21", "defaults.chain[0].limiter", 'found "off" where a mapping belongs write settings such as {ceiling_dbtp: -3}'),
    (STAGE + "plugin: }]", "4:19", "defaults.chain[0].plugin.path", "path is missing name a plug-in such as"),
    (STAGE + "plugin: {settings: {}}}]", "4:20", "defaults.chain[0].plugin.path", "path is missing"),
    (STAGE + "plugin: EQ.vst3}]", "4:20", "defaults.chain[0].plugin", 'found "EQ.vst3" where a mapping belongs {path: fx/EQ.vst3}'),
    (STAGE + "plugin: {path: ''}}]", "4:27", "defaults.chain[0].plugin.path", "empty text"),
    (STAGE + "plugin: {path: EQ.vst3, settings: warm}}]", "4:46", "defaults.chain[0].plugin.settings", 'found "warm" {drive: 0.3, mode: Warm}'),
    (STAGE + "plugin: {path: EQ.vst3, settings: {drive: [1]}}}]", "4:54", "defaults.chain[0].plugin.settings.drive", "found a list write a number or a word"),
    (STAGE + "plugin: {path: EQ.vst3, setings: {}}}]", "4:36", "defaults.chain[0].plugin.setings", 'did you mean "settings"?'),
    (STAGE + "plugin: {path: EQ.vst3, mix: 2}}]", "4:41", "defaults.chain[0].plugin.mix", "between 0 and 1"),
    (STAGE + "output: {on: side}}]", "4:21", "defaults.chain[0].output.on", "known here: gain_db"),
    # session, lint
    (RIGHT + "session: {reference: nowhere.wav}", "3:22", "session.reference", 'there is no file "nowhere.wav"'),
    (RIGHT + "session: {reference: mixes}", "3:22", "session.reference", '"mixes" is a folder'),
    (RIGHT + "session: {refrence: a.wav}", "3:11", "session.refrence", 'did you mean "reference"?'),
    (RIGHT + "lint: {eq_moves: sometimes}", "3:18", "lint.eq_moves", '"sometimes" is neither yes nor no'),
    (RIGHT + "lint: {eq_mvoes: off}", "3:8", "lint.eq_mvoes", 'did you mean "eq_moves"?'),
    (RIGHT + "lint: {loudness: off}", "3:8", "lint.loudness", "known here: eq_moves, glue, widening"),
    (RIGHT + "lint: off", "3:7", "lint", 'found "off" where a mapping {eq_moves: off}'),
    # limiter
    (RIGHT + "defaults: {limiter: hard}", "3:21", "defaults.limiter", "write on, off, or settings"),
    (RIGHT + "defaults: {limiter: {release_ms: 1}}", "3:34", "defaults.limiter.release_ms", "between 5 and 2000"),
    (ALBUM + "  - {mix: a.wav, chain: {afte: []}}", "3:26", "tracks[0].chain.afte", 'did you mean "after"?'),
    (ALBUM + "  - {mix: a.wav, chain: {after: [{glue: {mix: 2}}]}}", "3:47", "tracks[0].chain.after[0].glue.mix", "between 0 and 1"),
    (ALBUM + "  - {mix: a.wav, chain: none}", "3:25", "tracks[0].chain", "or [] for none"),
    # vinyl
    (RIGHT + "vinyl: {sides: [1]}", "3:16", "vinyl.sides", "write auto, or track numbers such as {A: [1, 2]"),
    (RIGHT + "vinyl: {sides: {A: 1}}", "3:20", "vinyl.sides.A", 'found "1" where a list belongs'),
    (RIGHT + "vinyl: {sides: {A: [x]}}", "3:21", "vinyl.sides.A[0]", '"x" is not a whole number'),
    (RIGHT + "vinyl: {sides: {A: [1], B: []}}", "3:28", "vinyl.sides.B", "the list is empty"),
    (RIGHT + "vinyl: {sides: {A: [1, 9]}}", "3:24", "vinyl.sides.A[1]", "there is no track 9 numbered 1 to 1"),
    (RIGHT + "vinyl: {sides: {B: [1]}}", "3:17", "vinyl.sides.B", "B is not the next side this side is A"),
    (RIGHT + "vinyl: {sides: {A: [1]}, inscription: {B: x}}", "3:40", "vinyl.inscription.B", "there is no side B"),
    (RIGHT + "vinyl: {sides: {A: [0]}}", "3:21", "vinyl.sides.A[0]", "0 is out of range between 1 and 999"),
    (RIGHT + "vinyl: {sides: {A: [-1]}}", "3:21", "vinyl.sides.A[0]", '"-1" is not a whole number'),
    (RIGHT + "vinyl: {sides: {A: [1.0]}}", "3:21", "vinyl.sides.A[0]", '"1.0" is not a whole number'),
    (RIGHT + "vinyl: {sides: {A: [1000]}}", "3:21", "vinyl.sides.A[0]", "1000 is out of range"),
    (RIGHT + "vinyl: {sides: {}}", "3:16", "vinyl.sides", "names no track 1"),
    (RIGHT + "vinyl: {inscription: {a: x}}", "3:26", "vinyl.inscription.a", '"a" is not a side'),
    (ALBUM + "  - a.wav\n  - a.wav\nvinyl: {sides: {A: [1], B: [1, 2]}}", "5:29", "vinyl.sides.B[0]", "names track 1 twice"),
    (ALBUM + "  - a.wav\n  - a.wav\nvinyl: {sides: {A: [2], B: [1]}}", "5:29", "vinyl.sides.B[0]", "track 1 comes behind track 2"),
    (ALBUM + "  - a.wav\n" * 3 + "vinyl: {sides: {A: [2]}}", "6:16", "vinyl.sides", "names no track 1 or 3"),
    (ALBUM + "  - a.wav\n" * 30 + "vinyl: {sides: {A: [1]}}", "33:16", "vinyl.sides", "2, 3, 4, 5, 6, 7, 8, 9, 10 or 11 and more"),
    # deliver
    (RIGHT + "deliver: {}", "3:10", "deliver", "nothing is asked for name cd, digital, vinyl or cassette"),
    (RIGHT + "deliver: cd", "3:10", "deliver", 'found "cd" where a mapping belongs write such as {cd: {}'),
    (RIGHT + "deliver: {cd: yes}", "3:15", "deliver.cd", "found \"yes\" where a mapping belongs write cd: {}"),
    (RIGHT + "deliver: {digital: flac 16/44.1}", "3:20", "deliver.digital", "write a list of formats"),
    (RIGHT + "deliver: {digital: [flac 17/44.1]}", "3:21", "deliver.digital[0]", '"flac 17/44.1": flac takes bits/kHz'),
    (RIGHT + "deliver: {digital: [{flac: 1}]}", "3:21", "deliver.digital[0]", "found a mapping where a format belongs"),
    (RIGHT + f"deliver: {{digital: [flac 16/{'9' * 400}]}}", "3:21", "deliver.digital[0]", "where a format belongs"),
    (RIGHT + "deliver: {digital: [mp3 320, MP3  320]}", "3:30", "deliver.digital[1]", "mp3 320 is asked for twice"),
    # YAML
    ("", "1:1", "", "no manifest album: and tracks:"),
    ("- a.wav", "1:1", "", "no manifest"),
    ("album", "1:1", "", "no manifest"),
    (RIGHT + "level:\n\tmatch: off", "4:1", "", "a tab may not indent YAML use blanks"),
    (RIGHT + "level: {match: off", "3:19", "", "this is no YAML: expected ',' or '}'"),
    ("album: {title: T, artist: A}\ntracks:\n  - mix: 01: x.wav", "3:12", "", 'no YAML ": " in it into quotes'),
    (RIGHT + "vinyl: *house", "3:8", "", "no YAML: found undefined alias an alias *name comes behind"),
    (RIGHT + "---\n" + RIGHT, "3:1", "", "a second document begins here"),
    (RIGHT + "level: !!python/name:os.system", "3:8", "level", "the tag !!python/name:os.system has no meaning"),
    (RIGHT + "level: !own {match: off}", "3:8", "level", "the tag !own has no meaning here leave it out"),
    (RIGHT + "? [a]\n: b", "3:3", "", "a key is not a word"),
    (RIGHT + "level: {~: 1}", "3:9", "level", "a key is not a word"),
    (RIGHT + "vinyl: {notes: &a [*a]}", "3:16", "vinyl.notes[0]", "leads back"),
    (RIGHT + "vinyl: {inscription: &a {A: *a}}", "3:22", "vinyl.inscription.A", "leads back to what it is part of"),
    (RIGHT + "level: {<<: 5}", "3:9", "level.<<", "<< takes a mapping or a list of mappings"),
    (RIGHT + 'vinyl: {notes: "\\ud800"}', "3:16", "vinyl.notes", "half a character"),
    (RIGHT + 'vinyl: {notes: "\\UFFFFFFFF"}', "3:19", "", "too large"),
    (RIGHT + "vinyl: {notes: \x07}", "3:16", "", "the control character \\x07 may not stand here"),
    (RIGHT + "vinyl: " + "[" * 60, "3:58", "", "nested more than 50 deep"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "where", "path", "says"), CASES)
def test_one_fault_is_told_with_its_place(faults_of, text, where, path, says):
    told = faults_of(text)
    fault, *more = told
    assert (fault.place, fault.path) == (f"album.yaml:{where}", path), str(fault)
    assert re.search(".*".join(map(re.escape, says.split())), str(fault)), str(fault)
    assert not more, [str(fault) for fault in told]


@pytest.mark.parametrize(("text", "where", "path", "says"), CASES)
def test_no_word_of_the_tools_reaches_the_user(faults_of, text, where, path, says):
    for fault in faults_of(text):
        told = f"{fault.problem} {fault.hint}".lower()
        assert not re.search(r"pydantic|https?:|validat|dictionary|input should|traceback|<\w+ object", told)
        assert "\n" not in str(fault)


def test_all_faults_come_at_once_in_the_order_of_the_file(faults_of):
    text = """\
album: {titel: Night Ferry, artist: A, upc: 012345678906}
level: {match: of}
tracks:
  - mix: a.wav
    isrc: X
    trim: {start: 5, end: 3}
  - mix: b.wav
    then: segue
vinyl: {sides: {A: [1, 1]}}
nonsense: 5
"""
    assert [(fault.place.removeprefix("album.yaml:"), fault.path) for fault in faults_of(text)] == [
        ("1:9", "album.titel"),
        ("1:45", "album.upc"),
        ("2:16", "level.match"),
        ("5:11", "tracks[0].isrc"),
        ("6:27", "tracks[0].trim.end"),
        ("7:10", "tracks[1].mix"),
        ("8:11", "tracks[1].then"),
        ("9:16", "vinyl.sides"),
        ("9:24", "vinyl.sides.A[1]"),
        ("10:1", "nonsense"),
    ]


def test_a_fault_inside_an_alias_is_where_its_anchor_is(faults_of):
    text = RIGHT + "defaults:\n  fade_in: &fade {seconds: x}\n  fade_out: *fade"
    assert [(fault.place, fault.path) for fault in faults_of(text)] == [
        ("album.yaml:4:28", "defaults.fade_in.seconds"),
        ("album.yaml:4:28", "defaults.fade_out.seconds"),
    ]


def test_the_thousandth_track_is_one_too_many(faults_of):
    cuts = "".join(f"      - {{title: T, at: {at}}}\n" for at in range(998))
    (fault,) = faults_of(f"{ALBUM}  - mix: a.wav\n    cuts:\n{cuts}  - a.wav\n  - a.wav\n")
    assert (fault.path, fault.problem) == ("tracks[2]", "this is track 1000")


def test_accents_spelt_in_another_way_are_named(folder, faults_of):
    (folder / "mixes" / "Cafe\u0301.wav").touch()
    (fault,) = faults_of(ALBUM + "  - mixes/Caf\u00e9.wav")
    assert "spells its accents in another way" in fault.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_mix_that_may_not_be_read_is_told(folder, faults_of):
    (folder / "secret.wav").touch(mode=0)
    (fault,) = faults_of(ALBUM + "  - secret.wav")
    assert fault.problem == '"secret.wav" cannot be read'


def test_an_inscription_needs_its_side(faults_of):
    missing, inscription = faults_of(RIGHT + "vinyl: {sides: {}, inscription: {A: x}}")
    assert missing.problem == "names no track 1"
    assert (inscription.problem, inscription.hint) == ("there is no side A", "sides has none")


def test_long_values_are_cut_short(faults_of):
    (fault,) = faults_of(RIGHT + f"level: {{match: {'x' * 10_000}}}")
    assert len(str(fault)) < 250
