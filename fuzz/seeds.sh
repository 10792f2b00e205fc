#!/usr/bin/env bash
# Makes small files of every container and codec that is decoded, as seeds: seeds.sh FOLDER.
set -euo pipefail
folder=$1
mkdir -p "$folder"

# A sine that swells over pink noise: neither silent nor regular.
SOUND='aevalsrc=0.5*sin(440*2*PI*t)*t/0.2:d=%s:s=%s[a];anoisesrc=d=%s:r=%s:c=pink:a=0.2:seed=1[b];[a][b]amix=2'

# make NAME SECONDS RATE CHANNELS OUTPUT-OPTIONS...
make() {
    local name=$1 seconds=$2 rate=$3 channels=$4 sound
    shift 4
    # shellcheck disable=SC2059
    printf -v sound "$SOUND" "$seconds" "$rate" "$seconds" "$rate"
    ffmpeg -v error -y -f lavfi -i "$sound" -ar "$rate" -ac "$channels" -bitexact \
        -metadata title=Seed -metadata artist=Nobody "$@" "$folder/$name" ||
        { echo "without $name" >&2; rm -f "$folder/$name"; }
}

for codec in pcm_u8 pcm_s16le pcm_s24le pcm_s32le pcm_f32le pcm_f64le pcm_alaw pcm_mulaw adpcm_ms adpcm_ima_wav; do
    make "$codec.wav" 0.1 11025 2 -c:a "$codec"
done
make mono.wav 0.1 8000 1 -c:a pcm_s16le
make long.wav 0.6 16000 1 -c:a pcm_s16le
make surround.wav 0.1 8000 6 -c:a pcm_s24le
make high.wav 0.02 192000 2 -c:a pcm_s24le
make wide.wav 0.1 8000 2 -c:a pcm_s16le -rf64 always
make sony.w64 0.1 8000 2 -c:a pcm_s16le
for codec in pcm_s8 pcm_s16be pcm_s24be pcm_f32be pcm_f64be pcm_alaw; do
    make "$codec.aiff" 0.1 8000 2 -c:a "$codec"
done
for codec in pcm_s16be pcm_s24le pcm_f32le pcm_mulaw alac; do
    make "$codec.caf" 0.1 8000 2 -c:a "$codec"
done

make small.flac 0.2 8000 2 -c:a flac
make long.flac 0.6 16000 1 -c:a flac
make fixed.flac 0.1 44100 1 -c:a flac -compression_level 0
make deep.flac 0.1 96000 2 -c:a flac -sample_fmt s32
make surround.flac 0.1 8000 6 -c:a flac
make flac.oga 0.1 8000 2 -c:a flac

for rate in 8000 22050 44100; do
    make "$rate.mp3" 0.3 "$rate" 2 -c:a libmp3lame -b:a 64k
done
make variable.mp3 0.3 32000 1 -c:a libmp3lame -q:a 6
make plain.mp3 0.2 44100 2 -c:a libmp3lame -write_xing 0 -id3v2_version 0
make layer.mp2 0.2 32000 2 -c:a mp2 -b:a 64k

make small.aac 0.2 22050 2 -c:a aac -b:a 48k -f adts
make small.m4a 0.3 44100 2 -c:a aac -b:a 64k
make mono.m4a 0.2 16000 1 -c:a aac
make surround.m4a 0.1 16000 6 -c:a aac
make front.m4a 0.2 44100 2 -c:a aac -movflags +faststart
make pieces.mp4 0.3 44100 2 -c:a aac -movflags +frag_keyframe+empty_moov -frag_duration 100000
make alac.m4a 0.1 8000 2 -c:a alac
make deep.m4a 0.1 48000 2 -c:a alac -sample_fmt s32p
make pcm.mov 0.1 8000 2 -c:a pcm_s24le
make flac.mp4 0.1 8000 2 -c:a flac -strict -2
make opus.mp4 0.2 48000 2 -c:a libopus -b:a 48k

make small.ogg 0.2 22050 2 -c:a libvorbis -q:a 0
make high.ogg 0.1 96000 1 -c:a libvorbis -q:a 4
make surround.ogg 0.1 22050 6 -c:a libvorbis
make small.opus 0.3 48000 2 -c:a libopus -b:a 48k
make voice.opus 0.3 48000 1 -c:a libopus -b:a 12k -application voip
make short.opus 0.2 48000 2 -c:a libopus -b:a 64k -frame_duration 2.5
make opus.webm 0.2 48000 2 -c:a libopus -b:a 48k
make vorbis.webm 0.2 22050 2 -c:a libvorbis -q:a 0
for codec in pcm_s16le flac aac libmp3lame alac; do
    make "$codec.mka" 0.1 16000 2 -c:a "$codec"
done
make not_ours.wv 0.1 8000 2 -c:a wavpack
