#!/usr/bin/env bash
# An album mastered by a script: what somebody who knows ffmpeg, flac and lame would write in place of Deadwax.
#
#   master_album.sh TRACKS.tsv OUT        benchmarks/paired.py writes the TSV and runs this
#
# TRACKS.tsv has a line for each track: number, tracks in all, mix, title, artist, album, date, ISRC. For each
# it makes a 24-bit WAV at the rate of the mix, a 16/44.1 WAV, a FLAC and an MP3 of that, and SHA256SUMS of all.
# In the environment: JOBS (tracks at a time, default: one for each core), TARGET_LUFS, CEILING_DBFS.
#
# It is meant to be as fast as such a script gets. Each track is read twice: high-pass, EQ, compressor and the
# measuring of loudness in one pass, which leaves 32-bit floats behind; gain, limiter at four times the rate
# and both WAV files in the other. What was tried, in CPU seconds for a 4-minute mix at 24/96 (two AMD EPYC
# cores, least of three runs; Debian 12: ffmpeg 5.1.9, SoX 14.4.2, flac 1.4.2, LAME 3.100):
#
#   first pass     floats left behind 1.64; on /dev/shm 1.69; not left behind 1.59, but then EQ and
#                  compressor run again in the second pass, + 0.9; EQ in 64-bit floats 1.68; measured by
#                  loudnorm 5.95 for the measuring alone
#   second pass    as below 2.89; 44.1 kHz straight from 384 kHz 3.66; four times by swresample + 0.1
#   44.1 kHz       from the 96 kHz in the same graph 0.76; by `sox rate -v … dither -s` 1.4
#   whole track but the first pass: as below 6.88; ffmpeg's own FLAC and libmp3lame in the same graph 6.84
#                  (its FLAC files are 1 % larger); sox for 44.1 kHz 7.45; pipes to flac and lame: no less
#   lame           3.1, its default for 320 kbit/s; -q 5 2.6; -q 2 5.4; -q 0 12.3
#   SHA-256        openssl, 0.09 for the 24-bit file; sha256sum 0.37
#   threads        one for each ffmpeg, and tracks side by side; slices of a block in threads cost far more
#
# It does less than a build: no look at the mixes, no ceiling at 44.1 kHz (the conversion lifts peaks by some
# tenths of a dB), nothing is read back, nothing can be resumed.

set -euo pipefail

tracks=$1
export OUT=$2 TARGET_LUFS=${TARGET_LUFS:--12} CEILING_DBFS=${CEILING_DBFS:--1}
WORK=$(mktemp -d)
export WORK
trap 'rm -rf "$WORK"' EXIT

run_ffmpeg() { ffmpeg -nostdin -hide_banner -nostats -y -threads 1 -filter_threads 1 "$@"; }

master() {
    IFS=$'\t' read -r number of mix title artist album date isrc <<< "$1"
    local name rate gain_db limit
    name=$(printf '%02d %s' "$number" "$title")
    rate=$(soxi -r "$mix")

    local shape="aformat=sample_fmts=fltp,highpass=f=30:poles=2"
    shape+=",equalizer=f=250:t=q:w=1:g=-1.5,equalizer=f=3000:t=q:w=0.8:g=1,highshelf=f=9000:g=1"
    shape+=",acompressor=threshold=-18dB:ratio=2:attack=10:release=120:knee=2"
    gain_db=$(run_ffmpeg -loglevel info -i "$mix" -af "$shape,ebur128=framelog=verbose" \
        -c:a pcm_f32le "$WORK/$number.wav" 2>&1 |
        awk -v target="$TARGET_LUFS" '$1 == "I:" { lufs = $2 } END { print target - lufs }')

    limit=$(awk -v db="$CEILING_DBFS" 'BEGIN { print 10 ^ (db / 20) }')
    local graph="volume=${gain_db}dB,aresample=$((4 * rate)):resampler=soxr"
    graph+=",alimiter=limit=$limit:attack=3:release=100:level=0:latency=1"
    graph+=",aresample=$rate:resampler=soxr,asplit[high][more]"
    graph+=";[more]aresample=44100:resampler=soxr:precision=28:osf=s16:dither_method=shibata[cd]"
    local tags=(-metadata title="$title" -metadata artist="$artist" -metadata album="$album"
        -metadata date="$date" -metadata track="$number/$of" -metadata ISRC="$isrc")
    run_ffmpeg -loglevel error -i "$WORK/$number.wav" -filter_complex "$graph" \
        -map '[high]' "${tags[@]}" -c:a pcm_s24le "$OUT/wav-high/$name.wav" \
        -map '[cd]' "${tags[@]}" -c:a pcm_s16le "$OUT/wav-cd/$name.wav"
    rm "$WORK/$number.wav"

    flac --totally-silent --force -8 -T TITLE="$title" -T ARTIST="$artist" -T ALBUM="$album" -T DATE="$date" \
        -T TRACKNUMBER="$number" -T TRACKTOTAL="$of" -T ISRC="$isrc" \
        -o "$OUT/flac/$name.flac" "$OUT/wav-cd/$name.wav"
    lame --quiet -b 320 --add-id3v2 --tt "$title" --ta "$artist" --tl "$album" --ty "${date%%-*}" \
        --tn "$number/$of" --tv TSRC="$isrc" "$OUT/wav-cd/$name.wav" "$OUT/mp3/$name.mp3"
    (cd "$OUT" && openssl sha256 -r {wav-high,wav-cd}/"$name.wav" "flac/$name.flac" "mp3/$name.mp3") \
        > "$WORK/$name.sums"
}
export -f run_ffmpeg master

mkdir -p "$OUT"/{wav-high,wav-cd,flac,mp3}
xargs -d '\n' -n 1 -P "${JOBS:-$(nproc)}" bash -euo pipefail -c 'master "$0"' < "$tracks"
cat "$WORK"/*.sums > "$OUT/SHA256SUMS"
