"""Codes of languages: two letters of ISO 639-1, three of ISO 639-2."""

# Every code of 639-1 now in force, with the terminological one of 639-2, which is that of 639-3 too.
_TERMINOLOGICAL = """
    aa:aar ab:abk ae:ave af:afr ak:aka am:amh an:arg ar:ara as:asm av:ava ay:aym az:aze ba:bak be:bel bg:bul
    bi:bis bm:bam bn:ben bo:bod br:bre bs:bos ca:cat ce:che ch:cha co:cos cr:cre cs:ces cu:chu cv:chv cy:cym
    da:dan de:deu dv:div dz:dzo ee:ewe el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas ff:ful fi:fin fj:fij
    fo:fao fr:fra fy:fry ga:gle gd:gla gl:glg gn:grn gu:guj gv:glv ha:hau he:heb hi:hin ho:hmo hr:hrv ht:hat
    hu:hun hy:hye hz:her ia:ina id:ind ie:ile ig:ibo ii:iii ik:ipk io:ido is:isl it:ita iu:iku ja:jpn jv:jav
    ka:kat kg:kon ki:kik kj:kua kk:kaz kl:kal km:khm kn:kan ko:kor kr:kau ks:kas ku:kur kv:kom kw:cor ky:kir
    la:lat lb:ltz lg:lug li:lim ln:lin lo:lao lt:lit lu:lub lv:lav mg:mlg mh:mah mi:mri mk:mkd ml:mal mn:mon
    mr:mar ms:msa mt:mlt my:mya na:nau nb:nob nd:nde ne:nep ng:ndo nl:nld nn:nno no:nor nr:nbl nv:nav ny:nya
    oc:oci oj:oji om:orm or:ori os:oss pa:pan pi:pli pl:pol ps:pus pt:por qu:que rm:roh rn:run ro:ron ru:rus
    rw:kin sa:san sc:srd sd:snd se:sme sg:sag si:sin sk:slk sl:slv sm:smo sn:sna so:som sq:sqi sr:srp ss:ssw
    st:sot su:sun sv:swe sw:swa ta:tam te:tel tg:tgk th:tha ti:tir tk:tuk tl:tgl tn:tsn to:ton tr:tur ts:tso
    tt:tat tw:twi ty:tah ug:uig uk:ukr ur:urd uz:uzb ve:ven vi:vie vo:vol wa:wln wo:wol xh:xho yi:yid yo:yor
    za:zha zh:zho zu:zul
"""
# Those languages of 639-2 that libraries call otherwise.
_BIBLIOGRAPHIC = """
    alb:sq arm:hy baq:eu bur:my chi:zh cze:cs dut:nl fre:fr geo:ka ger:de gre:el ice:is mac:mk mao:mi may:ms
    per:fa rum:ro slo:sk tib:bo wel:cy
"""


def _pairs(table: str) -> dict[str, str]:
    return {first: second for first, _, second in (pair.partition(":") for pair in table.split())}


_THREE_OF = _pairs(_TERMINOLOGICAL)
_TWO_OF = {three: two for two, three in _THREE_OF.items()} | _pairs(_BIBLIOGRAPHIC)
ISO_639_1 = frozenset(_THREE_OF)


def iso_639_2(language: str) -> str:
    """`en` or `en-GB` → `eng`; three letters, and what is not in the table, stay as they are."""
    base = language.split("-")[0].lower()
    return _THREE_OF.get(base, base)


def iso_639_1(language: str) -> str:
    """`deu` or `ger` → `de`; two letters, and what 639-1 has no code for, stay as they are."""
    return _TWO_OF.get(language, language)
